"""Shared by browser tests: Chromium with a profile of its own, that can be closed, killed and opened again."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright

from tests.browser.demo import demo, demo_built, demo_read
from tests.browser.fake_workshop import FakeServer
from tests.browser.servers import TwoSites, free_port, seed_two_sites, start_site
from tests.browser.tablet_page import html

__all__ = ["Tablet", "chromium_path", "demo", "demo_built", "demo_read"]


def chromium_path() -> str | None:
    """The system's Chromium, or None for Playwright's own."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    )


class Tablet:
    """A browser profile on disk. `open()` starts Chromium on it; `kill()` ends it as a power cut would end the program."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright = playwright
        self.profile = profile
        self.context: BrowserContext | None = None

    def open(self, url: str | None = None, **options: Any) -> Page:
        """A page of a (new, if need be) browser on this profile; at `url` when one is given."""
        if self.context is None:
            self.context = self._playwright.chromium.launch_persistent_context(
                str(self.profile),
                executable_path=chromium_path(),
                args=["--no-sandbox", "--disable-dev-shm-usage"],
                timezone_id="Africa/Kampala",
                **options,
            )
            page = self.context.pages[0]
        else:
            page = self.context.new_page()
        if url is not None:
            page.goto(url)
        return page

    def close(self) -> None:
        """End it properly."""
        if self.context is not None:
            with contextlib.suppress(Error):
                self.context.close()
            self.context = None

    def kill(self) -> None:
        """SIGKILL, at once. The profile stays."""
        pids = self.processes()
        assert pids, "no browser runs on this profile"
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.02)  # the system needs a moment to take the processes away
        self.close()

    def processes(self) -> list[int]:
        """The ids of the browser's processes on this profile, and of no other."""
        wanted = f"--user-data-dir={self.profile}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                    if state != "Z" and wanted in (entry / "cmdline").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
        return found


@pytest.fixture
def chromium(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[str], Tablet]]:
    """Makes tablets by name: `chromium("one").open(url)`. All are closed at the end."""
    tablets: dict[str, Tablet] = {}

    def tablet(name: str = "one") -> Tablet:
        return tablets.setdefault(name, Tablet(playwright, tmp_path / f"profile-{name}"))

    yield tablet
    for each in tablets.values():
        each.close()


@pytest.fixture(scope="session")
def seeded_sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, int]:
    """Folders of a campus and a workshop to copy from (see servers.py), and the port at which the campus must answer."""
    port = free_port()
    campus, workshop = seed_two_sites(tmp_path_factory.mktemp("seeded"), port)
    return campus, workshop, port


@pytest.fixture
def two_sites(seeded_sites: tuple[Path, Path, int], tmp_path: Path) -> Iterator[TwoSites]:
    """A campus and a workshop with a class of 40, each in a real server process. Every test has its own pair."""
    campus, workshop, port = seeded_sites
    sites = TwoSites(
        start_site(Path(shutil.copytree(campus, tmp_path / "campus")), port),
        start_site(Path(shutil.copytree(workshop, tmp_path / "mbale"))),
    )
    yield sites
    sites.campus.kill()
    sites.workshop.kill()


@pytest.fixture
def desk(playwright: Playwright) -> Iterator[Callable[[], Page]]:
    """An ordinary browser in an office: `desk()` is a page with cookies of its own."""
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
    yield lambda: browser.new_context(service_workers="block", accept_downloads=True).new_page()
    browser.close()


@pytest.fixture
def fake_server() -> Iterator[FakeServer]:
    """A small server that speaks the wire format; its page is /en/t."""
    running = FakeServer()
    running.workshop.pages["/en/t"] = (html(), '"1"')
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def core_page(chromium: Callable[..., Tablet], fake_server: FakeServer) -> Page:
    """That page on a tablet, with the core started."""
    return chromium().open(f"{fake_server.url}/en/t")
