"""Serving a site with waitress."""

import logging
import signal
from pathlib import Path

import click

from workshop.cli.output import failures


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
@click.pass_obj
def serve(folder: Path, host: str, port: int, every_s: float, demo: bool) -> None:
    """Serve the site in the folder of --data until it is stopped."""
    from waitress import create_server

    from workshop.certificates.lists import publish_lists
    from workshop.config import SERVER
    from workshop.exchange.background import Background
    from workshop.factory import create_app
    from workshop.site import Site
    from workshop.syncapi import news

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with failures():
        site = Site(folder)
        background = Background(site, news(), every_s, chores=[publish_lists]) if every_s > 0 else None
        server = create_server(create_app(site, DEMO=demo), host=host, port=port, **SERVER)

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
