"""What lies around a bundle: age encryption to the campus's key, and text for chats. Hostile input costs little and is refused whole."""

import random
import time
from pathlib import Path

import pytest

from sync import BundleError, Change, Node, limits, sealed
from sync.bundle import read_bundle, write_bundle
from tests.sync_world import PART, PARTS, Clock, Tablet, give, key, replica, rows

CLOCK = Clock()
SEED = 20261122


@pytest.fixture
def reader() -> Node:
    return replica(key("campus").device, CLOCK, "campus")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    node = replica(key("campus").device, CLOCK, "workshop", "workshop")
    for name in ("tablet one", "tablet two"):
        tablet = Tablet(name, CLOCK)
        for number in range(40):
            change = Change("attendance", f"T01.1.p{number}", {"note": f"迟到 {number}"})
            tablet.record(PART, "pak", "x", [change])
        give(node, *tablet.runs(PART, most=10))
    path = tmp_path / "plain.luban"
    write_bundle(node, path, PARTS)
    return path


@pytest.fixture
def identity() -> str:
    return sealed.new_identity()


def sealed_file(plain: Path, identity: str) -> Path:
    path = plain.with_name("sealed.age")
    with plain.open("rb") as file, path.open("wb") as target:
        sealed.seal(file, target, sealed.recipient_of(identity))
    return path


def text_file(inner: Path, label: bytes = b"LUBAN BUNDLE") -> Path:
    path = inner.with_name(inner.name + ".txt")
    with inner.open("rb") as file, path.open("wb") as target:
        sealed.write_text(file, target, label)
    return path


def opened(path: Path, folder: Path, identity: str | None) -> Path:
    """Unwrapped in a folder of its own, as every file is."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    return sealed.unwrapped(path, folder, identity)


def untouched(node: Node) -> bool:
    return (
        rows(node, "select count(*) from op_log") == rows(node, "select count(*) from op_receipt") == [(0,)]
    )


def test_sealed_and_as_text_it_comes_out_as_it_was(plain: Path, identity: str, tmp_path: Path) -> None:
    shut = sealed_file(plain, identity)
    assert sealed.is_sealed(shut) and not sealed.is_sealed(plain)
    for path in (plain, text_file(plain), shut, text_file(shut, b"AGE ENCRYPTED FILE")):
        found = opened(path, tmp_path / "open", identity)
        assert found.read_bytes() == plain.read_bytes()
        assert path == plain or (found.stat().st_mode & 0o777) == 0o600


def test_nothing_of_the_content_can_be_read_from_a_sealed_file(plain: Path, identity: str) -> None:
    shut = sealed_file(plain, identity).read_bytes()
    assert plain.read_bytes()[100:130] not in shut
    assert len(shut) < plain.stat().st_size + 1000


def test_text_that_a_mail_program_has_changed_is_still_read(plain: Path, tmp_path: Path) -> None:
    text = text_file(plain)
    good = text.read_bytes()
    for changed in (good.replace(b"\n", b"\r\n"), good.replace(b"\n", b"  \n\n"), good.rstrip()):
        text.write_bytes(changed)
        assert opened(text, tmp_path / "open", None).read_bytes() == plain.read_bytes()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace(b"-----END LUBAN BUNDLE-----\n", b""),
        lambda text: text + b"more\n",
        lambda text: text.replace(b"LUBAN BUNDLE", b"PRIVATE KEY"),
        lambda text: text.replace(b"BEGIN LUBAN", b"BEGIN AGE ENCRYPTED FILE-----\nLUBAN"),
        lambda text: text.replace(b"\n", b"", 20),
        lambda text: b"-----BEGIN LUBAN BUNDLE-----\n" + b"A" * 5000,
        lambda text: b"-----BEGIN LUBAN BUNDLE-----\nn\xc3\xb6t base64\n-----END LUBAN BUNDLE-----\n",
        lambda _: b"-----BEGIN ",
    ],
)
def test_spoilt_text_is_refused(plain: Path, tmp_path: Path, spoil: object) -> None:
    text = text_file(plain)
    text.write_bytes(spoil(text.read_bytes()))  # type: ignore[operator]
    with pytest.raises(BundleError, match="bundle_damaged"):
        opened(text, tmp_path / "open", None)
    assert list((tmp_path / "open").iterdir()) == [], "nothing half-written is left"


def test_a_dropped_line_of_text_is_found_by_the_sum(plain: Path, reader: Node, tmp_path: Path) -> None:
    text = text_file(plain)
    lines = text.read_bytes().splitlines(keepends=True)
    text.write_bytes(b"".join([*lines[:5], *lines[6:]]))
    with pytest.raises(BundleError, match="bundle_damaged"):
        read_bundle(reader, opened(text, tmp_path / "open", None), PARTS)
    assert untouched(reader)


def test_only_the_campus_opens_a_sealed_file(plain: Path, identity: str, tmp_path: Path) -> None:
    shut = sealed_file(plain, identity)
    with pytest.raises(BundleError, match=r"'bundle_sealed'"):
        opened(shut, tmp_path / "open", None)
    with pytest.raises(BundleError, match="bundle_sealed_other"):
        opened(shut, tmp_path / "open", sealed.new_identity())
    assert list((tmp_path / "open").iterdir()) == []


def test_a_byte_flipped_anywhere_in_a_sealed_file_is_refused_whole(
    plain: Path, identity: str, reader: Node, tmp_path: Path
) -> None:
    """Every byte of the head and 200 places of the rest by a fixed seed. Ends of lines in a grease line of the head may mean nothing;
    then the bundle is taken as it was.
    """
    shut = sealed_file(plain, identity)
    good = shut.read_bytes()
    head = good.index(b"\n--- ") + 50
    places = [*range(head), *random.Random(SEED).sample(range(head, len(good)), 200)]
    for at in places:
        bad = bytearray(good)
        bad[at] ^= 1 << (at % 8)
        shut.write_bytes(bytes(bad))
        with pytest.raises(BundleError) as refused:
            read_bundle(reader, opened(shut, tmp_path / "open", identity), PARTS)
        assert refused.value.code in ("bundle_damaged", "bundle_sealed_other"), at
        assert untouched(reader)


def test_a_sealed_file_cut_or_lengthened_anywhere_is_refused_whole(
    plain: Path, identity: str, reader: Node, tmp_path: Path
) -> None:
    shut = sealed_file(plain, identity)
    good = shut.read_bytes()
    for size in [*range(0, len(good), 61), len(good) - 1]:
        shut.write_bytes(good[:size])
        with pytest.raises(BundleError):
            read_bundle(reader, opened(shut, tmp_path / "open", identity), PARTS)
    shut.write_bytes(good + b"x")
    with pytest.raises(BundleError):
        read_bundle(reader, opened(shut, tmp_path / "open", identity), PARTS)
    assert untouched(reader)


def test_a_head_of_megabytes_costs_nothing(tmp_path: Path, identity: str) -> None:
    """The library reads a head in a time that grows with its square: 40 kB take 0.3 s, 4 MB would take an hour."""
    path = tmp_path / "hostile.age"
    path.write_bytes(sealed.AGE_START + b"-> X25519 AAAA\nAAAA\n" * 200_000)
    begun = time.process_time()
    with pytest.raises(BundleError, match="bundle_damaged"):
        opened(path, tmp_path / "open", identity)
    assert time.process_time() - begun < 0.5


def test_sizes_are_bounded(tmp_path: Path, identity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUNDLE_GZIP_BYTES", 10_000)
    monkeypatch.setattr(limits, "BUNDLE_TEXT_BYTES", 20_000)
    big = tmp_path / "big"
    big.write_bytes(sealed.AGE_START + bytes(19_000))
    with pytest.raises(BundleError, match="bundle_too_large"):
        opened(big, tmp_path / "open", identity)
    big.write_bytes(bytes(20_001))
    with pytest.raises(BundleError, match="bundle_too_large"):
        opened(big, tmp_path / "open", identity)


def test_what_is_no_key_is_told(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="seal_key_damaged"):
        sealed.recipient_of("AGE-SECRET-KEY-1NONE")
    with (
        plain.open("rb") as file,
        (tmp_path / "x").open("wb") as target,
        pytest.raises(BundleError, match="seal_key_damaged"),
    ):
        sealed.seal(file, target, "age1none")
