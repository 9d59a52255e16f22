from click.testing import CliRunner

from workshop.cli import main


def test_help_explains() -> None:
    assert "Luban" in CliRunner().invoke(main, ["--help"]).output
