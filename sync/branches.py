"""Chains and their forks as rows of `op_chain`: which branch an op lies on, and what lies before what. Reads links, stores no op.

Which branch is called the parent depends on which one arrived first; no answer given here depends on it.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync import ops
from sync.ops import ChainName


@dataclass(frozen=True, slots=True)
class Branch:
    """A chain's row. A fork is a branch with a `parent` that it leaves at `fork_at`; `seq` and `link` are its tip."""

    id: int
    name: ChainName
    parent: int | None
    fork_at: int | None
    seq: int
    link: bytes


class Branches:
    """The branches of all chains, remembered until `forget`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._of: dict[ChainName, list[Branch]] = {}
        self._forks: dict[int, Branch | None] = {}

    def forget(self) -> None:
        """Call after a rollback, or when another process may have written."""
        self._of.clear()
        self._forks.clear()

    def of(self, name: ChainName) -> list[Branch]:
        """All branches of a chain, a parent before its children; empty for an unknown chain."""
        if name not in self._of:
            rows = self._db.execute(
                "select id, parent, fork_at, seq, link from op_chain where device = ? and epoch = ? and part = ? order by id",
                name,
            )
            self._of[name] = [Branch(row[0], name, *row[1:]) for row in rows]
        return self._of[name]

    def all(self, parts: Sequence[str] | None = None, device: str | None = None) -> list[Branch]:
        """All branches of the given parts, or one device's of them, a parent before its children."""
        sql, values = (
            "select id, device, epoch, part, parent, fork_at, seq, link from op_chain where true",
            [*(parts or ())],
        )
        if parts is not None:
            sql += f" and part in ({', '.join('?' * len(parts))})"
        if device is not None:
            sql, values = sql + " and device = ?", [*values, device]
        rows = self._db.execute(sql + " order by id", values)
        return [Branch(row[0], (row[1], row[2], row[3]), *row[4:]) for row in rows]

    def link_at(self, branch: Branch, seq: int) -> bytes | None:
        """link(seq) on a branch's path; link(0) for 0; None beyond the tip."""
        if seq == 0:
            return ops.first_link(branch.name)
        if seq == branch.seq:
            return branch.link
        if not 0 < seq < branch.seq:
            return None
        row = self._db.execute(
            "select link from op_log where chain = ? and seq = ?", (self._owner(branch, seq).id, seq)
        ).fetchone()
        return bytes(row[0]) if row else None

    def holding(self, name: ChainName, seq: int, link: bytes) -> Branch | None:
        """The branch on which the op with this link lies; None when it is not here. Seq 0 lies on the first one."""
        return next((b for b in self.of(name) if seq <= b.seq and self.link_at(b, seq) == link), None)

    def lies_before(self, a_chain: int, a_seq: int, b_chain: int, b_seq: int) -> bool:
        """True when op (a_chain, a_seq) is an ancestor of op (b_chain, b_seq) on one path."""
        if a_chain == b_chain:
            return a_seq < b_seq
        here = self._fork(b_chain)
        while here is not None and here.parent is not None and here.fork_at is not None:
            if here.parent == a_chain:
                return a_seq < here.fork_at
            here = self._fork(here.parent)
        return False

    def common(self, a: Branch, b: Branch) -> int:
        """The highest seq at which two branches of one chain still agree."""
        low, high = 0, min(a.seq, b.seq)
        while low < high:
            middle = (low + high + 1) // 2
            if self.link_at(a, middle) == self.link_at(b, middle):
                low = middle
            else:
                high = middle - 1
        return low

    def place(self, here: Branch, seq: int, link: bytes) -> tuple[Branch, bool]:
        """Where an op that follows on `here` belongs: (branch, already there?). A different op at a known number begins, or
        follows, a fork.
        """
        if seq > here.seq:
            return here, False
        if self.link_at(here, seq) == link:
            return here, True
        for other in self.of(here.name):
            if other.parent is not None and other.fork_at == seq and self.link_at(other, seq) == link:
                return other, True
        return self.add(here.name, self._owner(here, seq), seq), False

    def add(self, name: ChainName, parent: Branch | None = None, fork_at: int | None = None) -> Branch:
        """A new, still empty branch. Its ops follow at once: an empty one never outlives its transaction."""
        link = ops.first_link(name)
        if parent is not None and fork_at is not None:
            link = self.link_at(parent, fork_at - 1) or link
        seq = (fork_at or 1) - 1
        cursor = self._db.execute(
            "insert into op_chain (device, epoch, part, parent, fork_at, seq, link) values (?, ?, ?, ?, ?, ?, ?)",
            (*name, parent.id if parent else None, fork_at, seq, link),
        )
        branch = Branch(int(cursor.lastrowid or 0), name, parent.id if parent else None, fork_at, seq, link)
        self._of[name] = [*self.of(name), *([] if branch in self.of(name) else [branch])]
        self._forks[branch.id] = branch if parent else None
        return branch

    def move_tip(self, branch: Branch, seq: int, link: bytes) -> Branch:
        """Tell that a branch now ends at (seq, link); the branch as it is now."""
        moved = replace(branch, seq=seq, link=link)
        self._db.execute("update op_chain set seq = ?, link = ? where id = ?", (seq, link, branch.id))
        self._of[branch.name] = [moved if b.id == branch.id else b for b in self.of(branch.name)]
        if moved.parent is not None:
            self._forks[moved.id] = moved
        return moved

    def _owner(self, branch: Branch, seq: int) -> Branch:
        """The branch of this path that itself holds the op at `seq`."""
        here = branch
        while here.parent is not None and here.fork_at is not None and seq < here.fork_at:
            here = next(b for b in self.of(branch.name) if b.id == here.parent)
        return here

    def _fork(self, chain: int) -> Branch | None:
        """A branch that has a parent, by its row; None for a chain's first branch."""
        if chain not in self._forks:
            row = self._db.execute(
                "select device, epoch, part, parent, fork_at, seq, link from op_chain where id = ? and parent is not null",
                (chain,),
            ).fetchone()
            self._forks[chain] = Branch(chain, (row[0], row[1], row[2]), *row[3:]) if row else None
        return self._forks[chain]
