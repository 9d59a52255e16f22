"""The command `workshop`: one group, one module for each family of commands. Errors go to stderr; exit code 2 for misuse, 1 for failure."""

from workshop.cli.main import main

__all__ = ["main"]
