"""Shared by the tests of faults: the figures that they record, the cast on files, real servers and browsers, a disk that is small."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import chromium, desk, seeded_sites, two_sites
from tests.faults.door import Door
from tests.faults.nursery import Nursery
from tests.sync_world import World
from workshop.site import Site, system_clock

__all__ = ["Figures", "chromium", "desk", "seeded_sites", "two_sites"]


class Figures:
    """What a test did and what it found, counted by the test itself. `workshop prove` adds the numbers of a suite up."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    def did(self, **counts: int) -> None:
        for name, count in counts.items():
            self._record(f"did {name}", count)

    def found(self, **counts: int) -> None:
        for name, count in counts.items():
            self._record(f"found {name}", count)

    def most(self, **values: int) -> None:
        """A highest value rather than a count."""
        for name, value in values.items():
            self._record(f"most {name}", value)


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    return Figures(record_property)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def nursery(world: World) -> Iterator[Nursery]:
    """Starts servers on the workshop of `world`, each a process of its own that can be killed; the site in this process is closed."""
    world.enrol(world.one, world.two)
    world.one.clock = world.two.clock = system_clock
    device = world.workshop.device
    world.workshop.close()
    made = Nursery(world.workshop.folder, device)
    yield made
    made.close()
    world.workshop = Site(world.workshop.folder, world.clock)


@pytest.fixture
def door(nursery: Nursery) -> Door:
    """A running server's door; nobody kills it."""
    return nursery.start()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB of its own: a tmpfs, mounted by root, or else in a name space of this user's."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode and os.geteuid() != 0:
        done = subprocess.run(["sudo", "-n", *mount], capture_output=True, text=True)
    assert done.returncode == 0, (
        f"this test needs root, or sudo without a password, to mount a small disk: {done.stderr}"
    )
    yield folder
    for command in (["umount", "-l", str(folder)], ["sudo", "-n", "umount", "-l", str(folder)]):
        with contextlib.suppress(OSError):
            if subprocess.run(command, capture_output=True).returncode == 0:
                break
