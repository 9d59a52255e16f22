"""Builds the demonstration: two real sites, six simulated tablets, a year of signed ops carried and merged by the real engine.

Nothing is inserted as a finished row. Time is the year's own: each act and each contact happens when the plan says.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sync import Change, Draft, exchange, wire
from sync.exchange import Conversation
from sync.http import seal
from sync.node import Node
from sync.wire import Run
from workshop.accounts.commands import create_account
from workshop.admission import COMMON, SYSTEM
from workshop.demo import devices
from workshop.demo import tablet as simulated
from workshop.demo.certificates import issue_certificates
from workshop.demo.model import Act, Contact
from workshop.demo.tablet import Tablet
from workshop.demo.year import Year, make_year
from workshop.devices import commands as device_commands
from workshop.devices import contacts as device_contacts
from workshop.lessons import store as lessons
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

log = logging.getLogger(__name__)
MBALE, KAMPALA_MINUTES, TIANJIN_MINUTES = "mbale", 180, 480
NAMES = {
    MBALE: ("Uganda Luban Workshop, Mbale", "乌干达鲁班工坊（姆巴莱）"),
    "campus": ("Tianjin Polytechnic College", "天津工业职业学院"),
}


@dataclass
class Stage:
    """The sites and tablets of the demonstration, and the time on it."""

    campus: Site
    workshop: Site
    tablets: dict[str, Tablet]
    clock: "Clock"
    talk: Conversation = field(default_factory=Conversation)
    op_ids: dict[int, str] = field(default_factory=dict)


Happening = Callable[[Stage], None]
"""Something that happens on the stage at a time of the plan."""


class Clock:
    """The true time of the demonstration, UTC ms."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def __call__(self) -> int:
        return self.at_ms


def build_demo(folder: Path, today: date, year: Year | None = None) -> Year:
    """Make `folder/campus` and `folder/workshop` with the year in them, up to the evening before `today`."""
    year = year or make_year(today=today)
    clock = Clock(year.acts[0].at_ms - 3_600_000)
    campus = Site.create(folder / "campus", "campus", "campus", tz_minutes=TIANJIN_MINUTES, clock=clock)
    workshop = Site.create(
        folder / "workshop", MBALE, "workshop", root=campus.device, tz_minutes=KAMPALA_MINUTES, clock=clock
    )
    tablets = {
        one.name: Tablet(one.name, str(year.seed), MBALE, KAMPALA_MINUTES)
        for one in year.devices
        if one.kind == "tablet"
    }
    stage = Stage(campus, workshop, tablets, clock)
    with _in_haste(campus), _in_haste(workshop):
        _set_up(stage, year)
        for event in _events(year):
            clock.at_ms = event[0]
            event[2](stage)
        synchronise(stage)
        issue_certificates(campus, workshop, MBALE, year, lambda: synchronise(stage))
    for site in (campus, workshop):
        _furnish(site, year)
        site.close()
    return year


class _in_haste:  # noqa: N801 - reads as a word where it is used
    """While a demonstration is built nothing needs to survive a power cut; afterwards the file is as durable as any."""

    def __init__(self, site: Site) -> None:
        self._connection = site.node.db.conn

    def __enter__(self) -> None:
        self._connection.execute("pragma synchronous = off")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("pragma synchronous = full")


def _set_up(stage: Stage, year: Year) -> None:
    """The campus begins, the workshop joins, the tablets are enrolled, and people are bound to them."""
    begin_campus(stage.campus, *NAMES["campus"])
    join_workshop(stage.campus, stage.workshop.key.public, MBALE, *NAMES[MBALE], KAMPALA_MINUTES)
    synchronise(stage)
    drafts = []
    for one in year.devices:
        if one.kind != "tablet":
            continue
        tablet = stage.tablets[one.name]
        fields = {
            "name": one.label,
            "key": tablet.key.public,
            "kind": "tablet",
            "site": MBALE,
            "enrolled": True,
        }
        drafts.append(Draft(SYSTEM, "device.enrol", [Change("device", tablet.device, fields)], MBALE))
        drafts += [
            Draft(
                SYSTEM,
                "device.sign_in",
                [Change("device_person", f"{tablet.device}.{person}", {"active": True})],
                MBALE,
            )
            for person in one.staff
        ]
    stage.workshop.record_many(drafts)


# -- what happens, in order of time


def _events(year: Year) -> Iterator[tuple[int, int, Happening]]:
    found: list[tuple[int, int, Happening]] = [(act.at_ms, 1, Doing(act)) for act in year.acts]
    sticks: dict[tuple[str, int], Stick] = {}
    for contact in year.contacts:
        if contact.road == "stick":
            stick = sticks.setdefault((contact.device, contact.made_ms), Stick(contact.device))
            found.append((contact.at_ms, 2, stick.arrive))
        else:
            found.append((contact.at_ms, 2, Meeting(contact)))
    found += [(made_ms, 2, stick.write) for (_, made_ms), stick in sticks.items()]
    for restore in devices.RESTORES:
        backup = Backup(restore.device)
        found += [(restore.backup_ms, 3, backup.keep), (restore.restored_ms, 3, backup.put_back)]
    found.append((devices.REVOKED_MS, 3, revoke_stolen))
    return iter(sorted(found, key=lambda one: one[:2]))


class Doing:
    """A person does something on a tablet or at a server."""

    def __init__(self, act: Act) -> None:
        self._act = act

    def __call__(self, stage: Stage) -> None:
        act = self._act
        changes = []
        for change in act.changes:
            fields = dict(change.fields)
            if change.seen:
                fields["seen"] = [stage.op_ids[no] for no in change.seen]
            base = tuple(stage.op_ids[no] for no in change.base)
            changes.append(Change(change.type, change.id, fields, base))
        if act.device in stage.tablets:
            op = stage.tablets[act.device].act(act.wall_ms, act.actor, act.intent, changes)
        else:
            site = stage.campus if act.device == devices.CAMPUS else stage.workshop
            op = site.record(actor=act.actor, intent=act.intent, changes=changes, part=act.part, via="form")
        stage.op_ids[act.no] = op


class Meeting:
    """A tablet and the workshop's server, or the two servers, reach each other."""

    def __init__(self, contact: Contact) -> None:
        self._contact = contact

    def __call__(self, stage: Stage) -> None:
        if self._contact.device in stage.tablets:
            meet_workshop(stage, stage.tablets[self._contact.device], self._contact.at_ms)
        else:
            synchronise(stage)


class Stick:
    """A USB stick: what the tablet had not been receipted for when it was written, perhaps read in twice."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._runs: list[Run] = []

    def write(self, stage: Stage) -> None:
        self._runs = stage.tablets[self._device].unsent()

    def arrive(self, stage: Stage) -> None:
        _, refused = stage.workshop.node.take(self._runs)
        if refused:
            log.info("stick from %s: %s", self._device, refused[0][1].code)


class Backup:
    def __init__(self, device: str) -> None:
        self._device = device
        self._kept: simulated.Backup | None = None

    def keep(self, stage: Stage) -> None:
        self._kept = stage.tablets[self._device].backup()

    def put_back(self, stage: Stage) -> None:
        if self._kept is not None:
            stage.tablets[self._device].restore(self._kept)


def revoke_stolen(stage: Stage) -> None:
    """The workshop's admin revokes the stolen tablet: what has arrived so far is its last good op."""
    device_commands.revoke(stage.workshop, MBALE, stage.tablets[devices.STOLEN].device, SYSTEM)


def meet_workshop(stage: Stage, tablet: Tablet, at_ms: int) -> None:
    """One real exchange of a tablet with the workshop's server, signed, packed and answered as over the network."""
    tablet.set_clock(devices.wall_ms(tablet.name, at_ms))
    while True:
        runs = tablet.unsent()[:1]
        caller = exchange.open_request(*tablet.request(None, runs), stage.workshop.device)
        hello, _ = wire.unpack(exchange.answer(stage.workshop.node, caller, []))
        said = caller.hello | {"state": devices.state_of(tablet.name, at_ms)}
        device_contacts.note_contact(stage.workshop, said, at_ms)
        if hello.get("refused"):
            log.info("%s: %s", tablet.name, hello["refused"][0]["code"])
            return
        for run in runs:
            tablet.receipt(run)
        if hello.get("fork"):
            tablet.next_life()
            return
        if not tablet.unsent():
            return


def synchronise(stage: Stage) -> None:
    """The two servers talk until nothing is left to say."""
    workshop, campus, parts = stage.workshop.node, stage.campus.node, [COMMON, MBALE]
    for _ in range(2000):
        raw, sent = exchange.ask(workshop, stage.talk, parts)
        reply = _answered(campus, *seal(workshop, raw), parts)
        if not exchange.absorb(workshop, stage.talk, reply, parts, sent).more:
            return


def _answered(node: Node, data: bytes, signature: str, parts: list[str]) -> bytes:
    return exchange.answer(node, exchange.open_request(data, signature, node.device), parts)


def _furnish(site: Site, year: Year) -> None:
    """Accounts and lessons: local to each site."""
    lessons.import_lessons(site.folder)
    with site.writing() as db:
        for one in year.accounts:
            if (one.site == "campus") == (site.role == "campus"):
                kind = "trainee" if one.roles == ("trainee",) else "staff"
                create_account(
                    db, one.username, one.person_id, one.password, site.now(), kind=kind, pin=one.pin
                )
