"""Random stories for the tests of merge and admission: a campus, a second campus server, a workshop, two tablets and a clone of one act,
and what they signed is delivered in any order, split and repeated in any way.
"""

import random
from typing import Any

from sync import Change, Node
from sync.author import Author
from sync.merge import DECIDE, UNDO
from sync.ops import Header, encode_header
from sync.wire import Run
from tests.sync_world import NOON_MS, PART, Clock, bind, device, give, grant, key, replica
from workshop.admission import SYSTEM

PEOPLE = ("pak", "pna", "pwang")
TRAINEES = ("tokot", "tauma")
CAMPUS, SECOND, SERVER, ONE, TWO, CLONE = range(6)


class Story:
    """A campus, a second campus server, a workshop and two tablets, one of which is cloned, act at random. Every op is really signed."""

    def __init__(self, steps: list[tuple[int, ...]]) -> None:
        self.clock = Clock()
        names = ("campus", "second campus", PART, "tablet one", "tablet two")
        self.cast = [Author(key(name), f"{name[0]}aaaaaaa", self.clock) for name in names]
        self.cast.append(self.cast[TWO])
        self.seen: dict[tuple[str, str], list[str]] = {}
        self.begin(all_known=len(steps) % 2 == 1)
        for step in steps:
            self.clock.now += step[1] * 400
            act = ACTS[step[0] % len(ACTS)]
            act(self, random.Random(repr(step)))

    def begin(self, *, all_known: bool) -> None:
        server = self.cast[SERVER]
        self.say(CAMPUS, "common", SYSTEM, [device(server.device, server.key.public, "workshop")])
        for of in (self.cast[ONE], self.cast[TWO]) if all_known else ():
            people = [change for person in PEOPLE for change in (grant(person), bind(of.device, person))]
            self.say(SERVER, PART, SYSTEM, [device(of.device, of.key.public), *people])

    # -- what they do

    def say(self, who: int, part: str, actor: str, changes: list[Change], intent: str = "test.act") -> None:
        op = self.cast[who].record(part, actor, intent, changes)
        for change in changes:
            self.seen.setdefault((change.type, change.id), []).append(op)

    def base(self, rng: random.Random, kind: str, record: str) -> tuple[str, ...]:
        seen = self.seen.get((kind, record), [])
        return tuple(rng.sample(seen, rng.randint(0, min(3, len(seen)))))

    def fields(self, rng: random.Random, kind: str, record: str, values: dict[str, Any]) -> Change:
        return Change(kind, record, values, self.base(rng, kind, record))

    def mark(self, rng: random.Random) -> None:
        record = f"T01.1.{rng.choice(TRAINEES)}"
        status = rng.choice(["present", "absent", "late", "excused"])
        value = {"status": status, "minutes": 5 if status == "late" else None}
        changes = [self.fields(rng, "attendance", record, value)]
        if rng.random() < 0.3:
            changes.append(self.fields(rng, "attendance", record, {"note": rng.choice("xyz")}))
        if rng.random() < 0.2:
            changes.append(self.fields(rng, "attendance", record, {"status": "absent"}))
        self.say(rng.choice([SERVER, ONE, TWO, CLONE]), PART, rng.choice(PEOPLE), changes)

    def assess(self, rng: random.Random) -> None:
        remark = rng.choice(["钢丝绳", ""])
        result = {"steps": [["s1", rng.choice(["yes", "no"]), remark]], "outcome": "competent"}
        names = {"class_id": "T01", "trainee_id": "tokot", "rubric_id": "r1", "result": result}
        change = self.fields(rng, "attempt", "a1", names)
        intent = DECIDE if rng.random() < 0.3 else "attempt.sign"
        self.say(rng.choice([SERVER, ONE, TWO, CLONE]), PART, rng.choice(PEOPLE), [change], intent)

    def settle(self, rng: random.Random) -> None:
        record = f"T01.1.{rng.choice(TRAINEES)}"
        change = self.fields(rng, "attendance", record, {"status": "excused", "minutes": None})
        self.say(rng.choice([SERVER, ONE]), PART, rng.choice(PEOPLE), [change], DECIDE)

    def undo(self, rng: random.Random) -> None:
        """Of a mark or of a result; of a decision or of what is none: an undo may name whatever it likes."""
        record = f"T01.1.{rng.choice(TRAINEES)}"
        change = self.fields(rng, "attendance", record, {"status": "excused", "minutes": None})
        if rng.random() < 0.3:
            names = {"class_id": "T01", "trainee_id": "tokot", "rubric_id": "r1"}
            result = {"steps": [["s1", "no", ""]], "outcome": "not_yet"}
            change = self.fields(rng, "attempt", "a1", {**names, "result": result})
        self.say(rng.choice([SERVER, CAMPUS, ONE]), PART, rng.choice(PEOPLE), [change], UNDO)

    def session(self, rng: random.Random) -> None:
        change = self.fields(rng, "session", "T01.1", {"instructor_id": rng.choice(PEOPLE)})
        self.say(rng.choice([SERVER, CAMPUS]), PART, rng.choice([SYSTEM, *PEOPLE]), [change])

    def enrol(self, rng: random.Random) -> None:
        of = self.cast[rng.choice([ONE, TWO])]
        enrolled = self.fields(rng, "device", of.device, {**device(of.device, of.key.public).fields})
        changed = self.fields(rng, "device", of.device, {"enrolled": rng.random() < 0.8})
        change = rng.choice([enrolled, enrolled, changed])
        self.say(SERVER, PART, rng.choice([SYSTEM, SYSTEM, "pna"]), [change])

    def person(self, rng: random.Random) -> None:
        of = self.cast[rng.choice([ONE, TWO])]
        changes = [bind(of.device, rng.choice(PEOPLE)), grant(rng.choice(PEOPLE), "instructor")]
        who, part = rng.choice([(SERVER, PART), (SECOND, PART), (CAMPUS, "common"), (ONE, PART)])
        self.say(who, part, rng.choice([SYSTEM, SYSTEM, *PEOPLE]), changes)

    def admin(self, rng: random.Random) -> None:
        who, part = rng.choice([(SERVER, PART), (CAMPUS, "common"), (SECOND, "common"), (SECOND, PART)])
        self.say(who, part, rng.choice([SYSTEM, *PEOPLE]), [grant(rng.choice(PEOPLE), "admin")])

    def revoke(self, rng: random.Random) -> None:
        of = self.cast[rng.choice([ONE, TWO])]
        good = {f"{of.epoch}/{PART}": rng.randint(0, 6)} if rng.random() < 0.8 else None
        change = self.fields(rng, "device", of.device, {"revoked_at": good})
        self.say(SERVER, PART, rng.choice([SYSTEM, "pna"]), [change])

    def revoke_server(self, rng: random.Random) -> None:
        of = self.cast[rng.choice([SERVER, SECOND])]
        good = {f"{of.epoch}/{PART}": rng.randint(0, 6)} if rng.random() < 0.7 else None
        change = self.fields(rng, "device", of.device, {"revoked_at": good})
        self.say(rng.choice([CAMPUS, CAMPUS, SECOND]), "common", rng.choice([SYSTEM, "pna"]), [change])

    def second_campus(self, rng: random.Random) -> None:
        of = self.cast[SECOND]
        self.say(CAMPUS, "common", SYSTEM, [device(of.device, of.key.public, "campus", "campus")])

    def clock_note(self, rng: random.Random) -> None:
        of = self.cast[rng.choice([ONE, TWO])]
        note = Change(
            "clock",
            f"{of.device}.{of.epoch}.{rng.randint(1, 5)}",
            {"offset_ms": rng.choice([-5_000, 0, 9_000])},
        )
        self.say(SERVER, PART, SYSTEM, [note])

    def name(self, rng: random.Random) -> None:
        of, other = rng.sample(TRAINEES, 2)
        changes = [self.fields(rng, "trainee", of, {"name": rng.choice("xyz"), "category": "employee"})]
        if rng.random() < 0.3:
            changes.append(self.fields(rng, "trainee", of, {"same_as": rng.choice([other, None])}))
        if rng.random() < 0.3:
            changes.append(self.fields(rng, "attendance", f"T01.1.{other}", {"status": "present"}))
        self.say(rng.choice([SERVER, ONE, TWO]), PART, rng.choice([SYSTEM, *PEOPLE]), changes)

    def erase(self, rng: random.Random) -> None:
        who, actor = rng.choice(
            [(CAMPUS, SYSTEM), (CAMPUS, SYSTEM), (CAMPUS, "pna"), (SERVER, SYSTEM), (SECOND, SYSTEM)]
        )
        change = Change("erasure", rng.choice([*TRAINEES, "a1"]), {"kind": "trainee"})
        self.say(who, PART, actor, [change], "person.erase")

    def fork(self, rng: random.Random) -> None:
        if self.cast[CLONE] is self.cast[TWO]:
            self.cast[CLONE] = self.cast[TWO].clone()

    def poison(self, rng: random.Random) -> None:
        bad = rng.choice(
            [
                Change("attendance", "T01", {"status": "present"}),
                Change("nothing", "x", {"y": 1}),
                Change("attendance", "T01.1.tokot", {"status": "present", "minutes": 3}),
                Change("attendance", "T01.1.tokot", {"status": 7}),
                Change("course", "c1", {"planned_minutes": 60}),
            ]
        )
        good = self.fields(rng, "attendance", "T01.1.tokot", {"status": "present"})
        self.say(rng.choice([SERVER, ONE, TWO]), PART, rng.choice(PEOPLE), [good, bad])

    def newer(self, rng: random.Random) -> None:
        of = self.cast[ONE]
        seq = of.chains().get((of.epoch, PART), 0) + 1
        header = Header(
            v=2, dev=of.device, ep=of.epoch, part=PART, seq=seq, wall=NOON_MS, tz=0, actor="pak", intent="x"
        )
        of.append(PART, encode_header(header), b'["what a later version writes"]')

    # -- how it travels

    def lanes(self, most: Any) -> list[list[Run]]:
        """The runs of every chain, in the order in which a chain must travel. `most()` gives how many ops the next run has."""
        lanes = []
        for author in dict.fromkeys(self.cast):
            for _, part in author.chains():
                lane, since, last = [], 0, author.chains()[author.epoch, part]
                while since < last:
                    upto = min(last, since + most())
                    lane += author.runs(part, since, upto)
                    since = upto
                lanes.append(lane)
        return lanes

    def deliver(self, rng: random.Random | None = None) -> Node:
        """A replica that got everything: in whole chains one after another, or as `rng` shuffles, cuts and repeats it."""
        node = replica(self.cast[CAMPUS].device, self.clock)
        if rng is None:
            for lane in self.lanes(lambda: 500):
                assert give(node, *lane) == []
            return node
        lanes = self.lanes(lambda: rng.choice([1, 2, 3, 10, 500]))
        rng.shuffle(lanes)
        while lanes := [lane for lane in lanes if lane]:
            lane = rng.choice(lanes)
            sent = [lane.pop(0) for _ in range(min(len(lane), rng.randint(1, 3)))]
            assert give(node, *sent) == []
            if rng.random() < 0.2:
                assert give(node, *sent) == []
        return node


ACTS = tuple(
    getattr(Story, name)
    for name in [
        "mark",
        "mark",
        "mark",
        "mark",
        "mark",
        "mark",
        "mark",
        "assess",
        "settle",
        "settle",
        "undo",
        "undo",
        "session",
        "session",
        "enrol",
        "enrol",
        "person",
        "person",
        "admin",
        "revoke",
        "revoke_server",
        "second_campus",
        "clock_note",
        "clock_note",
        "clock_note",
        "name",
        "erase",
        "fork",
        "fork",
        "fork",
        "poison",
        "newer",
    ]
)
