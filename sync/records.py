"""Declaring a type of record: name, id, typed fields, merge policy, who may write. The engine does the rest. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import msgspec

from sync import limits
from sync.errors import AdmissionError
from sync.ops import RECORD_ID, Change

Policy = Literal["register", "once", "latest"]


class Fields(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of every record's fields. Declare each field `name: type | UnsetType = UNSET`; a change sets only what it names."""


@dataclass(frozen=True)
class RecordType:
    """One type of record.

    `pieces` names the dot-separated pieces of the id; they become columns. `groups` joins fields that only make sense
    together: a change sets all of a group or none (what is missing counts as null), and they merge as one value.
    `authority` = (parent type, number of leading id pieces that name the parent, the parent's field that holds a person):
    that person's value wins provisionally in a conflict. `writers` are roles; `server_only` is for what only a server may state,
    `root_only` for what only the root of trust may. `answers`: the id is an op that is held back; while the field `kind` says anything but
    "open", somebody has repaired it or set it aside, and its author is not told of it any more.

    `personal` are fields whose values tell of a person; `subject` names whose they are: "id", pieces of the id or fields. `without`
    takes the personal words out of a value that says more than those; without it such a value goes whole.
    """

    name: str
    fields: type[Fields]
    pieces: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    personal: frozenset[str] = frozenset()
    subject: tuple[str, ...] = ()
    without: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    parts: Literal["common", "site", "any"] = "site"
    writers: frozenset[str] = frozenset()
    server_only: bool = False
    root_only: bool = False
    answers: bool = False
    authority: tuple[str, int, str] | None = None
    indexes: tuple[tuple[str, ...], ...] = ()
    rule: Callable[[tuple[str, ...], Mapping[str, Any]], None] | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The fields in order, as columns of the read model's table."""
        return self.fields.__struct_fields__

    @cached_property
    def group_of(self) -> dict[str, str]:
        """The merge group of every field."""
        found = {name: name for name in self.columns}
        for group, names in self.groups.items():
            found.update(dict.fromkeys(names, group))
        return found

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """The fields of every merge group."""
        result: dict[str, tuple[str, ...]] = {}
        for name in self.columns:
            group = self.group_of[name]
            result[group] = (*result.get(group, ()), name)
        return result

    def policy(self, group: str) -> Policy:
        return self.policies.get(group, "register")

    def check(self, change: Change) -> None:
        """Raise AdmissionError when a change has a bad id, bad fields or breaks the type's own rule."""
        ids = change.id.split(".")
        if not RECORD_ID.fullmatch(change.id) or (self.pieces and len(ids) != len(self.pieces)):
            raise AdmissionError("bad_id", type=self.name, id=change.id)
        if len(change.base) > limits.BASE_PER_CHANGE:
            raise AdmissionError("bad_fields", type=self.name, field="base")
        try:
            msgspec.convert(change.fields, self.fields, strict=True)
        except msgspec.ValidationError as error:
            raise AdmissionError("bad_fields", type=self.name, detail=str(error)) from error
        if not change.fields:
            raise AdmissionError("bad_fields", type=self.name, detail="no field")
        if not _plain(change.fields):
            raise AdmissionError("bad_fields", type=self.name, detail="value")
        if self.rule is not None:
            self.rule(tuple(ids), change.fields)

    def touched(self, change: Change) -> dict[str, tuple[Any, ...]]:
        """The groups that a change sets, each with its value: one entry for every member."""
        groups = {self.group_of[name] for name in change.fields}
        return {
            group: tuple(change.fields.get(name) for name in self.members[group]) for group in sorted(groups)
        }

    def subjects(self, change: Change) -> set[str]:
        """Ids of those whose erasure takes the change's personal values away."""
        named = {
            **change.fields,
            **dict(zip(self.pieces, change.id.split("."), strict=False)),
            "id": change.id,
        }
        return {named[name] for name in self.subject if isinstance(named.get(name), str)}

    def tells(self, change: Change) -> bool:
        """True when a change holds a personal value."""
        return any(
            value not in (None, "") and self._bare(name, value) != value
            for name, value in change.fields.items()
        )

    def impersonal(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields without what they tell of a person: what may stay for the figures. What may be empty is."""
        bare = {name: self._bare(name, value) for name, value in fields.items()}
        kept = self.emptied | self.without.keys()
        return {name: value for name, value in bare.items() if name not in self.personal or name in kept}

    @cached_property
    def emptied(self) -> frozenset[str]:
        """Personal fields that may be empty."""
        return frozenset(name for name in self.personal if self._may_be_empty(name))

    def _may_be_empty(self, name: str) -> bool:
        try:
            msgspec.convert({name: None}, self.fields)
        except msgspec.ValidationError:
            return False
        return True

    def _bare(self, name: str, value: Any) -> Any:
        if name not in self.personal:
            return value
        return self.without[name](value) if name in self.without else None


def _plain(value: Any, depth: int = 0) -> bool:
    """Text, integers, booleans, null, lists and objects within bounds; no floats."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= limits.SAFE_INTEGER
    if isinstance(value, str):
        return len(value) <= limits.FIELD_TEXT_CHARS and "\x00" not in value
    if depth > limits.JSON_DEPTH:
        return False
    if isinstance(value, list):
        return all(_plain(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(item, depth + 1) for key, item in value.items())
    return False


@dataclass(frozen=True)
class Registry:
    """All record types of a program, by name, in declared order."""

    types: tuple[RecordType, ...]

    @cached_property
    def by_name(self) -> dict[str, RecordType]:
        return {declared.name: declared for declared in self.types}

    @cached_property
    def answering(self) -> RecordType | None:
        """The type whose records answer for ops that are held back, if there is one."""
        return next((declared for declared in self.types if declared.answers), None)

    @cached_property
    def children(self) -> dict[str, tuple[RecordType, ...]]:
        """For a type that holds authority: the types whose conflicts it settles provisionally."""
        parents = {d.authority[0] for d in self.types if d.authority}
        return {p: tuple(d for d in self.types if d.authority and d.authority[0] == p) for p in parents}
