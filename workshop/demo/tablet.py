"""A simulated tablet: an author whose key and epochs come from a seed, who knows how far a server has receipted it. Stores in memory."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sync import Change, PrivateKey
from sync.author import Author
from sync.wire import Run


@dataclass(frozen=True)
class Backup:
    """A copy of a tablet's store: what it had written, and what of it a server had receipted."""

    store: Author
    receipted: dict[str, int]


class Tablet(Author):
    """`seed` gives the key and the epochs, so that the same demonstration comes out each time."""

    def __init__(self, name: str, seed: str, part: str, tz_minutes: int) -> None:
        self.name, self.part = name, part
        self._seed, self._lives, self._wall = f"{seed}:{name}", 0, 0
        self._receipted: dict[str, int] = {}
        key = PrivateKey(hashlib.sha256(f"{self._seed}:key".encode()).digest())
        super().__init__(key, self._next_epoch(), lambda: self._wall, tz_minutes)

    def act(self, wall_ms: int, actor: str, intent: str, changes: Sequence[Change]) -> str:
        """Make one op; its id."""
        self.set_clock(wall_ms)
        return self.record(self.part, actor, intent, changes)

    def set_clock(self, wall_ms: int) -> None:
        """What the tablet's own clock shows now."""
        self._wall = wall_ms

    def unsent(self) -> list[Run]:
        """Everything that no server has receipted, oldest epoch first, as signed runs."""
        return [
            run
            for epoch, part in self.chains()
            for run in self.runs(part, self._receipted.get(epoch, 0), epoch=epoch)
        ]

    def receipt(self, upto: Run | None = None) -> None:
        """A server has everything up to this run now; without one, all there is."""
        if upto is None:
            self._receipted = {epoch: seq for (epoch, _), seq in self.chains().items()}
        else:
            self._receipted[upto.chain[1]] = upto.end

    def next_life(self) -> None:
        """Begin a new epoch: the old chains stay."""
        self.begin_epoch(self._next_epoch())

    def backup(self) -> Backup:
        return Backup(self.clone(), dict(self._receipted))

    def restore(self, kept: Backup) -> None:
        """The store is what it was: its counter runs again over numbers already used."""
        self.become(kept.store.clone())
        self._receipted = dict(kept.receipted)

    def _next_epoch(self) -> str:
        self._lives += 1
        digest = hashlib.sha256(f"{self._seed}:{self._lives}".encode()).digest()
        return base64.b32encode(digest).decode().lower()[:8]
