"""`import-roster --dry-run --format json` answers in JSON also when the file cannot be taken, with exit code 1."""

import json
from pathlib import Path

from click.testing import CliRunner

from workshop.cli import main
from workshop.site import Site


def dry_run(site: Site, file: Path) -> tuple[int, dict[str, object]]:
    told = CliRunner().invoke(
        main, ["--data", str(site.folder), "import-roster", str(file), "--dry-run", "--format", "json"]
    )
    return told.exit_code, json.loads(told.stdout)


def test_a_list_in_gb18030_is_read(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_bytes("number,name,中文名\nUTC/X/1,Ng'ang'a,欧阳\n".encode("gb18030"))
    code, found = dry_run(site, file)
    assert (code, found["takeable"], found["encoding"]) == (0, True, "gb18030")


def test_a_file_without_names_is_told_and_fails(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("a,b\n1,2\n")
    code, found = dry_run(site, file)
    assert (code, found["takeable"], found["error"]) == (1, False, "roster_heading_missing")
