"""Keys, signatures and device ids: the worked cases, and a key file that only its owner can read."""

from pathlib import Path
from typing import Any

import pytest

from sync import PrivateKey, StoreError
from sync.ops import unb64
from sync.signing import device_id, verify
from tests.sync_vectors import cases, load

SIGNATURES = load("signatures")


@pytest.mark.parametrize("case", cases(SIGNATURES["cases"]))
def test_signatures(case: dict[str, Any]) -> None:
    found = verify(case["key"], unb64(case["signature"]), case["statement"].encode())
    assert found is case["valid"]


def test_device_ids() -> None:
    for case in SIGNATURES["devices"]:
        assert device_id(case["key"]) == case["device"]
    for case in SIGNATURES["seeds"]:
        assert PrivateKey(unb64(case["seed"])).public == case["key"]


@pytest.mark.parametrize(
    "key", ["", ":", "ed25519:", "p256:AAAA", "ed25519:é", "p256:" + "A" * 87, "x" * 9000]
)
def test_no_text_breaks_the_check(key: str) -> None:
    assert verify(key, bytes(64), b"") is False


@pytest.mark.parametrize("length", [0, 1, 63, 65])
def test_a_signature_has_64_bytes(length: int) -> None:
    for case in SIGNATURES["cases"][:2]:
        assert (
            verify(case["key"], unb64(case["signature"]).ljust(65, b"x")[:length], case["statement"].encode())
            is False
        )


def test_a_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    made = PrivateKey.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert PrivateKey.load_or_create(path).device == made.device


def test_a_damaged_key_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    path.write_bytes(b"short")
    with pytest.raises(StoreError, match="key_damaged"):
        PrivateKey.load_or_create(path)
    assert path.read_bytes() == b"short"
