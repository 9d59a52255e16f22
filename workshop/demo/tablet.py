"""A simulated tablet: its own key, epoch and chain, its own clock, and the very bytes that a browser would make. Stores in memory."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sync import Change, Header, PrivateKey, ops
from sync.wire import Run

RUN_OPS_MAX = 500


@dataclass
class Chain:
    """Ops of one epoch: (header, body, link), and how many of them a server has receipted."""

    epoch: str
    ops: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    hybrid: int = 0
    receipted: int = 0

    def copy(self) -> "Chain":
        return Chain(self.epoch, list(self.ops), self.hybrid, self.receipted)


class Tablet:
    """`seed` gives the key and the epochs, so that the same demonstration comes out each time."""

    def __init__(self, name: str, seed: str, part: str, tz_minutes: int) -> None:
        self.key = PrivateKey(hashlib.sha256(f"{seed}:{name}:key".encode()).digest())
        self.name, self.part, self.tz_minutes = name, part, tz_minutes
        self._seed, self._lives = f"{seed}:{name}", 0
        self.chains: list[Chain] = []
        self.begin_epoch()

    @property
    def device(self) -> str:
        return self.key.device

    def begin_epoch(self) -> None:
        self._lives += 1
        digest = hashlib.sha256(f"{self._seed}:{self._lives}".encode()).digest()
        self.chains.append(Chain(base64.b32encode(digest).decode().lower()[:8]))

    def act(self, wall_ms: int, actor: str, intent: str, changes: Sequence[Change]) -> str:
        """Make one op; its id."""
        chain = self.chains[-1]
        name = (self.device, chain.epoch, self.part)
        hybrid = max(chain.hybrid + 1, wall_ms * 1000)
        header = Header(
            v=1, dev=self.device, ep=chain.epoch, part=self.part, seq=len(chain.ops) + 1,
            wall=wall_ms, tz=self.tz_minutes, actor=actor, intent=intent,
        )  # fmt: skip
        if hybrid != wall_ms * 1000:
            header.hlc = hybrid
        chain.hybrid = hybrid
        line, body = ops.encode_header(header), ops.encode_body(changes)
        previous = chain.ops[-1][2] if chain.ops else ops.first_link(name)
        link = ops.next_link(previous, line, ops.body_hash(body))
        chain.ops.append((line, body, link))
        return ops.op_id(link)

    def unsent(self) -> list[Run]:
        """Everything that no server has receipted, oldest first, as signed runs."""
        runs = []
        for chain in self.chains:
            name = (self.device, chain.epoch, self.part)
            for start in range(chain.receipted, len(chain.ops), RUN_OPS_MAX):
                part = chain.ops[start : start + RUN_OPS_MAX]
                end, link = start + len(part), part[-1][2]
                signature = self.key.sign(ops.head_statement(name, end, link))
                runs.append(
                    Run(name, start + 1, link, signature, self.key.public, [(h, b) for h, b, _ in part])
                )
        return runs

    def receipt(self) -> None:
        """A server has everything now."""
        for chain in self.chains:
            chain.receipted = len(chain.ops)

    def head(self) -> dict[str, list[list[object]]]:
        """What a tablet says of itself at a contact."""
        chain = self.chains[-1]
        return {self.part: [[chain.epoch, len(chain.ops), ops.b64(chain.ops[-1][2])]]} if chain.ops else {}

    def backup(self) -> list[Chain]:
        return [chain.copy() for chain in self.chains]

    def restore(self, kept: list[Chain]) -> None:
        """The store is what it was: its counter runs again over numbers already used."""
        self.chains = [chain.copy() for chain in kept]
