"""The test of the test: rules of the program and of the tablet, each broken in one place. With any of them broken some seed must fail."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from sync import AdmissionError, Node, exchange, merge, ops, signing
from sync.branches import Branch, Branches
from sync.errors import RunRefused
from sync.folding import Folder
from sync.log import SqliteLog, StoredOp
from sync.merge import Merged
from sync.receipts import give_receipt
from sync.weighing import Weigher
from sync.wire import Run
from tests.simulation.disk import ServerDisk, TabletDisk, Transaction
from tests.simulation.tablet import Tablet, Tip
from tests.sync_world import NOON_MS
from workshop.admission import RecordAdmission

Patch = tuple[Any, str, Any]


def nothing(*_: Any, **__: Any) -> None:
    return None


# -- durability


def commit_without_sync(self: ServerDisk, sql: str, *values: Any) -> sqlite3.Cursor:
    """A disk that says "committed" at once and writes every eighth time."""
    if sql == "begin immediate":
        mine = self.__dict__
        mine["begun"] = mine.get("begun", 0) + 1
        if mine["begun"] % 8 == 1:
            mine["synced"] = self.serialize()
    return honest_execute(self, sql, *values)


def what_was_synced(self: ServerDisk) -> bytes:
    return self.__dict__.get("synced") or honest_durable(self)


honest_execute = ServerDisk.execute
honest_durable = ServerDisk.durable


def relaxed_commit(self: TabletDisk, work: Transaction) -> None:
    self.__dict__["behind"] = self.copy()
    work.commit()


def what_relaxed_keeps(self: TabletDisk) -> Any:
    return self.__dict__.get("behind") or self.copy()


def tab_counts_by_heart(self: Tablet, tx: Transaction, epoch: str, part: str, tab: int) -> Tip:
    known: Tip | None = self.__dict__.setdefault("by_heart", {}).get((tab, epoch, part))
    tip = known or counted(self, tx, epoch, part, tab)
    self.__dict__["by_heart"][tab, epoch, part] = tip
    return tip


counted = Tablet._tip


def store_with_put(self: Tablet, tx: Transaction, place: Any, op: Any) -> None:
    tx.put("ops", place, op)


def receipts_for_what_is_said(self: Node, stated: Sequence[Any]) -> list[Any]:
    return [give_receipt(self.key, self.role, chain, seq, link, self.clock()) for chain, seq, link in stated]


# -- chains


def any_hash_will_do(self: SqliteLog, run: Run, hashes: list[bytes]) -> tuple[Branch, list[bytes]]:
    try:
        return attached(self, run, hashes)
    except RunRefused as error:
        here = next((b for b in self.branches(run.chain) if b.seq == run.start - 1), None)
        if error.code != "chain_mismatch" or here is None:
            raise
        link, links = here.link, []
        for (line, _), digest in zip(run.lines, hashes, strict=True):
            links.append(link := ops.next_link(link, line, digest))
        return here, [*links[:-1], run.link]


attached = SqliteLog._attach


def known_by_number(self: Branches, here: Branch, seq: int, link: bytes) -> tuple[Branch, bool]:
    return here, seq <= here.seq


def held_by_number(self: Branches, name: Any, seq: int, link: bytes) -> Branch | None:
    return next((branch for branch in self.of(name) if seq <= branch.seq), None)


def no_new_life(self: Node) -> str:
    return self.epoch or begun(self)


begun = Node.begin_epoch


# -- admission and merge


def early_clocks_pass(self: RecordAdmission, header: Any, changes: Any) -> None:
    try:
        checked(self, header, changes)
    except AdmissionError as error:
        if error.code != "device_revoked" or header.wall > NOON_MS + 3_600_000:
            raise


checked = RecordAdmission.check


def pulled_by_any_clock(self: Node, fresh: Sequence[StoredOp]) -> None:
    self._hybrid = max([self._hybrid, *(op.header.hybrid for op in fresh)])


def winner_by_id(
    policy: str, group: str, setting: Any, before: Any, authority: str | None, **more: Any
) -> Merged:
    found = merged(policy, group, setting, before, authority, **more)
    return Merged(max(found.heads, key=lambda fact: fact.op), found.heads, found.conflict)


merged = merge.merge_group


def base_is_ignored(setting: Any, before: Any, **more: Any) -> Any:
    return still_standing([_without_base(fact) for fact in setting], before, **more)


def _without_base(fact: Any) -> Any:
    return replace(fact, base=frozenset())


still_standing = merge.standing

RULES: dict[str, list[Patch]] = {
    "a server acknowledges after its commit": [
        (ServerDisk, "execute", commit_without_sync), (ServerDisk, "durable", what_was_synced),
    ],
    "a receipt is for what is held, not for what is said": [(Node, "receipts_within", receipts_for_what_is_said)],
    "a tablet's commit is strict": [
        (TabletDisk, "_commit", relaxed_commit), (TabletDisk, "after_stop", what_relaxed_keeps),
    ],
    "the number is counted inside the transaction": [(Tablet, "_tip", tab_counts_by_heart)],
    "an op is stored with add, not with put": [
        (Tablet, "_tip", tab_counts_by_heart), (Tablet, "_store", store_with_put),
    ],
    "a tablet believes genuine receipts only": [(Tablet, "_genuine", lambda *_: True)],
    "a tablet that was copied begins a new epoch": [(Tablet, "_begin_epoch", nothing)],
    "a server that was put back begins a new epoch": [(Node, "begin_epoch", no_new_life)],
    "a server says which stated chains it lacks": [(exchange, "_lacking", lambda *_: [])],
    "hashes are checked": [(SqliteLog, "_attach", any_hash_will_do)],
    "signatures are checked": [(signing, "verify", lambda *_: True)],
    "a second op with one number is a fork": [(Branches, "place", known_by_number)],
    "vectors name hashes, not only numbers": [(Branches, "holding", held_by_number)],
    "nothing is applied without admission": [(RecordAdmission, "check", nothing)],
    "what is held back is kept": [(Weigher, "_quarantine", nothing)],
    "what is allowed now leaves quarantine": [(Weigher, "_follow", nothing)],
    "a revocation is by number, not by time": [(RecordAdmission, "check", early_clocks_pass)],
    "an op of a later version waits": [(ops, "VERSION", 2)],
    "an erased op is withdrawn": [(Weigher, "withdraw", nothing)],
    "an erased body is blanked": [(SqliteLog, "erase_body", nothing)],
    "a wrong clock is mended by its note": [(Folder, "time", lambda self, header, kind=None: header.hybrid)],
    "another's clock pulls a server's a day at most": [(Node, "_observe", pulled_by_any_clock)],
    "the later one wins, not the larger id": [(merge, "merge_group", winner_by_id)],
    "an edit replaces what it had in view": [(merge, "standing", base_is_ignored)],
    "what lies before a fork lies before both branches": [
        (Branches, "lies_before", lambda _, a, a_seq, b, b_seq: a == b and a_seq < b_seq),
    ],
}  # fmt: skip


@contextmanager
def broken(rule: str) -> Iterator[None]:
    """The program without one of its rules."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name, wrong in RULES[rule]:
            patch.setattr(owner, name, wrong)
        yield


def first_seed_that_fails(seeds: Sequence[int], fails: Callable[[int], str | None]) -> tuple[int, str] | None:
    for seed in seeds:
        if (what := fails(seed)) is not None:
            return seed, what
    return None
