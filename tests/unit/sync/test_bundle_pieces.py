"""Taking a bundle in while others wait: when the lock is held, what a failure leaves, and very large files in pieces."""

import base64
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync import BundleError, Change, Node, sealed
from sync.bundle import read_bundle, write_bundle
from tests.sync_world import PART, PARTS, Clock, Tablet, assert_sound, give, key, replica, rows

CLOCK = Clock()


@pytest.fixture
def writer() -> Node:
    """Holds a chain of four ops and one of two."""
    node = replica(key("campus").device, CLOCK, "workshop", "workshop")
    for name, count in (("tablet one", 4), ("tablet two", 2)):
        tablet = Tablet(name, CLOCK)
        for number in range(count):
            tablet.mark(f"p{number}")
        give(node, *tablet.runs(PART))
    return node


@pytest.fixture
def reader() -> Node:
    return replica(key("campus").device, CLOCK, "campus")


def test_the_lock_is_free_between_runs_and_held_for_the_taking_only(
    writer: Node, reader: Node, tmp_path: Path
) -> None:
    steps: list[str] = []

    @contextmanager
    def hold() -> Iterator[None]:
        steps.append("held")
        yield
        steps.append("free")

    def told(step: str, done: int, of: int) -> None:
        assert 0 <= done <= (of or done)
        steps.append(step)

    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS, hold=hold, progress=told)
    assert steps == [
        *("held", "free"),
        *("held", "free", "write") * 2,
        *("held", "free"),
    ]
    steps.clear()
    read_bundle(reader, path, PARTS, hold=hold, progress=told)
    assert [*dict.fromkeys(steps)] == ["check", "held", "take", "free"]
    assert steps.count("held") == 1


def test_a_failure_in_the_middle_of_taking_leaves_nothing(writer: Node, reader: Node, tmp_path: Path) -> None:
    """As when the stick is pulled out after the check."""
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)

    def pulled_out(step: str, done: int, of: int) -> None:
        if step == "take" and done < of:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input"):
        read_bundle(reader, path, PARTS, progress=pulled_out)
    assert rows(reader, "select count(*) from op_log") == [(0,)]
    assert read_bundle(reader, path, PARTS).new == 6


def test_a_very_large_file_is_taken_in_pieces_and_goes_on_where_it_stopped(
    writer: Node, reader: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others can write between the pieces. The disk is full in the second one: what is in stays, and nobody is told that nothing is."""
    monkeypatch.setattr("sync.bundle.OPS_AT_ONCE", 4)
    path, held = tmp_path / "a.luban", []
    write_bundle(writer, path, PARTS)

    @contextmanager
    def hold() -> Iterator[None]:
        held.append(1)
        yield

    def full(step: str, done: int, of: int) -> None:
        if step == "take" and done == of == 6:
            raise OSError(28, "No space left on device")

    with pytest.raises(BundleError, match="bundle_stopped") as stopped:
        read_bundle(reader, path, PARTS, hold=hold, progress=full)
    assert stopped.value.data == {"new": 4} and len(held) == 2
    assert rows(reader, "select count(*) from op_log") == [(4,)]
    assert_sound(reader)
    assert read_bundle(reader, path, PARTS).new == 2
    assert reader.model.state_hash() == writer.model.state_hash()
    write_bundle(reader, path, PARTS, reader.log.vector(PARTS))
    assert read_bundle(writer, path, PARTS).receipts == 2, "a file without ops brings its receipts"


def test_a_month_of_marks_fits_into_a_megabyte(tmp_path: Path) -> None:
    """25 classes of 40 people, 20 sessions each, from eight tablets, an op a mark. Bench measured 331 kB for this and more."""
    chance, node = random.Random(20261122), replica(key("campus").device, CLOCK, "workshop", "workshop")
    tablets = [Tablet(f"tablet {n}", CLOCK) for n in range(8)]
    people = {f"c{n}": [b32(chance.randbytes(6)) for _ in range(40)] for n in range(25)}
    for day in range(20):
        for n, (name, trainees) in enumerate(people.items()):
            for trainee in trainees:
                CLOCK.now += chance.randint(700, 4000)
                status = chance.choices(["present", "late", "absent"], [85, 7, 8])[0]
                change = Change("attendance", f"{name}.{day}.{trainee}", {"status": status})
                tablets[n % 8].record(PART, "sakello", "attendance.mark", [change])
    for tablet in tablets:
        assert give(node, *tablet.runs(PART)) == []
    path = tmp_path / "month.luban"
    assert write_bundle(node, path, PARTS).ops == 20_000
    assert path.stat().st_size <= 500_000
    with path.open("rb") as plain, (tmp_path / "month.age").open("wb") as shut:
        sealed.seal(plain, shut, sealed.recipient_of(sealed.new_identity()))
    assert (tmp_path / "month.age").stat().st_size <= 1_000_000


def b32(data: bytes) -> str:
    return base64.b32encode(data).decode().lower().rstrip("=")
