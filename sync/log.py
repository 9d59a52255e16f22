"""The op log on SQLite: append whole runs, read what a peer lacks, vector. Knows no record and no merge.

Every write must be inside a transaction of the caller. An op is never updated; only its body may be erased.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sync import limits, ops, signing
from sync.branches import Branch, Branches
from sync.errors import RunRefused, StoreError
from sync.ops import ChainName, Header, b64, op_id, unb64
from sync.wire import Run

Vector = dict[str, list[tuple[int, str]]]
"""{"dev/ep/part": [(seq, b64 link), ...]}: one pair for each branch's tip."""

RUN_LINE_BYTES = 512
"""At most, the line that opens a run."""


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


class SqliteLog:
    """The log's tables behind a small interface; another store may take its place."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._branches = Branches(connection)
        self.forget_cache = self._branches.forget
        self.branches = self._branches.of
        self.chains = self._branches.all
        self.lies_before = self._branches.lies_before
        self.holding = self._branches.holding

    # -- reading

    def vector(self, parts: Sequence[str]) -> Vector:
        found: Vector = {}
        for branch in self.chains(parts):
            found.setdefault("/".join(branch.name), []).append((branch.seq, b64(branch.link)))
        return {name: sorted(tips) for name, tips in sorted(found.items())}

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

    def number_of(self, op: str) -> int | None:
        """The arrival number of an op, by its id. Looks through the whole log: for rare acts only."""
        row = self._db.execute(
            "select n from op_log where substr(link, 1, 12) = ?", (unb64(op, 12),)
        ).fetchone()
        return int(row[0]) if row else None

    def naming(self, kinds: Sequence[str]) -> list[int]:
        """Numbers of all ops whose body may change a record of these types, and perhaps of some others."""
        if not kinds:
            return []
        tests = " or ".join(["instr(body, ?) > 0"] * len(kinds))
        rows = self._db.execute(
            f"select n from op_log where {tests} or instr(body, ?) > 0 order by n",
            [*(f'"{kind}"' for kind in kinds), "\\u"],
        )
        return [row[0] for row in rows]

    def mentioning(self, text: str) -> list[int]:
        """Numbers of all ops whose body may hold a text. Looks through the whole log: for rare acts only."""
        rows = self._db.execute(
            "select n from op_log where instr(body, ?) > 0 or instr(body, ?) > 0 order by n", (text, "\\u")
        )
        return [row[0] for row in rows]

    def missing_for(
        self, have: Vector, parts: Sequence[str], ops_max: int, bytes_max: int
    ) -> tuple[list[Run], bool]:
        """Runs that a peer with vector `have` lacks, within the bounds, and whether more is left.

        `bytes_max` must allow for one whole run: limits.RUN_RAW_BYTES + RUN_LINE_BYTES.
        """
        runs: list[Run] = []
        for branch, start in self.lacking(have, parts):
            while start <= branch.seq:
                run = self._run(branch, start, min(ops_max, limits.OPS_PER_MESSAGE), bytes_max)
                if run is None:
                    return runs, True
                runs.append(run)
                ops_max -= len(run.lines)
                bytes_max -= _size(run)
                start = run.end + 1
        return runs, False

    def all_missing_for(self, have: Vector, parts: Sequence[str]) -> Iterator[Run]:
        """Every run that a peer with vector `have` lacks, one after another."""
        return self.runs_of(self.lacking(have, parts))

    def runs_of(self, missing: Sequence[tuple[Branch, int]]) -> Iterator[Run]:
        """The runs of these branches from these seqs on, one after another."""
        for branch, start in missing:
            while start <= branch.seq:
                run = self._run(branch, start, limits.OPS_PER_MESSAGE, limits.RUN_RAW_BYTES + RUN_LINE_BYTES)
                if run is None:
                    raise StoreError("head_not_signed", run=list(branch.name), seq=start)
                yield run
                start = run.end + 1

    def is_behind(self, have: Vector, parts: Sequence[str]) -> bool:
        """True when a peer with vector `have` lacks something that is here."""
        return bool(self.lacking(have, parts))

    def lacking(
        self, have: Vector, parts: Sequence[str], before: Collection[str] = ()
    ) -> list[tuple[Branch, int]]:
        """Each branch of which a peer with these tips lacks something, and from which seq; a parent before its children.

        Chains of the devices in `before` come first.
        """
        found = [
            (branch, self._start_for(branch, have.get("/".join(branch.name), ())))
            for branch in self.chains(parts)
        ]
        missing = [(branch, start) for branch, start in found if start <= branch.seq]
        return sorted(missing, key=lambda each: each[0].name[0] not in before)

    def knows(self, have: Vector) -> bool:
        """True when every tip of `have` is here."""
        for name, tips in have.items():
            device, epoch, part = name.split("/")
            for seq, text in tips:
                if self.holding((device, epoch, part), seq, unb64(text)) is None:
                    return False
        return True

    def key_of(self, device: str) -> str | None:
        row = self._db.execute("select key from op_key where device = ?", (device,)).fetchone()
        return str(row[0]) if row else None

    # -- writing

    def append_run(self, run: Run, now: int) -> list[StoredOp]:
        """Check a run and store what is new of it; the new ops in order.

        Raises RunRefused: `bad_signature`, `chain_gap` (data: have), `chain_mismatch`, `bad_message`; MessageError for a header
        that cannot be read.
        """
        if signing.device_id(run.key) != run.chain[0]:
            raise RunRefused("bad_signature", what="key")
        headers = _checked_headers(run)
        hashes = [ops.body_hash(body) for _, body in run.lines]
        here, links = self._attach(run, hashes)
        if not signing.verify(run.key, run.signature, ops.head_statement(run.chain, run.end, run.link)):
            raise RunRefused("bad_signature")
        fresh: list[StoredOp] = []
        for header, (header_line, body), digest, link in zip(headers, run.lines, hashes, links, strict=True):
            here, known = self._branches.place(here, header.seq, link)
            if not known:
                fresh.append(self._insert(here.id, header, link, header_line, body, digest, now))
                here = Branch(here.id, here.name, here.parent, here.fork_at, header.seq, link)
        self._finish(run, here, grown=bool(fresh))
        return fresh

    def append_own(self, key: signing.PrivateKey, header: Header, body: bytes, now: int) -> StoredOp:
        """Append one op of this very server, signed at once. The header's seq must be the next one."""
        name = header.chain
        line = ops.encode_header(header)
        known = self.branches(name)
        here = known[0] if known else self._branches.add(name)
        link = ops.next_link(here.link, line, ops.body_hash(body))
        signature = key.sign(ops.head_statement(name, header.seq, link))
        run = Run(name, header.seq, link, signature, key.public, [(line, body)])
        stored = self._insert(here.id, header, link, line, body, b"", now)
        self._finish(run, Branch(here.id, name, here.parent, here.fork_at, header.seq, link), grown=True)
        return stored

    def erase_body(self, n: int) -> None:
        """Blank one op's body; its hash stays, so the chain still verifies."""
        row = self._db.execute("select body from op_log where n = ?", (n,)).fetchone()
        if row and row[0] is not None:
            digest = ops.body_hash(row[0].encode())
            self._db.execute("update op_log set body = null, body_hash = ? where n = ?", (digest, n))

    # -- inside

    def _attach(self, run: Run, hashes: list[bytes]) -> tuple[Branch, list[bytes]]:
        """The branch on whose path the run's links come out right, and those links."""
        known = self.branches(run.chain) or [self._branches.add(run.chain)]
        seen = set()
        for branch in known:
            before = self._branches.link_at(branch, run.start - 1)
            if before is None or before in seen:
                continue
            seen.add(before)
            link, links = before, []
            for (header_line, _), digest in zip(run.lines, hashes, strict=True):
                link = ops.next_link(link, header_line, digest)
                links.append(link)
            if link == run.link:
                return branch, links
        if seen:
            raise RunRefused("chain_mismatch", run=list(run.chain))
        raise RunRefused("chain_gap", run=list(run.chain), have=max(branch.seq for branch in known))

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

    def _finish(self, run: Run, tip: Branch, *, grown: bool) -> None:
        if grown:
            self._branches.move_tip(tip, tip.seq, tip.link)
        self._db.execute(
            "insert or ignore into op_signature values (?, ?, ?)", (tip.id, run.end, run.signature)
        )
        self._db.execute("insert or ignore into op_key values (?, ?)", (run.chain[0], run.key))

    def _start_for(self, branch: Branch, tips: Sequence[tuple[int, str]]) -> int:
        """The first seq of this branch that a peer with these tips lacks.

        A tip further than anything here is taken to hold this branch too; if it is a fork of it, its run will show that.
        """
        best = branch.fork_at or 1
        for seq, text in tips:
            link = unb64(text)
            if seq == branch.seq and link == branch.link:
                return branch.seq + 1
            holder = self.holding(branch.name, seq, link)
            if holder is not None:
                agreed = seq if holder.id == branch.id else min(seq, self._branches.common(branch, holder))
                best = max(best, agreed + 1)
            elif seq > branch.seq:
                return branch.seq + 1
        return best

    def _run(self, branch: Branch, start: int, ops_max: int, bytes_max: int) -> Run | None:
        """The longest run from `start` that ends at a signed head within the bounds; None when none fits."""
        bytes_max = min(bytes_max - RUN_LINE_BYTES, limits.RUN_RAW_BYTES)
        rows = self._db.execute(
            "select seq, link, header, body, body_hash from op_log where chain = ? and seq between ? and ? order by seq",
            (branch.id, start, start + ops_max - 1),
        )
        lines: list[tuple[bytes, bytes]] = []
        links: list[bytes] = []
        for _, link, header, body, body_hash in rows:
            line = (header.encode(), ops.erased_line(body_hash) if body is None else body.encode())
            bytes_max -= len(line[0]) + len(line[1]) + 2
            if bytes_max < 0:
                break
            lines.append(line)
            links.append(bytes(link))
        signed = self._db.execute(
            "select seq, signature from op_signature where chain = ? and seq between ? and ? order by seq desc limit 1",
            (branch.id, start, start + len(lines) - 1),
        ).fetchone()
        if signed is None:
            return None
        count = signed[0] - start + 1
        key = self.key_of(branch.name[0]) or ""
        return Run(branch.name, start, links[count - 1], bytes(signed[1]), key, lines[:count])


def _size(run: Run) -> int:
    return sum(len(header) + len(body) + 2 for header, body in run.lines) + RUN_LINE_BYTES


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


__all__ = ["Branch", "ChainName", "SqliteLog", "StoredOp", "Vector", "iterate"]
