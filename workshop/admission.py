"""Who may write what, asked for every op on every road in: form, outbox, bundle, relay. The one place of authorisation of records.

An answer rests only on records of devices, people and roles: a role once granted stands for what was done under it, and a revoked
device keeps what lies before the seq that the revocation names. Those records are written by servers only, in the part `common` by the
root only. So the root decides about servers, servers about tablets, never back, and every site comes to the same answer, whatever
the order of arrival (`docs/decisions/0002-monotone-admission.md`).
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sync import AdmissionError, Change, Header, Registry

SYSTEM = "system"
"""The actor of what a server states by itself: clock notes, who signed in on which tablet. Never a person's decision."""

ALL_CLASSES = "all"
COMMON = "common"


@dataclass(frozen=True)
class KnownDevice:
    kind: str
    site: str
    revoked_at: dict[str, int] | None


class RecordAdmission:
    """Admission by records. `root` is the campus server's device id, from which all trust comes."""

    basis = frozenset({"device", "device_person", "grant"})

    def __init__(self, connection: Callable[[], sqlite3.Connection], registry: Registry, root: str) -> None:
        self._connection = connection
        self._registry = registry
        self._root = root
        self.refresh()

    def refresh(self) -> None:
        self._devices: dict[tuple[str, str], KnownDevice | None] = {}
        self._grants: dict[tuple[str, str], dict[str, set[str]]] = {}
        self._bindings: dict[tuple[str, str, str], bool] = {}

    def check(self, header: Header, changes: Sequence[Change]) -> None:
        device = self._device(header)
        if device.revoked_at is not None and header.seq > device.revoked_at.get(
            f"{header.ep}/{header.part}", 0
        ):
            raise AdmissionError("device_revoked", device=header.dev)
        if device.kind != "campus" and header.part != device.site:
            raise AdmissionError("wrong_part", part=header.part)
        server = device.kind != "tablet"
        if header.actor == SYSTEM:
            if not server:
                raise AdmissionError("unknown_actor", actor=SYSTEM)
            roles: dict[str, set[str]] = {"admin": {ALL_CLASSES}}
        else:
            roles = self._roles(header.part, header.actor)
            if not roles:
                raise AdmissionError("unknown_actor", actor=header.actor)
            if not server and not self._is_bound(header):
                raise AdmissionError("actor_not_on_device", actor=header.actor, device=header.dev)
        for change in changes:
            if change.type in self.basis:
                self._may_change_basis(header, change, server)
            self._may_write(header, change, roles, server)

    def rank(self, header: Header) -> int:
        """0 for what the root says to all sites, which rests on nothing else; 1 for the rest."""
        return 0 if header.dev == self._root and header.part == COMMON else 1

    def standing(self, kind: str, place: tuple[str, str]) -> Any:
        """What the answers rest on in a record. A device that turns up in `common` may take rank from one known in a site's part, so
        there it never counts as mere growth.
        """
        part, record = place
        columns = "kind, site, enrolled, revoked_at" if kind == "device" else "1"
        row = (
            self._connection()
            .execute(f"select {columns} from rm_{kind} where part = ? and id = ?", (part, record))
            .fetchone()
        )
        if kind == "device" and part == COMMON:
            return ("common", row)
        return row if row and (kind != "device" or row[2]) else None

    def concerns(self, kind: str, record: str) -> str | None:
        """The device that a record is about; a role may be anybody's."""
        return None if kind == "grant" else record.split(".")[0]

    def receipt_role(self, device: str) -> str | None:
        """Only servers hold records for others, and only the root says who is a server."""
        known = self._known(device, COMMON)
        return known.kind if known and known.kind != "tablet" and known.revoked_at is None else None

    def _may_change_basis(self, header: Header, change: Change, server: bool) -> None:
        """Nobody decides about those who stand above or beside."""
        if not server or (header.part == COMMON and header.dev != self._root):
            raise AdmissionError("role_missing", type=change.type, needs="server" if not server else "root")
        if (
            change.type == "device"
            and header.part != COMMON
            and change.fields.get("kind", "tablet") != "tablet"
        ):
            raise AdmissionError("wrong_part", type=change.type, part=header.part)

    def _may_write(self, header: Header, change: Change, roles: dict[str, set[str]], server: bool) -> None:
        declared = self._registry.by_name[change.type]
        if declared.server_only and not server:
            raise AdmissionError("role_missing", type=change.type, needs="server")
        if declared.root_only:
            if header.dev != self._root:
                raise AdmissionError("role_missing", type=change.type, needs="root")
            if header.actor != SYSTEM:
                roles = self._roles(COMMON, header.actor)  # what the root itself gave is never taken away
        in_class = class_of(change)
        for role in declared.writers & roles.keys():
            if ALL_CLASSES in roles[role] or in_class is None or in_class in roles[role]:
                return
        raise AdmissionError("role_missing", type=change.type, needs=sorted(declared.writers))

    def _device(self, header: Header) -> KnownDevice:
        found = self._known(header.dev, header.part)
        if found is None:
            raise AdmissionError("unknown_device", device=header.dev)
        return found

    def _known(self, device: str, part: str) -> KnownDevice | None:
        key = (device, part)
        if key not in self._devices:
            self._devices[key] = self._load_device(*key)
        return self._devices[key]

    def _load_device(self, device: str, part: str) -> KnownDevice | None:
        """`common` has the last word; a device that only a site's part knows is a tablet of that site."""
        if device == self._root:
            return KnownDevice("campus", COMMON, None)
        sql = "select kind, site, enrolled, revoked_at from rm_device where id = ? and part = ?"
        row = self._connection().execute(sql, (device, COMMON)).fetchone()
        if row is None and part != COMMON:
            row = self._connection().execute(sql, (device, part)).fetchone()
            row = row and ("tablet", part, *row[2:])
        if row is None or not row[2] or not row[0] or not row[1]:
            return None
        return KnownDevice(row[0], row[1], json.loads(row[3]) if row[3] else None)

    def _roles(self, part: str, actor: str) -> dict[str, set[str]]:
        key = (part, actor)
        if key not in self._grants:
            rows = self._connection().execute(
                "select role, scope from rm_grant where part in (?, 'common') and id >= ? and id < ?",
                (part, actor + ".", actor + "/"),
            )
            found: dict[str, set[str]] = defaultdict(set)
            for role, scope in rows:
                found[role].add(scope)
            self._grants[key] = dict(found)
        return self._grants[key]

    def _is_bound(self, header: Header) -> bool:
        key = (header.part, header.dev, header.actor)
        if key not in self._bindings:
            row = (
                self._connection()
                .execute(
                    "select 1 from rm_device_person where part in (?, 'common') and id = ?",
                    (header.part, f"{header.dev}.{header.actor}"),
                )
                .fetchone()
            )
            self._bindings[key] = row is not None
        return self._bindings[key]


def class_of(change: Change) -> str | None:
    """The training class that a change belongs to, where the change itself says so; None where a class has no say.

    A change of an attempt that keeps silent about its class belongs to none ("" is nobody's scope). A step alone needs no scope:
    nothing rests on it before the attempt is signed.
    """
    if change.type == "training_class":
        return change.id
    if change.type in ("enrolment", "session", "attendance"):
        return change.id.split(".")[0]
    named: Any = change.fields.get("class_id")
    if change.type == "attempt":
        return str(named or "")
    return str(named) if named is not None else None
