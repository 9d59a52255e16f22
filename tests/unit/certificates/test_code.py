import base64
from typing import Any

import cbor2
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.signing import PrivateKey
from workshop.certificates import base45
from workshop.certificates.code import (
    Code,
    Payload,
    check_code,
    facts_hash,
    sign_certificate,
    verify_code,
)
from workshop.certificates.errors import CodeError
from workshop.certificates.qr import modules_across
from workshop.certificates.trust import Issuer, Trust, TrustList, key_id

WORKSHOP = PrivateKey(b"w" * 32)
MALLORY = PrivateKey(b"m" * 32)
ADDRESS = "https://luban.example/en/verify"


def refused(text: str, trust: Trust) -> str:
    with pytest.raises(CodeError) as caught:
        verify_code(text, trust)
    return caught.value.code


def test_both_texts_say_the_same(payload: Payload, trust: Trust) -> None:
    code = sign_certificate(payload, WORKSHOP)
    for text in (
        code.text,
        code.url(ADDRESS),
        "#" + code.url(ADDRESS).partition("#")[2],
        f" {code.text}\r\n",
        "lbw1:" + code.text[5:],
    ):
        found = verify_code(text, trust)
        assert found.payload == payload
        assert found.issuer.name_zh == "乌干达鲁班工坊"


def test_it_fits_a_code_that_an_office_printer_can_print(payload: Payload) -> None:
    code = sign_certificate(payload, WORKSHOP)
    assert modules_across(code.text) <= 77  # 0.44 mm a module at 34 mm
    assert modules_across(code.url(ADDRESS)) <= 77


def test_any_cose_library_can_check_it(payload: Payload) -> None:
    """By hand after RFC 9052, 4.4: no part of ours is used to open it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    tag = cbor2.loads(sign_certificate(payload, WORKSHOP).cose)
    protected, unprotected, body, signature = tag.value
    public = base64.urlsafe_b64decode(WORKSHOP.public.removeprefix("ed25519:") + "=")
    assert tag.tag == 18
    assert not unprotected
    assert cbor2.loads(protected) == {1: -8, 4: public[:8]}
    Ed25519PublicKey.from_public_bytes(public).verify(
        signature, cbor2.dumps(["Signature1", protected, b"", body])
    )


FIELDS: list[tuple[str, Any]] = [
    ("serial", "LBW-UG-2026-00002-M"),
    ("name", "Ŋora Ng'ang'b"),
    ("name_zh", ""),
    ("course", "PLC-02"),
    ("title_en", "Robotics"),
    ("title_zh", "机器人"),
    ("hours", 400),
    ("grade", "distinction"),
    ("day", "2026-08-02"),
    ("status_index", 7),
    ("facts", bytes(16)),
]


def test_the_list_of_fields_is_whole() -> None:
    assert [name for name, _ in FIELDS] == [field.name for field in msgspec.structs.fields(Payload)]


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_a_spoiled_field_is_refused(payload: Payload, trust: Trust, field: str, value: Any) -> None:
    parts = list(cbor2.loads(sign_certificate(payload, WORKSHOP).cose).value)
    number = {name: i for i, name in enumerate([name for name, _ in FIELDS], 2)}[field]
    content = cbor2.loads(parts[2])
    assert content[number] != value
    content[number] = 20667 if field == "day" else value
    parts[2] = cbor2.dumps(content, canonical=True)
    text = Code(cbor2.dumps(cbor2.CBORTag(18, parts))).text
    assert refused(text, trust) == "code_altered"
    assert check_code(text, trust, "2026-09-12").state == "altered"


def test_every_single_spoiled_byte_is_refused(payload: Payload, trust: Trust) -> None:
    cose = sign_certificate(payload, WORKSHOP).cose
    for place in range(len(cose)):
        spoiled = cose[:place] + bytes([cose[place] ^ 1]) + cose[place + 1 :]
        verdict = check_code(Code(spoiled).text, trust, "2026-09-12")
        assert verdict.state in ("altered", "unreadable", "unknown_issuer"), place
        assert verdict.payload is None


def test_a_cut_code_is_refused(payload: Payload, trust: Trust) -> None:
    cose = sign_certificate(payload, WORKSHOP).cose
    for end in range(len(cose)):
        assert check_code(Code(cose[:end]).text, trust, "2026-09-12").state == "unreadable"
    assert refused(Code(cose + b"\0").text, trust) == "code_damaged"


def test_a_strangers_signature_is_refused(payload: Payload, trust: Trust) -> None:
    assert refused(sign_certificate(payload, MALLORY).text, trust) == "code_issuer_unknown"


def test_a_stranger_under_the_workshops_key_id_is_refused(payload: Payload, trust: Trust) -> None:
    parts = list(cbor2.loads(sign_certificate(payload, MALLORY).cose).value)
    parts[0] = cbor2.dumps({1: -8, 4: key_id(WORKSHOP.public)}, canonical=True)
    parts[3] = MALLORY.sign(cbor2.dumps(["Signature1", parts[0], b"", parts[2]]))
    assert refused(Code(cbor2.dumps(cbor2.CBORTag(18, parts))).text, trust) == "code_altered"


def test_a_key_outside_its_days_or_revoked_is_refused(payload: Payload, trust: Trust, issuer: Issuer) -> None:
    text = sign_certificate(payload, WORKSHOP).text

    def with_issuer(**change: Any) -> Trust:
        changed = msgspec.structs.replace(issuer, **change)
        return msgspec.structs.replace(trust, issuers=TrustList("2026-09-10", (changed,)))

    assert refused(text, with_issuer(from_day="2026-08-02")) == "code_issuer_day"
    assert refused(text, with_issuer(to_day="2026-07-31")) == "code_issuer_day"
    assert refused(text, with_issuer(revoked=True)) == "code_issuer_revoked"
    assert verify_code(text, with_issuer(from_day="2026-08-01", to_day="2026-08-01")).payload == payload
    assert verify_code(text, with_issuer(to_day=None)).payload == payload


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "code_empty"),
        (" \r\n", "code_empty"),
        ("LBW1:", "code_damaged"),
        ("LBW1:A", "code_form"),
        ("LBW1:ÄÖ", "code_form"),
        ("hello world", "code_form"),
        ("https://luban.example/en/verify", "code_form"),
        ("https://luban.example/en/verify#", "code_form"),
        ("https://luban.example/en/verify#AAAA", "code_damaged"),
        ("LBW-UG-2026-00001-O", "code_damaged"),
        ("A" * 5000, "code_too_long"),
    ],
)
def test_what_is_no_code(text: str, code: str, trust: Trust) -> None:
    assert refused(text, trust) == code
    assert check_code(text, trust, "2026-09-12").state == "unreadable"


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: "LBW1:" + base45.encode(data)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_it_stumble(trust: Trust, text: str) -> None:
    assert check_code(text, trust, "2026-09-12").state == "unreadable"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.binary(max_size=9) | st.text(max_size=9),
        lambda x: st.lists(x, max_size=5),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_foreign_cbor_makes_it_stumble(trust: Trust, value: Any) -> None:
    for outer in (
        value,
        cbor2.CBORTag(18, value),
        cbor2.CBORTag(18, [cbor2.dumps(value), {}, b"", bytes(64)]),
    ):
        assert check_code(Code(cbor2.dumps(outer)).text, trust, "2026-09-12").state == "unreadable"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("serial", "LBW-UG-2026-00001-X"),
        ("day", "1 August"),
        ("name", "n" * 201),
        ("hours", -1),
        ("facts", b"short"),
        ("status_index", 2**31),
    ],
)
def test_what_could_not_be_read_back_is_not_signed(payload: Payload, field: str, value: Any) -> None:
    with pytest.raises(CodeError) as caught:
        sign_certificate(msgspec.structs.replace(payload, **{field: value}), WORKSHOP)
    assert caught.value.code == "code_fields"


def test_verdicts(payload: Payload, trust: Trust) -> None:
    def state(serial: str, today: str = "2026-09-12") -> tuple[str, str, bool]:
        text = sign_certificate(msgspec.structs.replace(payload, serial=serial), WORKSHOP).text
        verdict = check_code(text, trust, today)
        assert verdict.payload is not None
        assert verdict.as_of == "2026-09-10"
        return verdict.state, verdict.since, verdict.stale

    assert state(payload.serial) == ("valid", "", False)
    withdrawn, replaced = [entry.serial for entry in trust.withdrawn.entries]
    assert state(withdrawn) == ("withdrawn", "2026-09-01", False)
    assert state(replaced) == ("replaced", "2026-09-02", False)
    assert state(payload.serial, "2026-12-09") == ("valid", "", False)  # 90 days
    assert state(payload.serial, "2026-12-10") == ("valid", "", True)
    assert state(payload.serial, "1970-01-01") == ("valid", "", False)  # a flat battery proves nothing


def test_facts_hash_does_not_depend_on_order_and_sees_every_change() -> None:
    facts = {"hours": 40, "name": "欧阳", "skills": ["a", "b"]}
    assert facts_hash(facts) == facts_hash(dict(reversed(facts.items())))
    assert facts_hash(facts) != facts_hash(facts | {"skills": ["b", "a"]})
    assert len(facts_hash(facts)) == 32
    with pytest.raises(ValueError, match="JSON"):
        facts_hash({"share": float("nan")})
