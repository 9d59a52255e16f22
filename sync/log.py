"""The op log on SQLite: append whole runs, read what a peer lacks, vector, receipts. Knows no record and no merge.

Every write must be inside a transaction of the caller. An op is never updated; only its body may be erased.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync import limits, ops, signing
from sync.errors import RunRefused
from sync.ops import ChainName, Header, b64, op_id, unb64
from sync.wire import Run

Vector = dict[str, list[tuple[int, str]]]
"""{"dev/ep/part": [(seq, b64 link), ...]}: one pair for each branch's tip."""


@dataclass(frozen=True, slots=True)
class StoredOp:
    """An op as the log holds it. `body` is None when it was erased; `link` is 32 bytes; `n` its arrival number."""

    n: int
    chain: int
    link: bytes
    header: Header
    body: bytes | None
    received_at: int

    @property
    def id(self) -> str:
        return op_id(self.link)


@dataclass(frozen=True, slots=True)
class Branch:
    """A chain's row. A fork is a branch with a `parent` that it leaves at `fork_at`."""

    id: int
    name: ChainName
    parent: int | None
    fork_at: int | None
    seq: int
    link: bytes


class SqliteLog:
    """The log's tables behind a small interface; another store may take its place."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._branches: dict[ChainName, list[Branch]] = {}
        self._forked: dict[int, Branch] = {}

    def forget_cache(self) -> None:
        """Call after a rollback, or when another process may have written."""
        self._branches.clear()
        self._forked.clear()

    # -- reading

    def branches(self, name: ChainName) -> list[Branch]:
        """All branches of a chain, the first one first; empty for an unknown chain."""
        if name not in self._branches:
            rows = self._db.execute(
                "select id, parent, fork_at, seq, link from op_chain where device = ? and epoch = ? and part = ? order by id",
                name,
            )
            found = [Branch(row[0], name, *row[1:]) for row in rows]
            self._branches[name] = found
            self._forked.update({branch.id: branch for branch in found if branch.parent is not None})
        return self._branches[name]

    def chains(self, parts: Sequence[str] | None = None) -> list[Branch]:
        """All branches of the given parts, in a stable order."""
        sql = "select id, device, epoch, part, parent, fork_at, seq, link from op_chain"
        if parts is not None:
            sql += f" where part in ({', '.join('?' * len(parts))})"
        rows = self._db.execute(sql + " order by id", tuple(parts or ()))
        return [Branch(row[0], (row[1], row[2], row[3]), *row[4:]) for row in rows]

    def vector(self, parts: Sequence[str]) -> Vector:
        found: Vector = {}
        for branch in self.chains(parts):
            found.setdefault("/".join(branch.name), []).append((branch.seq, b64(branch.link)))
        return {name: sorted(tips) for name, tips in sorted(found.items())}

    def lies_before(self, a_chain: int, a_seq: int, b_chain: int, b_seq: int) -> bool:
        """True when op (a_chain, a_seq) is an ancestor of op (b_chain, b_seq) on one path."""
        if a_chain == b_chain:
            return a_seq < b_seq
        here = self._fork_row(b_chain)
        while here is not None and here.parent is not None and here.fork_at is not None:
            if here.parent == a_chain:
                return a_seq < here.fork_at
            here = self._fork_row(here.parent)
        return False

    def read_since(self, n: int, limit: int) -> list[StoredOp]:
        """Ops with an arrival number above `n`, oldest first."""
        rows = self._db.execute(
            "select n, chain, link, header, body, received_at from op_log where n > ? order by n limit ?",
            (n, limit),
        )
        return [_stored(row) for row in rows]

    def read(self, numbers: Sequence[int]) -> list[StoredOp]:
        """Ops by arrival number."""
        found: list[StoredOp] = []
        for start in range(0, len(numbers), 500):
            chunk = numbers[start : start + 500]
            rows = self._db.execute(
                "select n, chain, link, header, body, received_at from op_log"
                f" where n in ({', '.join('?' * len(chunk))}) order by n",
                tuple(chunk),
            )
            found += [_stored(row) for row in rows]
        return found

    def missing_for(
        self, have: Vector, parts: Sequence[str], ops_max: int, bytes_max: int
    ) -> tuple[list[Run], bool]:
        """Runs that a peer with vector `have` lacks, within the bounds, and whether more is left."""
        runs: list[Run] = []
        left_ops, left_bytes = ops_max, bytes_max
        waiting = [(b, self._start_for(b, have.get("/".join(b.name), []))) for b in self.chains(parts)]
        more = False
        for branch, start in sorted(waiting, key=lambda pair: (pair[0].parent is not None, pair[0].id)):
            while start <= branch.seq:
                run = self._run(branch, start, left_ops, left_bytes) if left_ops and left_bytes > 0 else None
                if run is None:
                    more = True
                    break
                runs.append(run)
                left_ops -= len(run.lines)
                left_bytes -= sum(len(header) + len(body) + 2 for header, body in run.lines) + 400
                start = run.end + 1
        return runs, more

    def is_behind(self, have: Vector, parts: Sequence[str]) -> bool:
        """True when a peer with vector `have` lacks something that is here."""
        return any(self._start_for(b, have.get("/".join(b.name), [])) <= b.seq for b in self.chains(parts))

    def knows(self, have: Vector) -> bool:
        """True when every tip of `have` is here."""
        for name, tips in have.items():
            device, epoch, part = name.split("/")
            branches = self.branches((device, epoch, part))
            for seq, text in tips:
                if not any(seq <= b.seq and self._link_at(b, seq) == unb64(text) for b in branches):
                    return False
        return True

    def key_of(self, device: str) -> str | None:
        row = self._db.execute("select key from op_key where device = ?", (device,)).fetchone()
        return str(row[0]) if row else None

    # -- writing

    def append_run(self, run: Run, now: int) -> list[StoredOp]:
        """Check a run and store what is new of it; the new ops in order.

        Raises RunRefused: `bad_signature`, `chain_gap` (data: have), `chain_mismatch`, `bad_message`, `unknown_version`.
        """
        if signing.device_id(run.key) != run.chain[0]:
            raise RunRefused("bad_signature", what="key")
        headers = _checked_headers(run)
        hashes = [ops.body_hash(body) for _, body in run.lines]
        branch, links = self._attach(run, hashes)
        if not signing.verify(run.key, run.signature, ops.head_statement(run.chain, run.end, run.link)):
            raise RunRefused("bad_signature")
        fresh: list[StoredOp] = []
        here = branch
        for header, (header_line, body), digest, link in zip(headers, run.lines, hashes, links, strict=True):
            here, known = self._place(here, header.seq, link)
            if not known:
                fresh.append(self._insert(here.id, header, link, header_line, body, digest, now))
                here = Branch(here.id, here.name, here.parent, here.fork_at, header.seq, link)
        self._finish(run, here)
        return fresh

    def append_own(self, key: signing.PrivateKey, header: Header, body: bytes, now: int) -> StoredOp:
        """Append one op of this very server, signed at once. The header's seq must be the next one."""
        name = header.chain
        line = ops.encode_header(header)
        known = self.branches(name)
        link = ops.next_link(known[0].link if known else ops.first_link(name), line, ops.body_hash(body))
        signature = key.sign(ops.head_statement(name, header.seq, link))
        run = Run(name, header.seq, link, signature, key.public, [(line, body)])
        here = known[0] if known else self._new_branch(name, None, None, ops.first_link(name))
        stored = self._insert(here.id, header, link, line, body, b"", now)
        self._finish(run, Branch(here.id, name, here.parent, here.fork_at, header.seq, link))
        return stored

    def erase_body(self, n: int) -> None:
        """Blank one op's body; its hash stays, so the chain still verifies."""
        row = self._db.execute("select body from op_log where n = ?", (n,)).fetchone()
        if row and row[0] is not None:
            digest = ops.body_hash(row[0].encode())
            self._db.execute("update op_log set body = null, body_hash = ? where n = ?", (digest, n))

    # -- inside

    def _fork_row(self, chain: int) -> Branch | None:
        if chain not in self._forked:
            row = self._db.execute(
                "select device, epoch, part, parent, fork_at, seq, link from op_chain where id = ? and parent is not null",
                (chain,),
            ).fetchone()
            if row is None:
                return None
            self._forked[chain] = Branch(chain, (row[0], row[1], row[2]), *row[3:])
        return self._forked[chain]

    def _link_at(self, branch: Branch, seq: int) -> bytes | None:
        """link(seq) on a branch's path; link(0) for 0; None beyond the tip."""
        if seq == 0:
            return ops.first_link(branch.name)
        if seq == branch.seq:
            return branch.link
        here: Branch | None = branch
        while here is not None:
            if here.fork_at is None or seq >= here.fork_at:
                row = self._db.execute(
                    "select link from op_log where chain = ? and seq = ?", (here.id, seq)
                ).fetchone()
                return bytes(row[0]) if row else None
            here = (
                next((b for b in self.branches(branch.name) if b.id == here.parent), None)
                if here.parent
                else None
            )
        return None

    def _attach(self, run: Run, hashes: list[bytes]) -> tuple[Branch, list[bytes]]:
        """The branch on whose path the run's links come out right, and those links."""
        known = self.branches(run.chain) or [
            self._new_branch(run.chain, None, None, ops.first_link(run.chain))
        ]
        seen = False
        for branch in known:
            link = self._link_at(branch, run.start - 1)
            if link is None:
                continue
            seen = True
            links = []
            for (header_line, _), digest in zip(run.lines, hashes, strict=True):
                link = ops.next_link(link, header_line, digest)
                links.append(link)
            if link == run.link:
                return branch, links
        if seen:
            raise RunRefused("chain_mismatch", run=list(run.chain))
        raise RunRefused("chain_gap", run=list(run.chain), have=max(branch.seq for branch in known))

    def _place(self, here: Branch, seq: int, link: bytes) -> tuple[Branch, bool]:
        """Where an op belongs: (branch, already there?). A different op at a known number begins or follows a fork."""
        if seq > here.seq:
            return here, False
        stored = self._link_at(here, seq)
        if stored == link:
            return here, True
        for other in self.branches(here.name):
            if other.fork_at == seq and self._link_at(other, seq) == link:
                return other, True
        return self._new_branch(here.name, here.id, seq, link), False

    def _new_branch(self, name: ChainName, parent: int | None, fork_at: int | None, link: bytes) -> Branch:
        cursor = self._db.execute(
            "insert into op_chain (device, epoch, part, parent, fork_at, seq, link) values (?, ?, ?, ?, ?, ?, ?)",
            (*name, parent, fork_at, (fork_at or 1) - 1, link),
        )
        branch = Branch(int(cursor.lastrowid or 0), name, parent, fork_at, (fork_at or 1) - 1, link)
        self._branches.setdefault(name, []).append(branch)
        if parent is not None:
            self._forked[branch.id] = branch
        return branch

    def _insert(
        self,
        chain: int,
        header: Header,
        link: bytes,
        header_line: bytes,
        body: bytes,
        digest: bytes,
        now: int,
    ) -> StoredOp:
        erased = body[:1] == b'"'
        cursor = self._db.execute(
            "insert into op_log (chain, seq, link, header, body, body_hash, received_at) values (?, ?, ?, ?, ?, ?, ?)",
            (
                chain,
                header.seq,
                link,
                header_line.decode(),
                None if erased else body.decode(),
                digest if erased else None,
                now,
            ),
        )
        return StoredOp(int(cursor.lastrowid or 0), chain, link, header, None if erased else body, now)

    def _finish(self, run: Run, tip: Branch) -> None:
        self._db.execute(
            "update op_chain set seq = ?, link = ? where id = ? and seq <= ?",
            (tip.seq, tip.link, tip.id, tip.seq),
        )
        self._db.execute(
            "insert or ignore into op_signature values (?, ?, ?)", (tip.id, run.end, run.signature)
        )
        self._db.execute("insert or ignore into op_key values (?, ?)", (run.chain[0], run.key))
        known = self._branches.get(run.chain, [])
        self._branches[run.chain] = [tip if branch.id == tip.id else branch for branch in known]
        if tip.parent is not None:
            self._forked[tip.id] = tip

    def _start_for(self, branch: Branch, tips: list[tuple[int, str]]) -> int:
        """The first seq of this branch that a peer with these tips lacks.

        A tip further than anything here is taken to hold this branch too; if it is a fork of it, its run will show that.
        """
        best = (branch.fork_at or 1) if branch.parent is not None else 1
        siblings = self.branches(branch.name)
        for seq, text in tips:
            link = unb64(text)
            if seq <= branch.seq and self._link_at(branch, seq) == link:
                best = max(best, seq + 1)
            elif other := next((b for b in siblings if seq <= b.seq and self._link_at(b, seq) == link), None):
                best = max(best, self._common(branch, other, seq) + 1)
            elif seq > branch.seq:
                best = branch.seq + 1
        return best

    def _common(self, a: Branch, b: Branch, limit: int) -> int:
        """The highest seq, up to `limit`, at which two branches of one chain still agree."""
        low, high = 0, min(a.seq, b.seq, limit)
        while low < high:
            middle = (low + high + 1) // 2
            if self._link_at(a, middle) == self._link_at(b, middle):
                low = middle
            else:
                high = middle - 1
        return low

    def _run(self, branch: Branch, start: int, ops_max: int, bytes_max: int) -> Run | None:
        """The longest run from `start` that ends at a signed head within the bounds; None when none fits."""
        end_row = self._db.execute(
            "select max(seq) from op_signature where chain = ? and seq between ? and ?",
            (branch.id, start, start + min(ops_max, limits.OPS_PER_MESSAGE) - 1),
        ).fetchone()
        if end_row[0] is None:
            return None
        rows = self._db.execute(
            "select seq, link, header, body, body_hash from op_log where chain = ? and seq between ? and ? order by seq",
            (branch.id, start, end_row[0]),
        ).fetchall()
        size, fits = 0, 0
        for row in rows:
            size += len(row[2].encode()) + len((row[3] or "").encode()) + 64
            if size > bytes_max:
                break
            fits = row[0]
        signed = self._db.execute(
            "select seq, signature from op_signature where chain = ? and seq between ? and ? order by seq desc limit 1",
            (branch.id, start, fits),
        ).fetchone()
        if signed is None:
            return None
        lines = [
            (row[2].encode(), row[3].encode() if row[3] is not None else ops.erased_line(row[4]))
            for row in rows[: signed[0] - start + 1]
        ]
        key = self.key_of(branch.name[0]) or ""
        return Run(branch.name, start, bytes(rows[len(lines) - 1][1]), bytes(signed[1]), key, lines)


def _checked_headers(run: Run) -> list[Header]:
    headers = []
    for offset, (line, body) in enumerate(run.lines):
        header = ops.decode_header(line)
        if header.chain != run.chain or header.seq != run.start + offset:
            raise RunRefused("bad_message", what="header does not fit its run")
        if not (body.startswith(b"[") or (body.startswith(b'"') and len(body) == 45)):
            raise RunRefused("bad_message", what="body")
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise RunRefused("bad_message", what="body text") from error
        headers.append(header)
    return headers


def _stored(row: Sequence[object]) -> StoredOp:
    n, chain, link, header, body, received = row
    assert isinstance(n, int) and isinstance(chain, int) and isinstance(link, bytes)  # noqa: S101 - a STRICT table says so
    assert isinstance(header, str) and isinstance(received, int)  # noqa: S101
    line = header.encode()
    return StoredOp(
        n, chain, link, ops.decode_header(line), body.encode() if isinstance(body, str) else None, received
    )


def iterate(log: SqliteLog, chunk: int = 2000) -> Iterator[list[StoredOp]]:
    """All ops in arrival order, in chunks: memory stays bounded however long the log is."""
    n = 0
    while found := log.read_since(n, chunk):
        yield found
        n = found[-1].n
