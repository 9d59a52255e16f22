import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.certificates import base45

VECTORS = [
    (b"AB", "BB8"),
    (b"Hello!!", "%69 VD92EX0"),
    (b"base-45", "UJCLQE7W581"),
    (b"ietf!", "QED8WEX0"),
    (b"", ""),
]


@pytest.mark.parametrize(("data", "text"), VECTORS)
def test_vectors_of_rfc_9285(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@given(st.binary(max_size=400))
def test_anything_comes_back(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@pytest.mark.parametrize("text", ["A", "BB8A", ":::", "GGW", "::", "bb8", "BB8\n12", "ÄÖÜ"])
def test_what_is_no_base45(text: str) -> None:
    with pytest.raises(ValueError, match="not base45"):
        base45.decode(text)
