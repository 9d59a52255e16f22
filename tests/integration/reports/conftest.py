"""The demonstration year as eight devices recorded it, carried to a campus in any order; each device has its own key and chain."""

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlite_utils import Database

from sync import Change, Draft, Header, Node, PrivateKey
from sync.ops import b64
from sync.wire import Run
from workshop.accounts import commands as accounts
from workshop.admission import COMMON, SYSTEM
from workshop.demo.year import Year, make_year
from workshop.registry import REGISTRY
from workshop.setup import begin_campus, join_workshop
from workshop.site import KEY, Site

PARTS = [COMMON, "mbale"]
TODAY_MS = 1_763_719_200_000  # 2025-11-21, 13:00 in Mbale
PASSWORD = "four mango trees"

MakeCampus = Callable[[int | None], Site]


class AnybodyMay:
    """Tablets ask nobody; the campus does."""

    basis: frozenset[str] = frozenset()

    def check(self, header: Header, changes: Sequence[Change]) -> None:
        pass

    def refresh(self) -> None:
        pass


@pytest.fixture(scope="session")
def year() -> Year:
    return make_year()


@pytest.fixture(scope="session")
def recorded(year: Year) -> dict[str, tuple[PrivateKey, list[Run]]]:
    """{device name: its key and everything it recorded}. What the thief's tablet sent is left out."""
    now = [0]
    keys = {one.name: PrivateKey(_seed(one.name)) for one in year.devices}
    nodes = {}
    for name, key in keys.items():
        database = Database(sqlite3.connect(":memory:", isolation_level=None))
        nodes[name] = Node(database, key, "tablet", REGISTRY, AnybodyMay(), lambda: now[0])
    made: dict[int, str] = {}
    for act in year.acts:
        if act.trouble == "stolen":
            continue
        now[0] = act.wall_ms
        changes = [
            Change(one.type, one.id, one.fields, tuple(made[no] for no in one.base)) for one in act.changes
        ]
        made[act.no] = nodes[act.device].author([Draft(act.actor, act.intent, changes, act.part)])[0]
    found = {name: (keys[name], _runs(node)) for name, node in nodes.items()}
    for node in nodes.values():
        node.db.close()
    return found


@pytest.fixture(scope="session")
def make_campus(
    year: Year,
    recorded: dict[str, tuple[PrivateKey, list[Run]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MakeCampus]:
    """`make_campus(seed)`: a campus that took all runs, in the devices' order or, with a seed, in a random one."""
    sites: list[Site] = []

    def make(seed: int | None = None) -> Site:
        folder = tmp_path_factory.mktemp("campus")
        root, server = (
            next(one.name for one in year.devices if one.kind == kind) for kind in ("campus", "workshop")
        )
        (folder / KEY).write_bytes(_seed(root))
        site = Site.create(folder, "campus", "campus", tz_minutes=480, clock=lambda: TODAY_MS)
        sites.append(site)
        begin_campus(site, "Home College", "天津职业学院")
        join_workshop(
            site, recorded[server][0].public, "mbale", "Uganda Luban Workshop", "乌干达鲁班工坊", 180
        )
        _enrol(site, year, {name: key for name, (key, _runs) in recorded.items()})
        pieces = [run for _key, runs in recorded.values() for run in runs]
        with site.locked() as node:
            assert node.take(_shuffled(pieces, seed))[1] == []
        return site

    yield make
    for site in sites:
        site.close()


@pytest.fixture(scope="session")
def campus(year: Year, make_campus: MakeCampus) -> Site:
    """The year at the campus, for tests that only read; Wang reviews, and somebody with no role in reports looks in."""
    site = make_campus(None)
    with site.writing() as db:
        wang = next(one for one in year.accounts if one.username == "wang")
        accounts.create_account(db, "wang", wang.person_id, PASSWORD, TODAY_MS)
    return site


def _seed(name: str) -> bytes:
    return name.encode().ljust(32, b".")


def _enrol(site: Site, year: Year, keys: dict[str, PrivateKey]) -> None:
    """The tablets and who uses them; the campus states it here, so that nothing hangs on which device's records come first."""
    for one in year.devices:
        if one.kind == "tablet":
            key = keys[one.name]
            fields = {
                "name": one.label,
                "key": key.public,
                "kind": "tablet",
                "site": one.site,
                "enrolled": True,
            }
            changes = [Change("device", key.device, fields)]
            changes += [
                Change("device_person", f"{key.device}.{person}", {"active": True}) for person in one.staff
            ]
            site.record(actor=SYSTEM, intent="device.approve", changes=changes, part="mbale")


def _runs(node: Node) -> list[Run]:
    runs: list[Run] = []
    more = True
    seen: dict[str, list[tuple[int, str]]] = {}
    while more:
        found, more = node.log.missing_for(seen, PARTS, 500, 1_000_000)
        runs += found
        for run in found:
            seen["/".join(run.chain)] = [(run.end, b64(run.link))]
    return runs


def _shuffled(runs: list[Run], seed: int | None) -> list[Run]:
    """Devices in any order and interleaved; each chain stays in its own order, as any road carries it."""
    if seed is None:
        return runs
    rng = random.Random(seed)
    chains: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        chains.setdefault(run.chain, []).append(run)
    found = []
    while chains:
        chain = rng.choice(sorted(chains))
        found.append(chains[chain].pop(0))
        if not chains[chain]:
            del chains[chain]
    return found
