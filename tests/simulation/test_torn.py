"""Power cuts with real files: SQLite as the program opens it, its files copied as they stood at each commit, the last write torn.

A commit's frames reach the write-ahead log before `fsync` returns; a cut in between leaves any part of them, with rubbish in the last
sector. Rarer than the stories in memory: files are slow.
"""

from pathlib import Path
from random import Random

import pytest

from tests.simulation import audit, story
from tests.simulation.files import FileDisk, settle
from tests.simulation.invariants import DURABLE, Broken
from tests.simulation.test_every_point import server_round
from tests.simulation.world import World


@pytest.mark.parametrize("seed", range(24))
def test_what_was_acknowledged_survives_a_torn_write(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    world = World(seed)
    for name, server in world.servers.items():
        server.open(settle(server.stop(), tmp_path / name))
    torn = 0
    for _ in range(3):
        disk = world.servers[rng.choice(["mbale", "campus"])].disk
        assert isinstance(disk, FileDisk)
        disk.tear_in(rng.randint(1, 3), rng)
        server_round(world)
        torn += disk.torn
    assert torn
    for server in world.servers.values():
        assert server.rows("pragma integrity_check") == [("ok",)]
    story.rest(world)
    audit.look(world)


def test_a_disk_that_loses_what_it_synced_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(self: FileDisk, _part: object) -> None:
        copied(self, (0, 0))

    copied = FileDisk._copy
    monkeypatch.setattr(FileDisk, "_copy", lose)
    world = World(0)
    for name, server in world.servers.items():
        server.open(settle(server.stop(), tmp_path / name))
    server_round(world)
    disk = world.servers["mbale"].disk
    assert isinstance(disk, FileDisk)
    disk.tear_in(1, Random(0))
    with pytest.raises(Broken, match=DURABLE):
        server_round(world)
