"""The read model is a function of the set of ops: whatever the order, the splits and the repeats, the same rows to the byte."""

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import Node
from tests.sync_story import ACTS, CAMPUS, Story
from tests.sync_world import PARTS, assert_sound, give, quarantine, replica, rows

STEPS = st.lists(
    st.tuples(st.integers(0, len(ACTS) - 1), st.integers(-20, 20), st.integers(0, 10**6)), max_size=28
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.lists(st.integers(0, 2**32), min_size=2, max_size=2))
def test_any_order_and_any_split_give_the_same_state(steps: list[tuple[int, ...]], seeds: list[int]) -> None:
    story = Story(steps)
    expected = story.deliver()
    told = (expected.model.state_hash(), expected.log.vector(PARTS))
    for seed in seeds:
        found = story.deliver(random.Random(seed))
        assert found.log.vector(PARTS) == told[1]
        assert explain(found) == explain(expected)
        assert found.model.state_hash() == told[0]
        assert_sound(found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.integers(0, 2**32))
def test_no_op_is_lost_in_silence(steps: list[tuple[int, ...]], seed: int) -> None:
    """Every op is applied, in quarantine, or of a newer version; and every applied one leads to a row."""
    node = Story(steps).deliver(random.Random(seed))
    everything = {row[0] for row in rows(node, "select n from op_log")}
    applied = {row[0] for row in rows(node, "select n from rm_change")}
    held = {row[0] for row in rows(node, "select n from rm_quarantine")}
    newer = {row[0] for row in rows(node, "select n from op_log where json_extract(header, '$.v') > 1")}
    assert not applied & held
    gone = {row[0] for row in rows(node, "select n from op_log where body is null")}
    assert not gone & (applied | held)
    assert applied | held | newer | gone == everything
    for part, kind, record in rows(node, "select distinct part, type, id from rm_change"):
        assert rows(node, f"select 1 from rm_{kind} where part = ? and id = ?", part, record) == [(1,)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.integers(0, 2**32), st.integers(0, 10**6))
def test_erasing_gives_the_same_state_before_and_after_the_relay(
    steps: list[tuple[int, ...]], seed: int, pick: int
) -> None:
    """Erased here, or arrived erased: the same rows; and an erased op does not come back when it is sent again."""
    story = Story(steps)
    node = story.deliver(random.Random(seed))
    ops = rows(node, "select n, link from op_log where json_extract(header, '$.v') = 1 and body is not null")
    chosen = node.log.read([ops[pick % len(ops)][0]])[0]
    assert node.erase(chosen.id)
    assert_sound(node)
    other = replica(story.cast[CAMPUS].device, story.clock, "other")
    runs = list(node.log.all_missing_for({}, PARTS))
    assert give(other, *runs) == []
    assert other.model.state_hash() == node.model.state_hash()
    gone = "select header from op_log where body is null order by header"
    assert rows(other, gone) == rows(node, gone) != []
    for lane in story.lanes(lambda: 500):
        assert give(node, *lane) == []
    assert other.model.state_hash() == node.model.state_hash()


def explain(node: Node) -> dict[str, Any]:
    """What differs, when something does."""
    return {
        "quarantine": quarantine(node),
        "device": rows(node, "select part, id, enrolled, revoked_at, conflict from rm_device order by 1, 2"),
        "grant": rows(node, "select part, id from rm_grant order by 1, 2"),
        "attendance": rows(
            node,
            "select part, id, status, minutes, note, heads, conflict, last_op from rm_attendance order by 1, 2",
        ),
        "attempt": rows(node, "select part, id, result, heads, conflict from rm_attempt order by 1, 2"),
    }
