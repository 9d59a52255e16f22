"""The group `workshop` and its commands. Each command's code is loaded when it runs: help must be quick on a small box."""

from importlib import import_module
from pathlib import Path
from typing import Final

import click

COMMANDS: Final = {
    "init": "site",
    "serve": "serve",
    "sync": "exchange",
    "peer": "exchange",
    "bundle": "exchange",
    "backup": "backup",
    "restore": "backup",
    "rebuild": "site",
    "verify": "site",
    "log": "log",
    "import-roster": "content",
    "import-lessons": "content",
    "report": "report",
    "person": "person",
    "user": "people",
    "device": "people",
    "demo": "demo",
    "prove": "prove",
}


class LazyGroup(click.Group):
    """Commands by name; the module that holds one is imported only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(import_module(f"workshop.cli.{module}"), cmd_name.replace("-", "_"))
        return found


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="WORKSHOP_DATA",
    default=Path("data"),
    show_default=True,
    help="The site's folder.",
)
@click.version_option(package_name="luban-workshop-companion")
@click.pass_context
def main(ctx: click.Context, data: Path) -> None:
    """Luban Workshop Companion: registers, skill assessment, lessons, figures and certificates that stand up.

    \b
    Every command works on one site's folder, named with --data:
        workshop --data /srv/mbale serve
    """
    ctx.obj = data
