"""The demonstration: campus and workshop as two real server processes, with a whole year in them."""

import datetime
import json
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click

from workshop.cli.output import failures

SITES = ("campus", "workshop")
READY_S = 60.0


@click.command()
@click.option("--port", type=int, default=8000, show_default=True, help="Where the workshop answers.")
@click.option("--campus-port", type=int, default=8001, show_default=True, help="Where the campus answers.")
@click.option(
    "--data",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
)
@click.option("--fresh", is_flag=True, help="Throw the folder's demonstration away and begin anew.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day that the tour takes place; today by default."
)
@click.option("--build-only", is_flag=True, help="Make the data and stop.")
def demo(
    port: int,
    campus_port: int,
    folder: Path,
    fresh: bool,
    host: str,
    today: datetime.datetime | None,
    build_only: bool,
) -> None:
    """Start the demonstration: two servers with an invented year of a Luban Workshop. A second start goes on where it was."""
    day = (
        today.date()
        if today
        else datetime.datetime.now(datetime.UTC)
        .astimezone(datetime.timezone(datetime.timedelta(hours=3)))
        .date()
    )
    with failures():
        if fresh:
            _throw_away(folder)
        if not (folder / "demo.json").exists():
            _build(folder, day)
        addresses = {"workshop": f"http://{host}:{port}", "campus": f"http://{host}:{campus_port}"}
        told = _prepare(folder, addresses, day)
        if not build_only:
            _serve(folder, host, {"workshop": port, "campus": campus_port}, told)


def _throw_away(folder: Path) -> None:
    """Only what a demonstration made: never a folder that is something else."""
    if (
        folder.exists()
        and not (folder / "demo.json").exists()
        and any((folder / name / "site.json").exists() for name in SITES)
    ):
        raise click.UsageError(
            f"{folder} holds sites but no demo.json: not a demonstration, so it is not thrown away"
        )
    for name in SITES:
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "demo.json").unlink(missing_ok=True)


def _build(folder: Path, day: datetime.date) -> None:
    from workshop.demo.build import build_demo

    for name in SITES:
        shutil.rmtree(folder / name, ignore_errors=True)  # a build that was cut short
    click.echo(
        "Making the demonstration year: invented people, real totals. This takes some seconds.", err=True
    )
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    year = build_demo(folder, day)
    click.echo(
        f"{len(year.acts)} acts of a year, signed and merged in {time.monotonic() - started:.1f} s", err=True
    )
    accounts = [
        {
            "role": a.roles[0],
            "roles": list(a.roles),
            "username": a.username,
            "password": a.password,
            "pin": a.pin,
            "site": a.site,
            "name": a.name,
        }
        for a in year.accounts
    ]
    _write(folder, {"synthetic": True, "accounts": accounts, "tour_class": year.tour_class})


def _prepare(folder: Path, addresses: dict[str, str], day: datetime.date) -> dict[str, object]:
    """Addresses for this start, the workshop's way to the campus, and a session of the tour class today."""
    from workshop.demo.today import ensure_session_today
    from workshop.exchange.background import add_peer, forget_peers
    from workshop.site import Site

    told: dict[str, object] = json.loads((folder / "demo.json").read_text())
    site = Site(folder / "workshop")
    forget_peers(site, but=addresses["campus"])
    add_peer(site, addresses["campus"], site.root)
    session = ensure_session_today(site, str(told["tour_class"]), day)
    site.close()
    told |= {
        "workshop_url": addresses["workshop"],
        "campus_url": addresses["campus"],
        "tour_session": session,
    }
    _write(folder, told)
    return told


def _write(folder: Path, told: dict[str, object]) -> None:
    temporary = folder / "demo.json.part"
    temporary.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    temporary.replace(folder / "demo.json")


def _serve(folder: Path, host: str, ports: dict[str, int], told: dict[str, object]) -> None:
    children = [
        subprocess.Popen(  # noqa: S603 - our own program
            [
                sys.executable,
                "-m",
                "workshop",
                "--data",
                str(folder / name),
                "serve",
                "--host",
                host,
                "--port",
                str(ports[name]),
                "--demo",
            ]
        )
        for name in SITES
    ]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        for name in SITES:
            _wait(f"http://{host}:{ports[name]}/healthz", children)
        _tell(told)
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        raise SystemExit(1)
    except KeyboardInterrupt:
        pass
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()


def _wait(url: str, children: list["subprocess.Popen[bytes]"]) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        if any(child.poll() is not None for child in children):
            raise SystemExit(1)
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    click.echo(f"no answer at {url}", err=True)
    raise SystemExit(1)


def _tell(told: dict[str, object]) -> None:
    accounts = told["accounts"]
    assert isinstance(accounts, list)  # noqa: S101 - written by this very module
    click.echo(
        "\nDemonstration: all people are invented; totals are those of the college's 2025 report, table 4-1.\n"
    )
    for site, word in (("mbale", "workshop_url"), ("campus", "campus_url")):
        click.echo(f"{told[word]}")
        for one in accounts:
            if one["site"] == site:
                click.echo(
                    f"    {one['username']:<9} {one['password']:<20} PIN {one['pin']}   {', '.join(one['roles'])}"
                )
    click.echo("\nStop with Ctrl-C. A second start goes on where this one ends.")


__all__ = ["demo"]
