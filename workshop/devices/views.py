"""The page of a tablet about itself, and the list of the people who look after devices. Thin; one tablet's pages are in device_pages.py."""

from flask import Response, request

from workshop.devices import commands, device_pages, lines
from workshop.devices.pages import (
    LOOKERS,
    actor_id,
    back,
    bp,
    done_words,
    lines_of,
    may_act,
    part_shown,
    tablet_line,
)
from workshop.problem_pages import words_of
from workshop.problems import N_, Problem
from workshop.web import NavItem, current_site, lang_url, render, require
from workshop.when import When

__all__ = ["bp", "device_pages", "nav"]
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
    device, form = request.form.get("device", ""), request.form
    try:
        commands.approve(
            current_site(), device, form.get("code", ""), actor_id(), form.get("replaces") or None
        )
    except Problem as problem:
        return _list(problem, about=device)
    return back(done="approved")


@bp.post("/devices/refuse")
@require("admin")
def refuse() -> Response:
    commands.refuse(current_site(), request.form.get("device", ""))
    return back(done="refused")


@bp.post("/devices/invite")
@require("admin")
def invite() -> Response:
    """Shows the code once: only its hash is kept, so loading the page again makes another."""
    site = current_site()
    if site.role == "campus":
        raise Problem("enrol_campus", 409)
    return _invitation(commands.invite(site, actor_id()))


@bp.post("/devices/replace")
@require("admin")
def replace() -> Response:
    """Another tablet takes the place of this one: the same page, with the name already in the picture."""
    site, line = current_site(), tablet_line(request.form.get("device", ""))
    if site.role == "campus":
        raise Problem("enrol_campus", 409)
    how = request.form.get("how", "")
    if how not in ("lost", "worn"):
        raise Problem("replace_how", 422)
    return _invitation(commands.replace(site, line.part, line.id, how, actor_id()), line.name, how)


def _invitation(code: str, name: str = "", how: str = "") -> Response:
    """`name`: of the tablet whose place the new one takes."""
    site = current_site()
    address = request.url_root.rstrip("/") + lang_url("devices.tablet")
    from urllib.parse import quote

    import segno

    link = f"{address}#invite={code}" + (f"&name={quote(name)}" if name else "")
    picture = segno.make(link, error="m").svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    host = request.host.rsplit(":", 1)[0]
    return render(
        "devices/invite.html",
        code=code,
        name=name,
        how=how,
        address=address,
        picture=picture,
        until=site.now() + commands.INVITE_MS,
        loopback=host in LOOPBACK,
        secure=request.is_secure or host in LOOPBACK,
        when=When(site.now(), site.tz_minutes),
    )


def _list(problem: Problem | None = None, about: str = "") -> Response:
    site = current_site()
    part = part_shown(site)
    found = lines_of(site, part)
    tablets = [line for line in found if line.kind == "tablet"]
    what, safe, do = words_of(problem) if problem else ("", "", "")
    return render(
        "devices/list.html",
        tablets=[line for line in tablets if not line.revoked],
        revoked=[line for line in tablets if line.revoked],
        unheard=[line for line in tablets if line.unheard],
        missing=sum(line.missing_count for line in tablets),
        servers=[
            line
            for line in found
            if line.kind != "tablet" and (line.part == part or line.site in (part, "common"))
        ],
        waiting=lines.waiting(site.db),
        unknown=lines.unknown_devices(site.db),
        may_act=may_act(),
        part=part,
        parts=site.site_parts,
        when=When(site.now(), site.tz_minutes),
        done=done_words(),
        problem=problem,
        what=what,
        safe=safe,
        do=do,
        about=about,
        http_status=problem.status if problem else 200,
    )
