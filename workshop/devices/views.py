"""The page of a tablet about itself, and the page of the people who look after devices. Thin."""

from flask import Blueprint, Response, request

from workshop.devices import commands, queries
from workshop.i18n import current_lang
from workshop.parts import chosen_part
from workshop.problem_pages import words_of
from workshop.problems import N_, Problem
from workshop.web import NavItem, current_actor, current_site, lang_url, render, require, see_other
from workshop.when import When

bp = Blueprint("devices", __name__)
LOOKERS = ("admin", "reviewer")
nav = [NavItem("devices.device_list", N_("Devices"), "tablet", frozenset(LOOKERS))]
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@bp.get("/tablet")
def tablet() -> Response:
    """Held by every tablet and filled by script: no person may be in it, whoever asks."""
    return render("devices/tablet.html", actor=None, session_since=None, nav=[])


@bp.get("/devices")
@require(*LOOKERS)
def device_list() -> Response:
    return _list()


@bp.post("/devices/approve")
@require("admin")
def approve() -> Response:
    device = request.form.get("device", "")
    try:
        commands.approve(current_site(), device, request.form.get("code", ""), _actor())
    except Problem as problem:
        return _list(problem, about=device)
    return _back(done="approved")


@bp.post("/devices/refuse")
@require("admin")
def refuse() -> Response:
    commands.refuse(current_site(), request.form.get("device", ""))
    return _back(done="refused")


@bp.post("/devices/invite")
@require("admin")
def invite() -> Response:
    """Shows the code once: only its hash is kept, so loading the page again makes another."""
    site = current_site()
    if site.role == "campus":
        raise Problem("enrol_campus", 409)
    code = commands.invite(site, _actor())
    address = request.url_root.rstrip("/") + lang_url("devices.tablet")
    link = f"{address}#invite={code}"
    import segno

    picture = segno.make(link, error="m").svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    host = request.host.rsplit(":", 1)[0]
    return render(
        "devices/invite.html",
        code=code,
        address=address,
        picture=picture,
        until=site.now() + commands.INVITE_MS,
        loopback=host in LOOPBACK,
        secure=request.is_secure or host in LOOPBACK,
        when=When(site.now(), site.tz_minutes),
    )


@bp.post("/devices/rename")
@require("admin")
def rename() -> Response:
    part, device = _chosen()
    try:
        commands.rename(current_site(), part, device, request.form.get("name", ""), _actor())
    except Problem as problem:
        return _list(problem, about=device)
    return _back(done="renamed")


@bp.post("/devices/revoke")
@require("admin")
def revoke() -> Response:
    part, device = _chosen()
    commands.revoke(current_site(), part, device, _actor())
    return _back(done="revoked")


@bp.post("/devices/restore")
@require("admin")
def restore() -> Response:
    part, device = _chosen()
    commands.restore(current_site(), part, device, _actor())
    return _back(done="restored")


@bp.post("/devices/unbind")
@require("admin")
def unbind() -> Response:
    part, device = _chosen()
    commands.unbind(current_site(), part, device, request.form.get("person", ""), _actor())
    return _back(done="unbound")


def _list(problem: Problem | None = None, about: str = "") -> Response:
    site, actor = current_site(), current_actor()
    part = chosen_part(site) if site.role == "workshop" or site.site_parts else None
    lines = queries.device_lines(site.db, ["common", *([part] if part else [])], current_lang())
    tablets = [line for line in lines if line.kind == "tablet"]
    what, safe, do = words_of(problem) if problem else ("", "", "")
    return render(
        "devices/list.html",
        tablets=[line for line in tablets if not line.revoked],
        revoked=[line for line in tablets if line.revoked],
        servers=[
            line
            for line in lines
            if line.kind != "tablet" and (line.part == part or line.site in (part, "common"))
        ],
        waiting=queries.waiting(site.db),
        unknown=queries.unknown_devices(site.db),
        may_act=actor is not None and "admin" in actor.roles,
        part=part,
        parts=site.site_parts,
        when=When(site.now(), site.tz_minutes),
        done=DONE_WORDS.get(request.args.get("done", "")),
        problem=problem,
        what=what,
        safe=safe,
        do=do,
        about=about,
        http_status=problem.status if problem else 200,
    )


DONE_WORDS = {
    "approved": N_("The tablet is enrolled. It learns this by itself within seconds."),
    "refused": N_("The device was refused. It may ask again."),
    "renamed": N_("The tablet has its new name."),
    "revoked": N_(
        "The tablet is revoked. What had arrived before still counts; what comes from it now is held back."
    ),
    "restored": N_("The revocation is taken back. What was held back because of it counts now."),
    "unbound": N_("The person is off the tablet's list. What they recorded on it stays under their name."),
}


def _chosen() -> tuple[str, str]:
    """(part, id) of the tablet that the form is about. Raises Problem("no_device", 404)."""
    site, device = current_site(), request.form.get("device", "")
    part = queries.tablet_part(site.db, site.parts, device)
    if part is None:
        raise Problem("no_device", 404)
    return part, device


def _back(**query: str) -> Response:
    site = current_site()
    where = {"site": request.form.get("site")} if site.role == "campus" else {}
    return see_other(lang_url("devices.device_list", **where, **query))


def _actor() -> str:
    actor = current_actor()
    return actor.id if actor else ""
