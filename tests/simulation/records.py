"""The records of the simulated fleet: real declarations of the program, and one more that only an upgraded server knows."""

from msgspec import UNSET, UnsetType

from sync import Fields, RecordType, Registry
from workshop.registry import REGISTRY

NAMES = (
    "site", "device", "device_person", "clock", "staff", "grant", "session", "attendance", "trainee", "attempt", "review", "erasure",
)  # fmt: skip


class ToolCheckFields(Fields):
    """What a later version of the program might record."""

    sound: bool | UnsetType = UNSET
    remark: str | UnsetType | None = UNSET


tool_check = RecordType("tool_check", ToolCheckFields, writers=frozenset({"instructor", "admin"}))

OLD = Registry(tuple(REGISTRY.by_name[name] for name in NAMES))
NEW = Registry((*OLD.types, tool_check))
REGISTRIES = (OLD, NEW)
"""By generation of the program."""
