"""What the pages of devices share: the blueprint, which tablet a page or form is about, where to go after an act."""

from typing import Any

from flask import Blueprint, Response, request

from workshop.devices import lines, queries
from workshop.devices.rules import DeviceLine
from workshop.i18n import current_lang
from workshop.parts import chosen_part
from workshop.problems import N_, Problem
from workshop.site import Site
from workshop.web import current_actor, current_site, lang_url, see_other

bp = Blueprint("devices", __name__)
LOOKERS = ("admin", "reviewer")

DONE_WORDS = {
    "approved": N_("The tablet is enrolled. It learns this by itself within seconds."),
    "refused": N_("The device was refused. It may ask again."),
    "renamed": N_("The tablet has its new name."),
    "revoked": N_(
        "The tablet is revoked. What had arrived before still counts; what comes from it now is held back."
    ),
    "restored": N_("The revocation is taken back. What was held back because of it counts now."),
    "unbound": N_("The person is off the tablet's list. What they recorded on it stays under their name."),
    "seen": N_("Noted. It stays written on the tablet's own page."),
}


def done_words() -> str | None:
    return DONE_WORDS.get(request.args.get("done", ""))


def part_shown(site: Site) -> str | None:
    return chosen_part(site) if site.role == "workshop" or site.site_parts else None


def lines_of(site: Site, part: str | None, device: str | None = None) -> list[DeviceLine]:
    return lines.device_lines(site.db, ["common", *([part] if part else [])], current_lang(), device)


def tablet_line(device: str) -> DeviceLine:
    """Raises Problem("no_device", 404)."""
    site = current_site()
    part = queries.tablet_part(site.db, site.parts, device)
    if part is None:
        raise Problem("no_device", 404)
    [line] = lines_of(site, part, device)
    return line


def chosen() -> tuple[str, str]:
    """(part, id) of the tablet that the form is about. Raises Problem("no_device", 404)."""
    site, device = current_site(), request.form.get("device", "")
    part = queries.tablet_part(site.db, site.parts, device)
    if part is None:
        raise Problem("no_device", 404)
    return part, device


def at_site() -> dict[str, Any]:
    site = current_site()
    return (
        {"site": request.values.get("site")} if site.role == "campus" and request.values.get("site") else {}
    )


def back(device: str | None = None, **query: str) -> Response:
    """To the list, or to the tablet's own page."""
    if device:
        return see_other(lang_url("devices.device_page", device=device, **query))
    return see_other(lang_url("devices.device_list", **at_site(), **query))


def actor_id() -> str:
    actor = current_actor()
    return actor.id if actor else ""


def may_act() -> bool:
    actor = current_actor()
    return actor is not None and "admin" in actor.roles
