"""Messages on their way: lost, doubled, late, cut short, altered, forged. Delivers nothing by itself; a step of the world does."""

import gzip
from dataclasses import dataclass, replace
from random import Random

from sync import wire
from sync.messages import encode_receipt, read_receipt
from sync.receipts import give_receipt
from sync.signing import PrivateKey

QUEUE_MAX = 40

FATES = ("ok",) * 16 + (
    "drop",
    "drop",
    "duplicate",
    "duplicate",
    "cut",
    "flip",
    "alter",
    "alter",
    "alter",
    "forge",
)


@dataclass(frozen=True, slots=True)
class Message:
    """A request or its answer. `call` binds the two; `sent` is how many ops the request carried."""

    call: int
    source: str
    target: str
    is_answer: bool
    data: bytes
    signature: str = ""
    sent: int = 0


class Network:
    """What is under way, in no order, and which pairs cannot hear each other."""

    def __init__(self) -> None:
        self.queue: list[Message] = []
        self.cuts: set[frozenset[str]] = set()
        self.calls = 0

    def post(self, message: Message) -> None:
        """Send; when too much is under way the oldest is lost, as it is in a router."""
        self.queue.append(message)
        if len(self.queue) > QUEUE_MAX:
            self.queue.pop(0)

    def new_call(self) -> int:
        self.calls += 1
        return self.calls

    def take(self, place: int) -> Message | None:
        return self.queue.pop(place % len(self.queue)) if self.queue else None

    def is_cut(self, message: Message) -> bool:
        return frozenset((message.source, message.target)) in self.cuts


def damaged(message: Message, fate: str, rng: Random, stranger: PrivateKey, campus: PrivateKey) -> Message:
    """The message as it arrives."""
    data = message.data
    if not data:
        return message
    if fate == "cut":
        data = data[: rng.randrange(len(data))]
    elif fate == "flip":
        at = rng.randrange(len(data))
        data = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    elif fate == "alter":
        data = altered(data, rng)
    elif fate == "forge" and message.is_answer:
        data = with_false_receipts(data, stranger, campus)
    return replace(message, data=data)


def altered(data: bytes, rng: Random) -> bytes:
    """What a bad proxy makes of it: whole gzip again, one sign of a line changed, most often within an op."""
    raw = gzip.decompress(data)
    first = raw.index(b"\n") + 1
    low = first if first < len(raw) and rng.random() < 0.8 else 0
    at = rng.randrange(low, len(raw))
    letters = [i for i in range(at, min(at + 60, len(raw))) if 97 <= raw[i] <= 122 or 48 <= raw[i] <= 57]
    at = letters[0] if letters else at
    sign = raw[at]
    other = sign ^ 1 if 97 <= sign <= 121 or 48 <= sign <= 57 else sign ^ (1 << rng.randrange(7))
    return wire.compress(raw[:at] + bytes([other]) + raw[at + 1 :])


def with_false_receipts(data: bytes, stranger: PrivateKey, campus: PrivateKey) -> bytes:
    """Receipts that a stranger signed and calls a campus's: well formed, and true to nothing."""
    first, _ = wire.unpack(gzip.decompress(data))
    rest = gzip.decompress(data).split(b"\n", 1)[1]
    false = []
    for item in first.get("receipts", ()):
        told = read_receipt(item)
        false.append(
            encode_receipt(give_receipt(stranger, "campus", told.chain, told.seq, told.link, told.at + 1))
        )
        # in the true servers' names, with signatures that are none
        false.append({**item, "seq": told.seq + 1, "at": told.at + 1})
        false.append({**item, "by": campus.device, "key": campus.public, "role": "campus"})
    first["receipts"] = [*false, *first.get("receipts", ())]
    return wire.compress(wire.encode_object(first) + b"\n" + rest)
