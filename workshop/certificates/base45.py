"""Base45 (RFC 9285): bytes as the 45 characters that a QR code packs tightest. Nothing else lives here."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    text = []
    for i in range(0, len(data), 2):
        pair = data[i : i + 2]
        rest, low = divmod(int.from_bytes(pair, "big"), 45)
        high, middle = divmod(rest, 45)
        text.append(ALPHABET[low] + ALPHABET[middle] + (ALPHABET[high] if len(pair) == 2 else ""))
    return "".join(text)


def decode(text: str) -> bytes:
    """Raises ValueError for a foreign character, a left-over one, or a group that says more than its bytes can hold."""
    data = bytearray()
    for i in range(0, len(text), 3):
        group = text[i : i + 3]
        if len(group) == 1 or any(character not in _VALUE for character in group):
            raise ValueError("not base45")
        number = sum(_VALUE[character] * 45**place for place, character in enumerate(group))
        try:
            data += number.to_bytes(len(group) - 1, "big")
        except OverflowError as error:
            raise ValueError("not base45") from error
    return bytes(data)
