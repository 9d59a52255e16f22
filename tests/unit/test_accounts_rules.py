"""Names, passwords, PINs and waiting times."""

import base64
import hashlib
import re

import pytest

from workshop.accounts import passwords, rules


@pytest.mark.parametrize("typed", ["Akello", " akello ", "AKELLO", "ａkello"])
def test_one_name_however_it_is_typed(typed: str) -> None:
    assert rules.normal_username(typed) == "akello"


@pytest.mark.parametrize(
    ("name", "good"),
    [("akello", True), ("wang.wei-2", True), ("王伟", True), ("", False), ("a b", False), ("Akello", False), ("x" * 65, False), ("a/b", False)],
)  # fmt: skip
def test_what_a_user_name_may_be(name: str, good: bool) -> None:
    assert rules.is_username(name) is good


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("four mango trees", None),
        ("seven77", "short"),
        ("x" * 129, "long"),
        ("akello12", "is_name"),
        ("aaaaaaab", "easy"),
        ("Password1", "easy"),
        ("23456789", "easy"),
        ("zyxwvuts", "easy"),
        ("四棵芒果树在雨里", None),
    ],
)
def test_what_a_password_may_be(password: str, fault: str | None) -> None:
    assert rules.password_fault(password, "akello") == fault


@pytest.mark.parametrize(
    ("pin", "fault"),
    [("402815", None), ("40281537", None), ("4028", "digits"), ("402815376", "digits"), ("40281a", "digits"), ("４０２８１５", "digits"),
     ("111111", "easy"), ("121212", "easy"), ("123456", "easy"), ("987654", "easy")],
)  # fmt: skip
def test_what_a_pin_may_be(pin: str, fault: str | None) -> None:
    assert rules.pin_fault(pin) == fault


def test_waits_grow_and_end() -> None:
    waits = [rules.wait_ms(failures, 5) for failures in range(4, 13)]
    assert waits == [0, 30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000, 900_000]
    assert rules.wait_ms(1_000_000, 5) == 900_000


def test_a_clock_set_back_never_locks_anybody_out_for_long() -> None:
    assert rules.remaining_ms(until_at=1_000_000_000, now=0) == rules.WAIT_MAX_MS
    assert rules.remaining_ms(until_at=5, now=10) == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.168.1.7", "address:192.168.1.7"),
        ("::ffff:192.168.1.7", "address:192.168.1.7"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::"),
        (None, "address:unknown"),
        ("'; drop", "address:unknown"),
    ],
)
def test_who_counts_as_one_sender(address: str | None, key: str) -> None:
    assert rules.address_key(address) == key


def test_a_password_is_stored_as_argon2id_and_checked_in_every_composition() -> None:
    stored = passwords.hash_password("café mango trees")
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", stored)
    assert passwords.is_password(stored, "cafe\u0301 mango trees")
    assert not passwords.is_password(stored, "cafe mango trees")


def test_nobody_has_no_password() -> None:
    assert not passwords.is_password(None, "")
    assert passwords.NOBODY.split("$")[3] == f"m={passwords.MEMORY_KIB},t={passwords.PASSES},p=1"


def test_a_pin_record_is_what_a_browser_computes() -> None:
    made = passwords.hash_pin("402815", salt=bytes(range(16)), iterations=1000)
    assert made.salt == "AAECAwQFBgcICQoLDA0ODw"
    key = hashlib.pbkdf2_hmac("sha256", b"402815", bytes(range(16)), 1000, 32)
    assert made.hash == base64.urlsafe_b64encode(key).decode().rstrip("=")


def test_two_pins_alike_have_two_salts() -> None:
    assert (
        passwords.hash_pin("402815", iterations=10).salt != passwords.hash_pin("402815", iterations=10).salt
    )
