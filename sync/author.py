"""Making ops of one device in memory: its chains, signed runs, its part of the exchange. For simulated tablets: tests, demonstration, bench.

A server authors through `Node`, a tablet in JavaScript. Stores nothing on disk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sync import limits, ops, wire
from sync.log import Vector
from sync.messages import PROTOCOL, request_statement
from sync.ops import Change, Header, b64, body_hash, op_id
from sync.signing import PrivateKey
from sync.wire import Run


@dataclass
class _Chain:
    """Ops of one chain; `links[n]` is link(n)."""

    links: list[bytes]
    lines: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def seq(self) -> int:
        return len(self.lines)


class Author:
    """One device that writes. `clock` gives UTC ms, `tz` minutes east of UTC."""

    def __init__(self, key: PrivateKey, epoch: str, clock: Callable[[], int], tz: int = 0) -> None:
        self.key, self.epoch, self.clock, self.tz = key, epoch, clock, tz
        self._chains: dict[tuple[str, str], _Chain] = {}
        self._hybrid = 0

    @property
    def device(self) -> str:
        return self.key.device

    def record(
        self, part: str, actor: str, intent: str, changes: Sequence[Change], via: str | None = None
    ) -> str:
        """Make one op of the present epoch; its id. Raises MessageError when it passes a bound."""
        chain = self._chain(self.epoch, part)
        wall = self.clock()
        self._hybrid = max(self._hybrid + 1, wall * 1000)
        header = Header(
            v=ops.VERSION,
            dev=self.device,
            ep=self.epoch,
            part=part,
            seq=chain.seq + 1,
            wall=wall,
            tz=self.tz,
            actor=actor,
            intent=intent,
        )
        if self._hybrid != wall * 1000:
            header.hlc = self._hybrid
        if via is not None:
            header.via = via
        return self.append(part, ops.encode_header(header), ops.encode_body(changes))

    def append(self, part: str, header: bytes, body: bytes) -> str:
        """Append an op as it stands, whatever is in it: what a faulty or foreign program would send. Its id."""
        chain = self._chain(self.epoch, part)
        link = ops.next_link(chain.links[-1], header, body_hash(body))
        chain.lines.append((header, body))
        chain.links.append(link)
        return op_id(link)

    def runs(
        self, part: str, since: int = 0, upto: int | None = None, most: int = 500, epoch: str | None = None
    ) -> list[Run]:
        """Signed runs of the ops after seq `since`, up to and with `upto`, each of at most `most` ops and within the limits."""
        epoch = epoch or self.epoch
        chain = self._chain(epoch, part)
        last = chain.seq if upto is None else min(upto, chain.seq)
        runs = []
        while since < last:
            end, size = since, 0
            for header, body in chain.lines[since : min(since + most, last)]:
                size += len(header) + len(body) + 2
                if size > limits.RUN_RAW_BYTES and end > since:
                    break
                end += 1
            runs.append(self._signed(epoch, part, since, end))
            since = end
        return runs

    def vector(self) -> Vector:
        """All chains with their tips."""
        return {
            f"{self.device}/{epoch}/{part}": [(chain.seq, b64(chain.links[-1]))]
            for (epoch, part), chain in sorted(self._chains.items())
            if chain.seq
        }

    def heads(self) -> dict[str, list[list[str | int]]]:
        """{part: [[epoch, seq, b64 link], ...]}: what a device states at every contact."""
        heads: dict[str, list[list[str | int]]] = {}
        for (epoch, part), chain in sorted(self._chains.items()):
            if chain.seq:
                heads.setdefault(part, []).append([epoch, chain.seq, b64(chain.links[-1])])
        return heads

    def link(self, part: str, seq: int, epoch: str | None = None) -> bytes | None:
        """link(seq) of an own chain; None beyond its tip."""
        links = self._chain(epoch or self.epoch, part).links
        return links[seq] if 0 <= seq < len(links) else None

    def request(
        self, to: str | None, runs: Sequence[Run], role: str = "tablet", held: str | None = None
    ) -> tuple[bytes, str]:
        """A request to a server, ready to be carried: compressed, and its signature. `held` is the digest of the receipts held."""
        first = {
            "luban": PROTOCOL,
            "device": self.device,
            "epoch": self.epoch,
            "key": self.key.public,
            "role": role,
            "now": self.clock(),
            "head": self.heads(),
        }
        if to is not None:
            first["to"] = to
        if held is not None:
            first["held"] = held
        raw = wire.pack(first, runs)
        return wire.compress(raw), b64(self.key.sign(request_statement(raw)))

    def begin_epoch(self, epoch: str) -> None:
        """From now on ops go to new chains; the old ones stay and can still be sent."""
        self.epoch = epoch

    def become(self, other: "Author") -> None:
        """Take another copy's store: what a restored backup does. `other` is not to be used any more."""
        self.epoch, self._hybrid, self._chains = other.epoch, other._hybrid, other._chains

    def clone(self) -> "Author":
        """A copy of the whole store, as a restored backup or a copied tablet has it: it will fork."""
        twin = Author(self.key, self.epoch, self.clock, self.tz)
        twin._hybrid = self._hybrid
        twin._chains = {
            name: _Chain(list(chain.links), list(chain.lines)) for name, chain in self._chains.items()
        }
        return twin

    def chains(self) -> Mapping[tuple[str, str], int]:
        """{(epoch, part): highest seq}."""
        return {name: chain.seq for name, chain in self._chains.items() if chain.seq}

    def _chain(self, epoch: str, part: str) -> _Chain:
        if (epoch, part) not in self._chains:
            self._chains[epoch, part] = _Chain([ops.first_link((self.device, epoch, part))])
        return self._chains[epoch, part]

    def _signed(self, epoch: str, part: str, since: int, end: int) -> Run:
        chain, name = self._chain(epoch, part), (self.device, epoch, part)
        link = chain.links[end]
        signature = self.key.sign(ops.head_statement(name, end, link))
        return Run(name, since + 1, link, signature, self.key.public, chain.lines[since:end])
