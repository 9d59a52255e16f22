"""Bundles: the same ops in a file. Damaged anywhere, nothing of it is taken."""

import gzip
import hashlib
import json
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
    for bomb in (bytes(40 * 1024 * 1024), b"{}\n" * 4_000_000):
        path.write_bytes(gzip.compress(bomb, 9, mtime=0))
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
