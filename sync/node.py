"""One party of the exchange: log, read model, own key and clock behind one write path. Every write of a site goes through `write()`.

Clock, connection and lock are arguments, so that a simulator can own them.
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from sqlite_utils import Database

from sync import limits, ops
from sync.errors import AdmissionError, MessageError, RunRefused, StoreError, SyncError
from sync.log import SqliteLog, StoredOp
from sync.ops import ChainName, Change, Header
from sync.readmodel import Admission, ReadModel
from sync.receipts import Receipt, Receipts, give_receipt
from sync.records import Registry
from sync.replica import Replica, follows, make_tables
from sync.schema import migrations
from sync.shared import Mark, SharedLog
from sync.signing import PrivateKey
from sync.tables import create_tables, drop_tables, is_current
from sync.weighing import AGAIN
from sync.wire import Run

Lock = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Draft:
    """What a person did, before it is an op. `of` is the header of an erased op that this one says again: its times stand."""

    actor: str
    intent: str
    changes: Sequence[Change]
    part: str
    via: str | None = None
    of: Header | None = None


class Node:
    """A store that can author, take and give ops.

    `clock` gives UTC ms, `tz` minutes east of UTC. `lock` keeps other processes' writes and checkpoints away, `choose` picks a sign by chance.
    With a `shared` log the store is one of several replicas of it, and every write goes there first.
    """

    def __init__(
        self,
        db: Database,
        key: PrivateKey,
        role: str,
        registry: Registry,
        admission: Admission,
        clock: Callable[[], int],
        *,
        tz: int = 0,
        lock: Lock = nullcontext,
        choose: Callable[[str], str] = secrets.choice,
        shared: SharedLog | None = None,
    ) -> None:
        self.db, self.key, self.role, self.registry, self.clock, self.tz = db, key, role, registry, clock, tz
        self._choose = choose
        self.admission = admission
        self._lock = lock
        self.epoch = ""
        self._hybrid = 0
        self._seen_version = -1
        self.log = SqliteLog(db.conn)
        self.receipts = Receipts(db.conn)
        self.model = ReadModel(db.conn, self.log, registry, admission)
        self._replica: Replica | None = None
        self._mark: Mark | None = None
        with self._lock():
            migrations.apply(db)
            make_tables(db.conn)
        self._home = follows(db.conn)
        if self._home and not shared:
            raise StoreError("log_elsewhere")
        with self.write():
            if not is_current(db.conn, registry):
                drop_tables(db.conn, registry)
                create_tables(db.conn, registry)
                self.model.rebuild()
        if shared:
            self._follow(shared)
        self._load_epoch()

    @property
    def device(self) -> str:
        return self.key.device

    @property
    def mark(self) -> Mark | None:
        """How far this node has come in the shared log, as it knew when it last wrote or looked; None for a store of its own."""
        return self._mark

    # -- the one write path

    @contextmanager
    def write(self) -> Iterator[None]:
        """A write transaction; nested ones are savepoints. After an error nothing of it is left, in memory or on disk."""
        if self._in_transaction():
            try:
                with self.db.atomic():
                    yield
            except BaseException:
                self._forget()
                raise
            return
        with self._outermost(self._begin):
            yield

    def catch_up(self) -> None:
        """Take what other nodes have written to the shared log. Raises StoreError("log_away")."""
        if self._replica is not None:
            with self._outermost(self._look, give=False):
                pass

    def notice_other_writers(self) -> None:
        """Forget what was remembered if another process has written since. Call before reading outside of `write()`."""
        version = self.db.execute("pragma data_version").fetchone()[0]
        if version != self._seen_version:
            self._seen_version = version
            self._forget()

    def author(self, drafts: Sequence[Draft]) -> list[str]:
        """Make one op of each draft, all in one transaction; their op ids.

        Raises AdmissionError when one may not be written; then none is.
        """
        stored = []
        with self.write():
            for draft in drafts:
                op = self._append(draft)
                self.model.admit(op.header, ops.decode_body(op.body or b""))
                self.model.apply([op])
                stored.append(op.id)
        return stored

    def take(
        self, runs: Sequence[Run], device: str | None = None, parts: Collection[str] | None = None
    ) -> tuple[int, list[tuple[Run, SyncError]]]:
        """Store and apply runs in order, each whole or not at all, all in one transaction.

        `device` limits whose chains may come this way, `parts` which parts. Returns the number of new ops, and the runs refused with
        their reasons. When ops of this very store come back to it, it was restored: it begins a new epoch.
        """
        taken = 0
        refused: list[tuple[Run, SyncError]] = []
        with self.write():
            for run in runs:
                try:
                    with self.write():
                        taken += self._take_run(run, device, parts)
                except (RunRefused, MessageError) as error:
                    refused.append((run, error))
        return taken, refused

    def erase(self, op_id: str) -> bool:
        """Blank one op's body for ever, here only, and merge anew what it had changed; False when the op is not here.

        The bare tool: a person is erased everywhere by a record (`sync/erasing.py`). What the op had replaced stands again.
        """
        with self.write():
            n = self.log.number_of(op_id)
            if n is None:
                return False
            self._blank(n)
            return True

    def keep_receipts(
        self, receipts: Sequence[Receipt], *, carried: bool = False
    ) -> tuple[int, list[Receipt]]:
        """Keep what other sites state about chains that are here; how many were news, and those that are not genuine.

        A receipt for an op that is not here, or not with this link, says nothing that could be checked: it is passed over, and
        comes again once the op is here. So is one by a device that records do not know in the role that it claims: anybody
        can sign a statement that calls itself a campus.
        """
        news, bad = 0, []
        with self.write():
            for receipt in receipts:
                branch = self.log.holding(receipt.chain, receipt.seq, receipt.link)
                if branch is None or receipt.site == self.device:
                    continue
                if self.admission.receipt_role(receipt.site) != receipt.role:
                    continue
                try:
                    news += self.receipts.keep(receipt, branch.id, carried=carried)
                except MessageError:
                    bad.append(receipt)
        return news, bad

    def own_receipts(self, parts: Sequence[str], device: str | None = None) -> list[Receipt]:
        """This server's receipts for the chains it holds, one for each branch. Call after the commit only."""
        if self._in_transaction():
            raise StoreError("receipt_before_commit")
        now = self.clock()
        return [
            give_receipt(self.key, self.role, branch.name, branch.seq, branch.link, now)
            for branch in self.log.chains(parts, device)
            if branch.name[0] != self.device
        ]

    def receipts_within(self, ops: Sequence[tuple[ChainName, int, bytes]]) -> list[Receipt]:
        """This server's receipts for ops that lie before a tip: for a device that knows no further, since an older copy of its store
        was put back. Call after the commit only.
        """
        if self._in_transaction():
            raise StoreError("receipt_before_commit")
        now = self.clock()
        found = []
        for chain, seq, link in ops:
            branch = self.log.holding(chain, seq, link)
            if branch is not None and branch.seq > seq:
                found.append(give_receipt(self.key, self.role, chain, seq, link, now))
        return found

    def rebuild(self) -> tuple[str, str]:
        """Make the read model anew; its hash before and after. Equal, or the program is wrong."""
        with self.write():
            before = self.model.state_hash()
            self.model.rebuild()
            return before, self.model.state_hash()

    def begin_epoch(self) -> str:
        """A new life of this store: after a restore its old numbers may be taken."""
        with self.write():
            self.epoch = "".join(self._choose("abcdefghijklmnopqrstuvwxyz234567") for _ in range(8))
            self.db.execute("insert or replace into local_node values ('epoch', ?)", (self.epoch,))
        return self.epoch

    def close(self) -> None:
        """Let go of the shared log. The file is its opener's."""
        if self._replica is not None:
            self._replica.close()

    # -- inside

    @contextmanager
    def _outermost(self, begin: Callable[[], None], *, give: bool = True) -> Iterator[None]:
        """A transaction on the file, and with `give` on the shared log too: that one is committed first."""
        connection = self.db.conn
        with self._lock():
            connection.execute("begin immediate")
            try:
                self.notice_other_writers()
                if follows(connection) != self._home:
                    raise StoreError("log_elsewhere")
                begin()
                yield
                if give and self._replica is not None:
                    self._replica.commit()
                mark = self._replica.mark() if self._replica is not None else None
                connection.execute("commit")
                self._mark = mark
            except BaseException:
                if self._in_transaction():
                    connection.execute("rollback")
                if self._replica is not None:
                    self._replica.rollback()
                self._forget()
                raise

    def _follow(self, shared: SharedLog) -> None:
        """Become a replica of the shared log; one that is already opens also while the log is away, to be read."""
        replica = Replica(self.db.conn, shared, self.device, self._taken, self._blank, self.model.rebuild)
        replica.watch()

        def start() -> None:
            replica.attach()
            self._home, self._replica = follows(self.db.conn), replica
            replica.start()
            self._forget()

        was = self._home
        try:
            with self._outermost(start):
                pass
        except StoreError as error:
            self._home, self._replica = was, replica
            if error.code != "log_away" or was is None:
                shared.close()
                raise

    def _begin(self) -> None:
        if self._replica is not None:
            self._notice(self._replica.begin())

    def _look(self) -> None:
        if self._replica is not None:
            self._notice(self._replica.catch_up())

    def _notice(self, news: bool) -> None:
        """After ops of other nodes were taken: nothing remembered holds any more but the latest time."""
        if news:
            seen = self._hybrid
            self._forget()
            self._hybrid = max(self._hybrid, seen)

    def _taken(self, fresh: Sequence[StoredOp]) -> None:
        self.log.forget_cache()
        self._observe(fresh)
        self.model.apply(fresh)

    def _blank(self, n: int) -> None:
        """Take an op's body away for ever; nothing when it is gone already."""
        [op] = self.log.read([n])
        if op.body is not None:
            self.log.erase_body(n)
            self.model.erase(op)

    def _in_transaction(self) -> bool:
        return bool(self.db.conn.in_transaction)

    def _append(self, draft: Draft) -> StoredOp:
        name = (self.device, self.epoch, draft.part)
        known = self.log.branches(name)
        wall = self.clock()
        self._hybrid = max(self._hybrid + 1, wall * 1000)
        header = Header(
            v=ops.VERSION,
            dev=self.device,
            ep=self.epoch,
            part=draft.part,
            seq=known[0].seq + 1 if known else 1,
            wall=wall,
            tz=self.tz,
            actor=draft.actor,
            intent=draft.intent,
        )
        if self._hybrid != wall * 1000:
            header.hlc = self._hybrid
        if draft.via:
            header.via = draft.via
        if draft.of:
            header.hlc = self.model.time(draft.of)
            header.wall, header.tz = header.hlc // 1000, draft.of.tz
        try:
            body = ops.encode_body(draft.changes)
            return self.log.append_own(self.key, header, body, wall)
        except MessageError as error:
            raise AdmissionError(error.code, **error.data) from error

    def _take_run(self, run: Run, device: str | None, parts: Collection[str] | None) -> int:
        if device is not None and run.chain[0] != device:
            raise RunRefused("wrong_site", what="another device's chain")
        if parts is not None and run.chain[2] not in parts:
            raise RunRefused("wrong_site", what="another site's part")
        fresh = self.log.append_run(run, self.clock())
        if device is not None and any(op.body is None for op in fresh):
            raise RunRefused("bad_message", what="erased by its author")
        self._observe(fresh)
        self.model.apply(fresh)
        if fresh and run.chain[:2] == (self.device, self.epoch):
            self.begin_epoch()
        return len(fresh)

    def _observe(self, fresh: Sequence[StoredOp]) -> None:
        """Let hybrid time follow what was seen, as far as clock notes do not mend it, never further than a day past the own clock."""
        ceiling = (self.clock() + limits.CLOCK_AHEAD_MS) * 1000
        for op in fresh:
            if self._hybrid < (hybrid := self.model.time(op.header)) <= ceiling:
                self._hybrid = hybrid

    def _forget(self) -> None:
        self.log.forget_cache()
        self.model.forget()
        self._load_life()

    def _load_epoch(self) -> None:
        if not self.db.execute("select 1 from local_node where name = 'epoch'").fetchone():
            self.begin_epoch()
        self._load_life()

    def _load_life(self) -> None:
        """Epoch and hybrid time as the disk has them."""
        row = self.db.execute("select value from local_node where name = 'epoch'").fetchone()
        self.epoch = str(row[0]) if row else ""
        last = self.db.execute(
            # What is said again of an erased op bears that op's time, perhaps of a wrong clock: it is no reading of this one.
            "select l.header from op_chain c join op_log l on l.chain = c.id and l.seq ="
            " (select seq from op_log where chain = c.id and instr(header, ?) = 0 order by seq desc limit 1) where c.device = ?",
            (f'"via":"{AGAIN}', self.device),
        ).fetchall()
        self._hybrid = max((ops.decode_header(header.encode()).hybrid for (header,) in last), default=0)
