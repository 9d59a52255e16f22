"""Devices with a signing key, who uses them, how their clocks stood, and the sites."""

from typing import Literal

from msgspec import UNSET, UnsetType

from sync import Fields, RecordType


class SiteFields(Fields):
    """`seal_to` is a campus's age recipient: whoever holds it can seal a bundle that only that campus opens."""

    name_en: str | UnsetType = UNSET
    name_zh: str | UnsetType = UNSET
    role: Literal["workshop", "campus"] | UnsetType = UNSET
    tz_minutes: int | UnsetType = UNSET
    seal_to: str | UnsetType | None = UNSET


class DeviceFields(Fields):
    """`revoked_at` maps "epoch/part" to the last good seq; a chain that it does not name has no good op. `replaces`: the tablet
    whose place this one took.
    """

    name: str | UnsetType = UNSET
    key: str | UnsetType = UNSET
    kind: Literal["tablet", "workshop", "campus"] | UnsetType = UNSET
    site: str | UnsetType = UNSET
    enrolled: bool | UnsetType = UNSET
    revoked_at: dict[str, int] | UnsetType | None = UNSET
    replaces: str | UnsetType | None = UNSET


class DevicePersonFields(Fields):
    active: bool | UnsetType = UNSET


class ClockFields(Fields):
    """How far the device's clock was ahead of the server's, from this op of its chain on; milliseconds."""

    offset_ms: int | UnsetType = UNSET


site = RecordType("site", SiteFields, parts="common", writers=frozenset({"admin"}))
device = RecordType("device", DeviceFields, parts="any", writers=frozenset({"admin"}))
device_person = RecordType(
    "device_person",
    DevicePersonFields,
    pieces=("device_id", "staff_id"),
    parts="any",
    writers=frozenset({"admin"}),
    server_only=True,
)
clock = RecordType(
    "clock",
    ClockFields,
    pieces=("device_id", "epoch", "seq"),
    policies={"offset_ms": "latest"},
    writers=frozenset({"admin"}),
    server_only=True,
)

RECORDS = (site, device, device_person, clock)
