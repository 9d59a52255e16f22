"""The command `workshop`."""

import click


@click.group()
def main() -> None:
    """Luban Workshop Companion."""
