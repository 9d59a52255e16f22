"""What sign-in writes; none of it knows Flask. A command that takes `db` runs inside the writer's transaction.

One that takes the site opens the transaction itself: the writer must not wait while a slow hash is made.
"""

from typing import TYPE_CHECKING, Final

from sqlite_utils import Database

from sync import Change
from workshop.accounts import passwords, queries, rules
from workshop.accounts.passwords import PinRecord
from workshop.accounts.queries import Account, Tablet
from workshop.admission import SYSTEM
from workshop.config import SESSION_MS
from workshop.problems import Problem

if TYPE_CHECKING:
    from workshop.site import Site

TABLET_PEOPLE_MAX: Final = 10
SESSIONS_MAX: Final = 20  # a person's browsers; the one unused for longest ends


def create_account(
    db: Database, username: str, person_id: str, password: str, now: int, kind: str = "staff", pin: str = ""
) -> None:
    """An account for a staff member or a trainee. `pin` may be left out.

    Raises Problem: "username_bad", "username_taken", "password_refused", "pin_refused".
    """
    name = rules.normal_username(username)
    if not rules.is_username(name):
        raise Problem("username_bad", 422)
    taken = "select 1 from local_account where username = ? or person_id = ?"
    if list(db.query(taken, [name, person_id])):
        raise Problem("username_taken", 422)
    _check_password(password, name)
    db.execute(
        "insert into local_account (username, person_id, kind, password_hash, changed_at) values (?, ?, ?, ?, ?)",
        [name, person_id, kind, passwords.hash_password(password), now],
    )
    if pin:
        _store_pin(db, name, _made_pin(pin), now)


def known_username(db: Database, typed: str) -> str:
    """The one form of the name of an account that is there. Raises Problem("user_unknown")."""
    found = queries.account(db, rules.normal_username(typed))
    if found is None:
        raise Problem("user_unknown", 404)
    return found.username


def set_password(site: "Site", username: str, password: str, keep_session: str | None = None) -> None:
    """A new password; every session of the person ends but the one in hand. Raises Problem("password_refused")."""
    _check_password(password, username)
    made = passwords.hash_password(password)
    with site.writing() as db:
        _store_password(db, username, made, site.now())
        db.execute(
            "delete from local_session where username = ? and token_hash is not ?", [username, keep_session]
        )


def set_pin(site: "Site", username: str, pin: str) -> None:
    """A new PIN for unlocking tablets. Raises Problem("pin_refused")."""
    made = _made_pin(pin)
    with site.writing() as db:
        _store_pin(db, username, made, site.now())


def set_active(db: Database, username: str, active: bool, now: int) -> None:
    """Closes or opens an account; closing ends its sessions. Records by its person are not touched."""
    db.execute(
        "update local_account set active = ?, changed_at = ? where username = ?", [int(active), now, username]
    )
    if not active:
        db.execute("delete from local_session where username = ?", [username])


def sign_in(site: "Site", username: str, password: str, address: str | None) -> Account:
    """The account of a person who gave the right password.

    The try is counted before the password is looked at, so tries sent at the same moment count too.
    Raises Problem: "sign_in_wait" (429, with wait_ms), "sign_in_wrong" (422).
    """
    name = rules.normal_username(username)[: rules.USERNAME_LENGTH_MAX]
    now = site.now()
    with site.writing() as db:
        count_try(db, name, address, now)
    account = queries.account(site.db, name)
    typed = password[: rules.PASSWORD_LENGTH_MAX + 1]
    right = passwords.is_password(account.password_hash if account else None, typed)
    if account is None or not right or not account.active:
        raise Problem("sign_in_wrong", 422)
    renewed = passwords.hash_password(typed) if passwords.is_outdated(account.password_hash) else None
    with site.writing() as db:
        forget_tries(db, name, address)
        if renewed:
            _store_password(db, name, renewed, now)
    return account


def bind_to_tablet(site: "Site", account: Account, tablet: Tablet) -> None:
    """Lets a staff member's records come from this tablet: they proved themselves on it with the password.

    Raises Problem("tablet_full", 409): ten people a tablet.
    """
    people = queries.people_on(site.db, tablet)
    if account.kind != "staff" or account.person_id in people:
        return
    if len(people) >= TABLET_PEOPLE_MAX:
        raise Problem("tablet_full", 409)
    name = f"{tablet.id}.{account.person_id}"
    seen = queries.binding_heads(site.db, tablet.part, name)
    site.record(
        actor=SYSTEM,
        intent="device.sign_in",
        changes=[Change("device_person", name, {"active": True}, seen)],
        part=tablet.part,
    )


def count_try(db: Database, name: str, address: str | None, now: int) -> None:
    """Counts a try for the account and for the sender, or refuses it while one of them has to wait.

    Raises Problem("sign_in_wait", 429, wait_ms=...).
    """
    db.execute(
        "delete from local_throttle where last_at < ? or last_at > ?",
        [now - rules.FORGOTTEN_MS, now + rules.FORGOTTEN_MS],
    )
    limits = {
        _account_key(name): rules.ACCOUNT_TRIES_FREE,
        rules.address_key(address): rules.ADDRESS_TRIES_FREE,
    }
    known = queries.throttle(db, list(limits))
    waits = [rules.remaining_ms(row["until_at"], now) for row in known.values()]
    if max(waits, default=0) > 0:
        raise Problem("sign_in_wait", 429, wait_ms=max(waits))
    for key, free in limits.items():
        failures = (known[key]["failures"] if key in known else 0) + 1
        db.execute(
            "insert or replace into local_throttle (key, failures, last_at, until_at) values (?, ?, ?, ?)",
            [key, failures, now, now + rules.wait_ms(failures, free)],
        )


def forget_tries(db: Database, name: str, address: str | None) -> None:
    """After the right password: the account starts afresh. The sender gets back this one try only, else whoever has
    an account of their own could guess at others' for ever."""
    db.execute("delete from local_throttle where key = ?", [_account_key(name)])
    db.execute(
        "update local_throttle set failures = max(failures - 1, 0), until_at = last_at where key = ?",
        [rules.address_key(address)],
    )


def begin_session(db: Database, token_hash: str, username: str, now: int) -> None:
    """Also clears what has ended, here and for everybody."""
    db.execute("delete from local_session where expires_at <= ?", [now])
    db.execute(
        """
        delete from local_session where username = ? and token_hash not in (
            select token_hash from local_session where username = ? order by seen_at desc, token_hash limit ?
        )
        """,
        [username, username, SESSIONS_MAX - 1],
    )
    db.execute(
        "insert into local_session (token_hash, username, created_at, seen_at, expires_at) values (?, ?, ?, ?, ?)",
        [token_hash, username, now, now, now + SESSION_MS],
    )


def renew_session(db: Database, token_hash: str, now: int) -> None:
    db.execute(
        "update local_session set seen_at = ?, expires_at = ? where token_hash = ?",
        [now, now + SESSION_MS, token_hash],
    )


def end_session(db: Database, token_hash: str) -> None:
    db.execute("delete from local_session where token_hash = ?", [token_hash])


def _account_key(name: str) -> str:
    return f"account:{name}"


def _check_password(password: str, username: str) -> None:
    fault = rules.password_fault(rules.normal_password(password), username)
    if fault:
        raise Problem("password_refused", 422, fault=fault)


def _store_password(db: Database, username: str, password_hash: str, now: int) -> None:
    db.execute(
        "update local_account set password_hash = ?, changed_at = ? where username = ?",
        [password_hash, now, username],
    )


def _made_pin(pin: str) -> PinRecord:
    fault = rules.pin_fault(pin)
    if fault:
        raise Problem("pin_refused", 422, fault=fault)
    return passwords.hash_pin(pin)


def _store_pin(db: Database, username: str, pin: PinRecord, now: int) -> None:
    db.execute(
        "update local_account set pin_salt = ?, pin_hash = ?, pin_iterations = ?, changed_at = ? where username = ?",
        [pin.salt, pin.hash, pin.iterations, now, username],
    )
