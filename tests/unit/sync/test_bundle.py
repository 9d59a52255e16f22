"""Bundles: the same ops in a file. Damaged anywhere, nothing of it is taken."""

import gzip
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from sync import BundleError, Change, Node
from sync.bundle import read_bundle, write_bundle
from tests.sync_world import PART, PARTS, Clock, Tablet, assert_sound, give, key, replica, rows

CLOCK = Clock()


@pytest.fixture
def writer() -> Node:
    node = replica(key("campus").device, CLOCK, "workshop", "workshop")
    for name, count in (("tablet one", 4), ("tablet two", 2)):
        tablet = Tablet(name, CLOCK)
        for number in range(count):
            tablet.record(
                PART, "pak", "x", [Change("attendance", f"T01.1.p{number}", {"note": '"end":true 完'})]
            )
        give(node, *tablet.runs(PART, most=3))
    return node


@pytest.fixture
def reader() -> Node:
    return replica(key("campus").device, CLOCK, "campus")


def untouched(node: Node) -> bool:
    return (
        rows(node, "select count(*) from op_log") == rows(node, "select count(*) from op_receipt") == [(0,)]
    )


def packed(lines: list[bytes], *, end: bool = True) -> bytes:
    """A bundle of these lines with a right sum."""
    body = b"".join(line + b"\n" for line in lines)
    runs = [json.loads(line) for line in lines[1:] if line.startswith(b'{"count"')]
    told = {
        "end": True,
        "runs": len(runs),
        "ops": sum(r["count"] for r in runs),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return gzip.compress(body + (json.dumps(told).encode() + b"\n" if end else b""), 9, mtime=0)


def lines_of(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).split(b"\n")[:-1]


def test_there_and_back_and_again(writer: Node, reader: Node, tmp_path: Path) -> None:
    path = tmp_path / "a.luban"
    info = write_bundle(writer, path, PARTS)
    assert (info.runs, info.ops) == (2, 6)
    told, taken, refused, vector, _ = read_bundle(reader, path, PARTS)
    assert (told, taken, refused) == (info, 6, [])
    assert vector == writer.log.vector(PARTS) == reader.log.vector(PARTS)
    assert read_bundle(reader, path, PARTS)[1] == 0
    assert_sound(reader)
    back = tmp_path / "b.luban"
    assert write_bundle(reader, back, PARTS, vector).ops == 0
    assert read_bundle(writer, back, PARTS)[1] == 0
    assert sorted(r.seq for r in writer.receipts.held()) == [2, 4], "the receipts came back in the file"
    assert list(tmp_path.iterdir()) != []
    assert not list(tmp_path.glob("*.part"))


def test_the_next_bundle_holds_only_what_is_new(writer: Node, tmp_path: Path) -> None:
    vector = writer.log.vector(PARTS)
    tablet = Tablet("tablet three", CLOCK)
    tablet.mark("p9")
    give(writer, *tablet.runs(PART))
    assert write_bundle(writer, tmp_path / "a.luban", PARTS, vector).ops == 1


def test_damage_at_any_byte_is_refused_whole(writer: Node, reader: Node, tmp_path: Path) -> None:
    """One bit in every byte of the file. Two bytes of the gzip header and the last bits before its sum mean nothing; there the
    bundle is taken as it was.
    """
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    good = path.read_bytes()
    harmless = []
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 1 << (at % 8)
        path.write_bytes(bytes(bad))
        try:
            read_bundle(reader, path, PARTS)
            harmless.append(at)
            assert reader.model.state_hash() == writer.model.state_hash()
            reader = replica(key("campus").device, CLOCK)
        except BundleError:
            assert untouched(reader)
    assert set(harmless) <= {8, 9, len(good) - 9}


def test_cut_at_any_place_it_is_refused_whole(writer: Node, reader: Node, tmp_path: Path) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    good = path.read_bytes()
    for size in [*range(0, len(good), 7), len(good) - 1]:
        path.write_bytes(good[:size])
        with pytest.raises(BundleError):
            read_bundle(reader, path, PARTS)
    path.write_bytes(good + b"x")
    with pytest.raises(BundleError):
        read_bundle(reader, path, PARTS)
    assert untouched(reader)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines[1:]],
        lambda lines: [lines[0], *lines[3:]],
        lambda lines: [lines[0].replace(b'"luban-bundle":1', b'"luban-bundle":2'), *lines[1:]],
        lambda lines: [lines[0].replace(b'"parts":["common","mbale"]', b'"parts":[["mbale"]]'), *lines[1:]],
        lambda lines: [
            lines[0].replace(b'"seq":4', b'"seq":5'),
            *lines[1:],
        ],
        lambda lines: [b"[" * 40, *lines[1:]],
        lambda lines: [*lines, b'{"end":true}'],
        lambda _: [],
    ],
)
def test_a_bundle_with_a_right_sum_over_wrong_lines_is_refused_whole(
    writer: Node, reader: Node, tmp_path: Path, spoil: Any
) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    lines = spoil(lines_of(path)[:-1])
    path.write_bytes(packed(lines))
    with pytest.raises(BundleError):
        read_bundle(reader, path, PARTS)
    assert untouched(reader)


def test_a_sum_without_an_end_is_refused(writer: Node, reader: Node, tmp_path: Path) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    path.write_bytes(packed(lines_of(path)[:-1], end=False))
    with pytest.raises(BundleError):
        read_bundle(reader, path, PARTS)


def test_a_forged_op_in_a_sound_file_is_refused_and_the_rest_is_taken(
    writer: Node, reader: Node, tmp_path: Path
) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    lines = lines_of(path)[:-1]
    at = next(n for n, line in enumerate(lines) if line.startswith(b"[["))
    lines[at] = lines[at].replace(b"T01.1.p0", b"T01.1.p9")
    path.write_bytes(packed(lines))
    _, taken, refused, *_ = read_bundle(reader, path, PARTS)
    assert taken == 2
    assert {error.code for error in refused} <= {"chain_mismatch", "chain_gap"}


def test_another_sites_bundle_is_foreign(writer: Node, tmp_path: Path) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, [PART])
    other = replica(key("campus").device, CLOCK)
    with pytest.raises(BundleError, match="bundle_foreign"):
        read_bundle(other, path, ["common", "kampala"])
    assert untouched(other)


def test_only_the_parts_that_belong_here_are_taken(writer: Node, tmp_path: Path) -> None:
    tablet = Tablet("tablet three", CLOCK)
    tablet.record("kampala", "pak", "x", [Change("attendance", "T01.1.p1", {"note": "x"})])
    give(writer, *tablet.runs("kampala"))
    path = tmp_path / "a.luban"
    write_bundle(writer, path, [*PARTS, "kampala"])
    other = replica(key("campus").device, CLOCK)
    assert read_bundle(other, path, PARTS)[1] == 6
    assert rows(other, "select distinct part from op_chain") == [(PART,)]


def test_a_bomb_is_refused_as_it_grows(reader: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.limits.BUNDLE_RAW_BYTES", 4 * 1024 * 1024)
    path = tmp_path / "a.luban"
    bombs = {bytes(40 * 1024 * 1024): "bundle_too_large", b"{}\n" * 4_000_000: "bundle_damaged"}
    for bomb, code in bombs.items():  # the first bad line ends it, however much would follow
        path.write_bytes(gzip.compress(bomb, 9, mtime=0))
        with pytest.raises(BundleError, match=code):
            read_bundle(reader, path, PARTS)


def test_what_inflates_to_more_than_a_hundred_times_itself_is_a_bomb(
    writer: Node, reader: Node, tmp_path: Path
) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    first, *rest = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(first + b"".join(rest[:-1]) * 20_000, 9, mtime=0))
    with pytest.raises(BundleError, match="bundle_too_large"):
        read_bundle(reader, path, PARTS)


def test_a_failed_write_leaves_the_old_file_and_no_other(writer: Node, tmp_path: Path) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    before = path.read_bytes()
    with writer.write():
        writer.db.execute("delete from op_signature")
    with pytest.raises(Exception, match="head_not_signed"):
        write_bundle(writer, path, PARTS)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.luban"]


def test_a_large_store_goes_into_one_file_in_many_runs(tmp_path: Path, reader: Node) -> None:
    node = replica(key("campus").device, CLOCK, "workshop", "workshop")
    tablet = Tablet("tablet one", CLOCK)
    for number in range(1200):
        tablet.mark(f"p{number}")
    give(node, *tablet.runs(PART))
    info = write_bundle(node, tmp_path / "a.luban", PARTS)
    assert (info.runs, info.ops) == (3, 1200)
    assert read_bundle(reader, tmp_path / "a.luban", PARTS)[1] == 1200
    assert reader.model.state_hash() == node.model.state_hash()


def test_a_bundle_of_another_campus_is_refused_whole(writer: Node, reader: Node, tmp_path: Path) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS, root=key("another campus").device)
    with pytest.raises(BundleError, match="bundle_other_campus"):
        read_bundle(reader, path, PARTS, root=key("campus").device)
    assert untouched(reader)
    write_bundle(writer, path, PARTS, root=key("campus").device)
    assert read_bundle(reader, path, PARTS, root=key("campus").device).new == 6


def test_a_file_of_another_sites_people_is_foreign_also_when_it_holds_what_all_share(
    writer: Node, tmp_path: Path
) -> None:
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    other = replica(key("campus").device, CLOCK)
    with pytest.raises(BundleError, match="bundle_foreign"):
        read_bundle(other, path, ["common", "kampala"])
    write_bundle(writer, path, ["common"])
    assert read_bundle(other, path, ["common", "kampala"]).new == 0


def test_a_week_late_stick_after_newer_news_changes_nothing(
    writer: Node, reader: Node, tmp_path: Path
) -> None:
    """Ops and receipts: what the old file says less stays as the newer one said it."""
    late, new = tmp_path / "late.luban", tmp_path / "new.luban"
    third = Tablet("tablet three", CLOCK)
    third.mark("p1")
    give(writer, *third.runs(PART))
    write_bundle(writer, late, PARTS)
    CLOCK.now += 7 * 24 * 3600 * 1000
    third.mark("p2", "absent")
    give(writer, *third.runs(PART))
    write_bundle(writer, new, PARTS)
    assert read_bundle(reader, new, PARTS).new == 8
    before = (
        reader.model.state_hash(),
        rows(reader, "select site, chain, seq, at from op_receipt order by 1, 2"),
        rows(reader, "select count(*) from op_log"),
    )
    for path in (late, late, new):
        taken = read_bundle(reader, path, PARTS)
        assert (taken.new, taken.receipts, taken.refused) == (0, 0, [])
    assert before == (
        reader.model.state_hash(),
        rows(reader, "select site, chain, seq, at from op_receipt order by 1, 2"),
        rows(reader, "select count(*) from op_log"),
    )


def test_a_tip_that_is_not_known_here_leaves_nothing_out(writer: Node, tmp_path: Path) -> None:
    """In a conversation a peer that is further counts as holding all that is here. Its tip may lie on a branch of its own, and a
    file cannot be asked for the rest.
    """
    name = next(iter(writer.log.vector([PART])))
    unknown = {name: [(99, writer.log.vector([PART])[name][0][1][:-2] + "AA")]}
    everything = write_bundle(writer, tmp_path / "a.luban", [PART])
    assert write_bundle(writer, tmp_path / "b.luban", [PART], unknown).ops == everything.ops


def test_both_branches_of_a_fork_go_to_a_peer_that_receipted_one(tmp_path: Path, reader: Node) -> None:
    here = replica(key("campus").device, CLOCK, "workshop", "workshop")
    first = Tablet("tablet one", CLOCK)
    for number in range(4):
        first.mark(f"p{number}")
    twin = first.clone()
    first.mark("p8")
    first.mark("p9")
    twin.mark("p7", "absent")
    give(here, *first.runs(PART))
    give(reader, *first.runs(PART))
    held = reader.log.vector([PART])
    give(here, *twin.runs(PART))
    path = tmp_path / "a.luban"
    assert write_bundle(here, path, PARTS, held).ops == 1
    assert read_bundle(reader, path, PARTS).new == 1
    assert reader.log.vector(PARTS) == here.log.vector(PARTS)


def test_bytes_changed_at_random_places_are_refused_whole(writer: Node, reader: Node, tmp_path: Path) -> None:
    """Several bytes at once, anywhere: 300 files by a fixed seed. Where only bytes without meaning are hit, it is taken as it was."""
    path = tmp_path / "a.luban"
    write_bundle(writer, path, PARTS)
    good, chance = path.read_bytes(), random.Random(20261122)
    for _ in range(300):
        bad = bytearray(good)
        places = {chance.randrange(len(good)) for _ in range(chance.randint(1, 6))}
        for at in places:
            bad[at] = chance.randrange(256)
        path.write_bytes(bytes(bad))
        if bytes(bad) == good or places <= {8, 9, len(good) - 9}:
            continue
        with pytest.raises(BundleError):
            read_bundle(reader, path, PARTS)
        assert untouched(reader)
