"""What the tests about the repository itself share: its files, without what is ignored, vendored or built."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {
    ".git",
    ".venv",
    "__pycache__",
    "node_modules",
    "demo-data",
    "build",
    "test-results",
    ".hypothesis",
}


@cache
def repo_files() -> tuple[str, ...]:
    """Paths of all files that are or would be committed, with `/`. Without git: everything but what make builds."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        told = subprocess.run(
            [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        names = [name for name in told.split("\0") if name and (ROOT / name).is_file()]
    else:
        names = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if path.is_file()
            and not SKIPPED & set(path.parts)
            and not any(part.endswith((".egg-info", "_cache")) for part in path.parts)
        ]
    return tuple(sorted(names))


def own_files(*endings: str, under: str = "") -> list[str]:
    """Our own files with one of the endings: vendored ones are somebody else's."""
    return [
        name
        for name in repo_files()
        if name.endswith(endings) and name.startswith(under) and "/vendor/" not in f"/{name}"
    ]


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")
