"""What sign-in reads: accounts, sessions, names and roles. SELECTs only."""

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

COMMON = "common"


@dataclass(frozen=True)
class Account:
    """A row of local_account."""

    username: str
    person_id: str
    kind: str
    password_hash: str
    pin_salt: str | None
    pin_hash: str | None
    pin_iterations: int | None
    active: bool


@dataclass(frozen=True)
class Session:
    """A row of local_session; times in UTC ms."""

    token_hash: str
    username: str
    created_at: int
    seen_at: int
    expires_at: int


@dataclass(frozen=True)
class Tablet:
    """An enrolled tablet: its public key, and the part that its record and its people are in."""

    id: str
    key: str
    part: str


@dataclass(frozen=True)
class Person:
    """A person's name in both languages; `name_zh` may be empty."""

    id: str
    name_en: str
    name_zh: str

    def name(self, lang: str) -> str:
        return (self.name_zh or self.name_en) if lang == "zh" else (self.name_en or self.name_zh)


@dataclass(frozen=True)
class Actor:
    """Whoever is signed in; `name` in the language of the page."""

    id: str
    name: str
    roles: frozenset[str]
    username: str


def account(db: Database, username: str) -> Account | None:
    sql = """
        select username, person_id, kind, password_hash, pin_salt, pin_hash, pin_iterations, active
        from local_account where username = ?
    """
    row = _first(db, sql, [username])
    return Account(**{**row, "active": bool(row["active"])}) if row else None


def live_session(db: Database, token_hash: str, now: int) -> tuple[Session, Account] | None:
    """The session and its account, if neither has ended."""
    sql = """
        select token_hash, username, created_at, seen_at, expires_at
        from local_session where token_hash = ? and expires_at > ?
    """
    row = _first(db, sql, [token_hash, now])
    if row is None:
        return None
    owner = account(db, row["username"])
    return (Session(**row), owner) if owner and owner.active else None


def person_name(db: Database, site_code: str, person_id: str, kind: str) -> Person:
    """The name of a staff member or trainee; the id itself while the record has not arrived here."""
    if kind == "trainee":
        sql = """
            select coalesce(name, id) as name_en, coalesce(name_zh, '') as name_zh
            from rm_trainee where part = ? and id = ?
        """
        row = _first(db, sql, [site_code, person_id])
    else:
        sql = """
            select coalesce(name_en, '') as name_en, coalesce(name_zh, '') as name_zh
            from rm_staff where id = ? and part in (?, ?) order by part = ? desc
        """
        row = _first(db, sql, [person_id, COMMON, site_code, site_code])
    return Person(person_id, row["name_en"], row["name_zh"]) if row else Person(person_id, person_id, "")


def roles(db: Database, site_code: str, person_id: str, kind: str) -> frozenset[str]:
    """The roles that hold at this site: granted everywhere or here. A trainee has the role of that name and no other."""
    if kind == "trainee":
        return frozenset({"trainee"})
    sql = "select role from rm_grant where staff_id = ? and active = 1 and part in (?, ?)"
    return frozenset(row["role"] for row in db.query(sql, [person_id, COMMON, site_code]))


def tablet(db: Database, site_code: str, device_id: str) -> Tablet | None:
    """A tablet that is enrolled here and not revoked (`revoked_at` {} revokes all that it made)."""
    sql = """
        select id, key, part from rm_device
        where id = ? and part in (?, ?) and kind = 'tablet' and enrolled = 1 and revoked_at is null
        order by part = ? desc
    """
    row = _first(db, sql, [device_id, COMMON, site_code, site_code])
    return Tablet(**row) if row else None


def people_on(db: Database, tablet: Tablet) -> set[str]:
    """The people who may use a tablet."""
    sql = "select staff_id from rm_device_person where part = ? and device_id = ? and active = 1"
    return {row["staff_id"] for row in db.query(sql, [tablet.part, tablet.id])}


def binding_heads(db: Database, part: str, name: str) -> tuple[str, ...]:
    """The ops that "this person uses this tablet" rests on; none for a person who never used it."""
    row = _first(db, "select heads from rm_device_person where part = ? and id = ?", [part, name])
    return tuple(json.loads(row["heads"]).get("active", ())) if row else ()


def throttle(db: Database, keys: list[str]) -> dict[str, dict[str, Any]]:
    sql = f"select key, failures, last_at, until_at from local_throttle where key in ({', '.join('?' * len(keys))})"
    return {row["key"]: row for row in db.query(sql, keys)}


def secret(db: Database, name: str = "form_signing") -> bytes:
    """A signing key of this site."""
    row = _first(db, "select value from local_secret where name = ?", [name])
    if row is None:
        raise LookupError(name)
    return bytes(row["value"])


def _first(db: Database, sql: str, values: list[Any]) -> dict[str, Any] | None:
    return next(iter(db.query(sql, values)), None)
