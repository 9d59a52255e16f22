"""People who sign in, and devices that sign."""

from pathlib import Path

import click

from sync import Change
from workshop.accounts import commands as accounts
from workshop.accounts.records import ROLES
from workshop.admission import ALL_CLASSES, SYSTEM
from workshop.cli.output import answer, as_format, opened
from workshop.courses.queries import one_class
from workshop.devices import commands as devices
from workshop.devices import lines
from workshop.ids import new_id
from workshop.problems import Problem
from workshop.setup import join_workshop


@click.group()
def user() -> None:
    """Accounts of this site. Passwords and PINs never leave it."""


@user.command("add")
@click.argument("username")
@click.option("--name-en", required=True)
@click.option("--name-zh", default=None)
@click.option("--role", type=click.Choice(ROLES), multiple=True, required=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.option("--pin", default="", help="6 to 8 digits, to unlock a tablet without a network.")
@click.option("--class", "class_ids", multiple=True, help="The roles hold in this class only, such as T01.")
@click.pass_obj
def user_add(
    folder: Path,
    username: str,
    name_en: str,
    name_zh: str | None,
    role: tuple[str, ...],
    password: str,
    pin: str,
    class_ids: tuple[str, ...],
) -> None:
    """Add a person of the staff with a user name and roles: in all classes, or with --class in those named only."""
    with opened(folder) as site, site.writing() as db:
        for class_id in class_ids:
            if not any(one_class(db, part, class_id) for part in site.site_parts):
                raise Problem("class_unknown", 422)
        person = new_id("p")
        changes = [Change("staff", person, {"name_en": name_en, "name_zh": name_zh})]
        for each in dict.fromkeys(role):
            for scope in dict.fromkeys(class_ids) or (ALL_CLASSES,):
                changes.append(Change("grant", f"{person}.{each}.{scope}", {"active": True}))
        site.record(actor=SYSTEM, intent="user.add", changes=changes)
        accounts.create_account(db, username, person, password, site.now(), pin=pin)
        click.echo(f"{username}  {person}")


@user.command("list")
@as_format
@click.pass_obj
def user_list(folder: Path, form: str) -> None:
    """List the accounts."""
    with opened(folder) as site:
        rows = list(
            site.db.query("select username, person_id, kind, active from local_account order by username")
        )
        answer(
            form,
            {"users": rows},
            "\n".join(
                f"{r['username']}  {r['person_id']}{'' if r['active'] else '  (closed)'}" for r in rows
            ),
        )


@user.command("password")
@click.argument("username")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.pass_obj
def user_password(folder: Path, username: str, password: str) -> None:
    """Set a new password; other sessions of the account end."""
    with opened(folder) as site:
        accounts.set_password(site, accounts.known_username(site.db, username), password, "")


@user.command("close")
@click.argument("username")
@click.pass_obj
def user_close(folder: Path, username: str) -> None:
    """Close an account: nobody signs in with it any more, and its sessions end. What its person recorded stays.

    On a tablet that they use, they can still record without a network: take them off it under Devices.
    """
    with opened(folder) as site, site.writing() as db:
        accounts.set_active(db, accounts.known_username(db, username), False, site.now())


@user.command("open")
@click.argument("username")
@click.pass_obj
def user_open(folder: Path, username: str) -> None:
    """Open a closed account again, with the password that it had."""
    with opened(folder) as site, site.writing() as db:
        accounts.set_active(db, accounts.known_username(db, username), True, site.now())


@click.group()
def device() -> None:
    """Devices with a signing key."""


@device.command("list")
@as_format
@click.pass_obj
def device_list(folder: Path, form: str) -> None:
    """List devices: last contact, how many ops, how the clock stood."""
    with opened(folder) as site:
        rows = lines.devices(site.db, site.parts)
        answer(
            form,
            {"devices": rows},
            "\n".join(
                f"{r['id']}  {r['kind']:<8} {r['site']:<8} {r['ops'] or 0:>7} ops  {r['name']}" for r in rows
            ),
        )


@device.command("invite")
@click.pass_obj
def device_invite(folder: Path) -> None:
    """Make a code with which one tablet enrols at once; good for a day."""
    with opened(folder) as site:
        click.echo(devices.invite(site, SYSTEM))


@device.command("approve")
@click.argument("device_id")
@click.argument("code")
@click.pass_obj
def device_approve(folder: Path, device_id: str, code: str) -> None:
    """Approve a waiting tablet by the six digits on its screen."""
    with opened(folder) as site:
        devices.approve(site, device_id, code, SYSTEM)


@device.command("revoke")
@click.argument("device_id")
@click.pass_obj
def device_revoke(folder: Path, device_id: str) -> None:
    """Take nothing more from a device than what has arrived up to now."""
    with opened(folder) as site:
        part = site.db.execute("select part from rm_device where id = ?", (device_id,)).fetchone()
        devices.revoke(site, part[0] if part else site.part, device_id, SYSTEM)


@device.command("join")
@click.argument("key")
@click.option("--site", "code", required=True, help="The workshop's code.")
@click.option("--name-en", required=True)
@click.option("--name-zh", required=True)
@click.option("--tz", "tz_minutes", type=int, default=180, show_default=True)
@click.pass_obj
def device_join(folder: Path, key: str, code: str, name_en: str, name_zh: str, tz_minutes: int) -> None:
    """At the campus: take a workshop's server in by the KEY that its init printed."""
    with opened(folder) as site:
        click.echo(join_workshop(site, key, code, name_en, name_zh, tz_minutes))
