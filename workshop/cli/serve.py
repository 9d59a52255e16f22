"""Serving a site with waitress."""

import contextlib
import ctypes
import ipaddress
import logging
import signal
import sys
from pathlib import Path
from typing import Any

import click

from workshop.cli.output import failures


def one_address(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """A single address: whoever is named here may say who asks, under which name, and whether it was https."""
    if value:
        try:
            ipaddress.ip_address(value)
        except ValueError as error:
            raise click.BadParameter(f"{value} is not an IP address") from error
    return value


def server_settings(proxy: str | None) -> dict[str, Any]:
    """What waitress is told. Without a proxy it drops every X-Forwarded line: they would be anybody's invention."""
    from workshop.config import PROXY_HEADERS, SERVER

    trust = {"trusted_proxy": proxy, "trusted_proxy_headers": set(PROXY_HEADERS)} if proxy else {}
    return {**SERVER, **trust}


M_ARENA_MAX = -8  # malloc.h


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8000, show_default=True)
@click.option(
    "--every",
    "every_s",
    type=float,
    default=180.0,
    show_default=True,
    help="Seconds between exchanges with peers; 0 for none.",
)
@click.option("--demo", is_flag=True, help="Label every page as a demonstration with invented people.")
@click.option(
    "--behind-proxy",
    "proxy",
    metavar="[ADDRESS]",
    is_flag=False,
    flag_value="127.0.0.1",
    envvar="WORKSHOP_BEHIND_PROXY",
    callback=one_address,
    help="A proxy at ADDRESS (127.0.0.1 without one) speaks TLS: believe what it says of the caller in X-Forwarded-For, -Proto and -Host.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="WORKSHOP_CERTIFICATE",
    help="The certificate (PEM) that the proxy shows: administrators and tablets are told when it ends.",
)
@click.pass_obj
def serve(
    folder: Path,
    host: str,
    port: int,
    every_s: float,
    demo: bool,
    proxy: str | None,
    certificate: Path | None,
) -> None:
    """Serve the site in the folder of --data until it is stopped."""
    from waitress import create_server

    from workshop.certificates.lists import publish_lists
    from workshop.exchange.background import Background
    from workshop.exchange.sealing import publish_recipient
    from workshop.factory import create_app
    from workshop.site import Site
    from workshop.syncapi import news

    _use_one_heap()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with failures():
        site = Site(folder)
        background = (
            Background(site, news(), every_s, chores=[publish_lists, publish_recipient])
            if every_s > 0
            else None
        )
        app = create_app(site, DEMO=demo, CERTIFICATE=certificate)
        server = create_server(app, host=host, port=port, **server_settings(proxy))

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, stop)
        if background:
            background.start()
        click.echo(f"{site.code} ({site.role}) answers at http://{host}:{port}/", err=True)
        try:
            server.run()
        finally:
            if background:
                background.stop()
                background.join(5)
            server.close()
            site.close()


def _use_one_heap() -> None:
    """glibc gives every thread a heap of its own, which on a small box costs more memory than it saves time: 84 MB became 78."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):  # another C library has no such setting
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
