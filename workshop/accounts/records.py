"""Who works here: staff, and the roles they hold. Passwords and PINs are local_ tables and never leave the site."""

from typing import Literal

from msgspec import UNSET, UnsetType

from sync import Fields, RecordType

Role = Literal["admin", "instructor", "assessor", "reviewer", "supervisor", "trainee"]
ROLES: tuple[Role, ...] = ("admin", "instructor", "assessor", "reviewer", "supervisor", "trainee")


class StaffFields(Fields):
    name_en: str | UnsetType = UNSET
    name_zh: str | UnsetType | None = UNSET


class GrantFields(Fields):
    """Once given, a role stands for what was done under it: `active` false ends sign-in, and flags, never voids, late news."""

    active: bool | UnsetType = UNSET


staff = RecordType(
    "staff",
    StaffFields,
    personal=frozenset({"name_en", "name_zh"}),
    subject=("id",),
    parts="any",
    writers=frozenset({"admin"}),
)
grant = RecordType(
    "grant",
    GrantFields,
    pieces=("staff_id", "role", "scope"),
    parts="any",
    writers=frozenset({"admin"}),
)

RECORDS = (staff, grant)
