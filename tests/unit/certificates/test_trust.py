import json

import msgspec
import pytest

from sync.signing import PrivateKey
from workshop.certificates.errors import TrustError
from workshop.certificates.trust import (
    Issuer,
    Signed,
    key_id,
    open_trust,
    page_data,
    sign_trust,
    sign_withdrawn,
)

CAMPUS = PrivateKey(b"c" * 32)
MALLORY = PrivateKey(b"m" * 32)


def refused(trust: Signed, withdrawn: Signed) -> str:
    with pytest.raises(TrustError) as caught:
        open_trust(trust, withdrawn, CAMPUS.public)
    return caught.value.code


def test_lists_survive_storage(issuer: Issuer) -> None:
    trust = Signed.from_json(sign_trust([issuer], "2026-09-10", CAMPUS).to_json())
    withdrawn = Signed.from_json(sign_withdrawn([], "2026-09-12", CAMPUS).to_json())
    found = open_trust(trust, withdrawn, CAMPUS.public)
    assert found.issuers.issuers == (issuer,)
    assert found.as_of == "2026-09-10"


def test_another_signer_or_a_changed_list_is_refused(issuer: Issuer) -> None:
    good, empty = sign_trust([issuer], "2026-09-10", CAMPUS), sign_withdrawn([], "2026-09-10", CAMPUS)
    assert refused(sign_trust([issuer], "2026-09-10", MALLORY), empty) == "trust_key"
    forged = msgspec.structs.replace(sign_trust([issuer], "2026-09-10", MALLORY), key=CAMPUS.public)
    assert refused(forged, empty) == "trust_signature"
    assert (
        refused(msgspec.structs.replace(good, body=good.body.replace("09-10", "09-11")), empty)
        == "trust_signature"
    )
    assert refused(msgspec.structs.replace(good, sig="?"), empty) == "trust_signature"


def test_one_list_does_not_pass_for_the_other(issuer: Issuer) -> None:
    good, empty = sign_trust([issuer], "2026-09-10", CAMPUS), sign_withdrawn([], "2026-09-10", CAMPUS)
    assert refused(empty, empty) == "trust_signature"
    assert refused(good, good) == "trust_signature"


@pytest.mark.parametrize("text", ["", "[]", '{"body":1,"key":"","sig":""}', "x" * 2_000_000])
def test_what_is_no_list(text: str) -> None:
    with pytest.raises(TrustError, match="trust_form"):
        Signed.from_json(text)


def test_a_signed_body_of_another_shape_is_refused(issuer: Issuer) -> None:
    body = '{"kind":"trust","day":"soon","issuers":[]}'
    signature = CAMPUS.sign(f"luban-trust-1\n{body}".encode())
    from sync.ops import b64

    assert (
        refused(Signed(body, CAMPUS.public, b64(signature)), sign_withdrawn([], "2026-09-10", CAMPUS))
        == "trust_form"
    )


@pytest.mark.parametrize("key", ["", "ed25519:", "ed25519:AAAA", "p256:" + CAMPUS.public[8:], "ed25519:?"])
def test_only_ed25519_keys_issue(key: str) -> None:
    with pytest.raises(TrustError, match="trust_key"):
        key_id(key)
    with pytest.raises(TrustError, match="trust_key"):
        sign_trust([Issuer("a", "b", key, "2026-01-01")], "2026-01-01", CAMPUS)


def test_page_data_cannot_close_its_script_element() -> None:
    issuer = Issuer("</script><script>alert(1)</script>", "鲁班\u2028", CAMPUS.public, "2026-01-01")
    trust, empty = sign_trust([issuer], "2026-01-01", CAMPUS), sign_withdrawn([], "2026-01-01", CAMPUS)
    text = page_data(trust, empty, CAMPUS.public)
    assert "<" not in text
    assert json.loads(text)["trust"]["body"] == trust.body
