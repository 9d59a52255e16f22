"""A thousand stories of two hundred steps, and those that once found something. A failure prints its seed and a shrunk trace."""

from collections import Counter

import pytest

from tests.simulation import story
from tests.simulation.__main__ import CHUNK, report, run_seed
from tests.simulation.shrink import broken_rule, read, shrink, told
from tests.simulation.steps import NAMES

SEEDS = 1000

FOUND = {
    "a workshop put back to before a chain began said nothing of it: the tablet believed its old receipt": (
        5305,
        "poison:3622271620 call:3197279897 back-up-server:1360791536 deliver:3544093483 put-server-back:989552235 deliver:2027906673",
    ),
    "a workshop put back took a copy's branch: no receipt fitted the other one's, which was never sent again": (
        781,
        (
            "tap:908388757 clone-tablet:2220898821 back-up-server:1422391408 tap:2338114472 call:2856434424 note:2720770883"
            " deliver:1861165499 deliver:958725766 put-server-back:1653928778"
        ),
    ),
    "a server whose clock had been turned noted a tablet's clock again at every contact": (
        5008,
        (
            "tap:3966645614 tap:2538074245 call:2398255395 deliver:3273125413 call:2227124082 turn-server-clock:302598534"
            " deliver:1251231357 deliver:2180767672"
        ),
    ),
    "a receipt for a copy's op was believed where the own one had been let go of, and told again at every contact": (
        3066,
        (
            "tap:4245089554 clone-tablet:3812529080 two-tabs:2051742783 wait:840173101 good-hour:1443105487"
            " clone-tablet:2563342584 prune:610674693 tap:2956674173"
        ),
    ),
    "what a campus said again of an erased op with a wrong clock's time was taken for the campus's own clock": (
        797,
        (
            "tap:966493545 turn-tablet-clock:3210627423 note:4028324718 call:1410454889 deliver:484932271"
            " bad-week:3402133124 erase:248830211"
        ),
    ),
}
"""What the simulator found: a word of it, the seed, the shrunk trace as it was. Every one is mended."""

HAPPENS = (
    "ops on tablets", "ops at servers", "requests answered", "two tabs", "server stopped", "server disk full", "tablet killed",
    "message: drop", "message: duplicate", "message: cut", "message: flip", "message: alter", "message: forge", "line cut",
    "message cut off", "tablet cloned", "tablet put back", "tablet wiped", "server put back", "server put back in silence",
    "server began a new life", "tablet began a new epoch", "tablet clock ahead", "tablet clock back", "server clock turned",
    "revocation", "revocation taken back", "poisoned op", "forged run", "op of a later version", "record of a later type",
    "server upgraded", "erasure", "bodies erased", "said again without personal values", "conflict decided", "server's file written", "tablet's file written", "file read",
    "file read again", "file damaged", "file refused: bundle_damaged", "file refused: bundle_foreign", "receipts by file",
    "refused: bad_signature", "refused: bad_message", "ops let go of", "promises looked after", "records merged again",
)  # fmt: skip


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_stories(first: int) -> None:
    for seed in range(first, first + CHUNK):
        _, _, broken = run_seed(seed)
        assert broken is None, report(seed, str(broken), story.trace_of(seed))


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_once_stays_mended(what: str) -> None:
    seed, trace = FOUND[what]
    assert broken_rule(seed, read(trace)) is None
    assert broken_rule(seed, story.trace_of(seed)) is None


def test_every_kind_of_fault_happens() -> None:
    total: Counter[str] = Counter()
    for seed in range(2000, 2060):
        total += story.tell(seed).count
    assert [what for what in HAPPENS if not total[what]] == []


def test_every_step_is_drawn() -> None:
    drawn = {name for seed in range(10) for name, _ in story.trace_of(seed)}
    assert drawn == set(NAMES)


def test_a_seed_tells_the_same_story_again() -> None:
    one, other = story.tell(7), story.tell(7)
    assert one.count == other.count
    for name, server in one.servers.items():
        assert server.node.log.vector(server.parts) == other.servers[name].node.log.vector(server.parts)
        assert server.node.model.state_hash() == other.servers[name].node.model.state_hash()
    assert [tablet.epoch for tablet in one.tablets] == [tablet.epoch for tablet in other.tablets]


def test_a_trace_is_shrunk_to_what_breaks() -> None:
    trace = story.trace_of(3, 60)
    needed = {trace[7], trace[31]}

    def breaks(_seed: int, steps: object) -> str | None:
        return "both" if needed <= set(steps) else None  # type: ignore[call-overload]

    assert set(shrink(3, trace, "both", breaks)) == needed
    assert read(told(trace)) == trace
