"""The demonstration's year as two real server processes: built once a test run, by the real command, shared by all workers. No assertions."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.browser.servers import RunningSite, TwoSites, free_port, start_site
from workshop.exchange.background import add_peer, forget_peers
from workshop.filelock import FileLock
from workshop.site import Site

ROOT = Path(__file__).parents[2]
PART = "mbale"


@dataclass
class Demo:
    """Both sites running; nothing is exchanged by itself. `told` is what `workshop demo` writes beside them."""

    sites: TwoSites
    told: dict[str, Any]

    def site(self, name: str) -> RunningSite:
        found: RunningSite = getattr(self.sites, name)
        return found

    def password(self, username: str) -> str:
        return str(next(one["password"] for one in self.told["accounts"] if one["username"] == username))

    def person(self, username: str) -> str:
        """The name, as the pages show it."""
        return str(next(one["name"] for one in self.told["accounts"] if one["username"] == username))

    def stop(self) -> None:
        """End both, and give the space back: a year is 36 MB."""
        for site in (self.sites.campus, self.sites.workshop):
            site.kill()
            shutil.rmtree(site.folder, ignore_errors=True)


def start_demo(built: Path, folder: Path) -> Demo:
    """Both sites of a copy of `built` in `folder`, at ports of their own."""
    shutil.copytree(built, folder, dirs_exist_ok=True)
    port = free_port()
    site = Site(folder / "workshop")
    address = f"http://127.0.0.1:{port}"
    add_peer(site, address, site.root)
    forget_peers(site, but=address)
    site.close()
    campus = start_site(folder / "campus", port, demo=True)
    workshop = start_site(folder / "workshop", demo=True)
    return Demo(TwoSites(campus, workshop), json.loads((folder / "demo.json").read_text()))


@pytest.fixture(scope="session")
def demo_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to copy from. With several workers the first one builds, the others wait."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "demo"
    lock = FileLock(shared / "demo.lock")
    with lock():
        if not (folder / "demo.json").exists():
            command = [sys.executable, "-m", "workshop", "demo", "--build-only", "--data", str(folder)]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    lock.close()
    return folder


@pytest.fixture(scope="session")
def demo_read(demo_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """For tests that only look."""
    running = start_demo(demo_built, tmp_path_factory.mktemp("demo-read"))
    yield running
    running.stop()


@pytest.fixture
def demo(demo_built: Path, tmp_path: Path) -> Iterator[Demo]:
    """For tests that write: a copy of their own."""
    running = start_demo(demo_built, tmp_path / "demo")
    yield running
    running.stop()
