"""What each bundle did: one row a file that was written or brought here. Writes the rows; the pages read them through queries."""

import json
import secrets
from dataclasses import dataclass, replace
from typing import Any

from sync.bundle import BundleInfo
from workshop.site import Site

KEPT = 500


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file. `state` is written, taken or refused; `at` and `made_at` UTC ms; `refused` are codes of runs not taken, with how many."""

    state: str
    at: int
    actor: str
    bytes: int
    sha256: str
    token: str = ""
    part: str | None = None
    sealed: bool = False
    device: str | None = None
    role: str | None = None
    made_at: int | None = None
    ops: int = 0
    new: int = 0
    receipts: int = 0
    code: str | None = None
    refused: tuple[tuple[str, int], ...] = ()

    def named(self, token: str) -> "Row":
        return replace(self, token=token or new_token())

    def told(self, **values: Any) -> "Row":
        return replace(self, **values)

    def of(self, info: BundleInfo, *, sealed: bool) -> "Row":
        """With what the file says of itself."""
        return replace(
            self,
            sealed=sealed,
            device=info.device,
            role=info.role,
            made_at=info.at,
            ops=info.ops,
            token=self.token or new_token(),
        )


def new_token() -> str:
    """Names one file in addresses; nobody guesses another's."""
    return secrets.token_urlsafe(9)


def note(site: Site, row: Row) -> None:
    """Keep a row; the oldest ones go, so that the table stays small."""
    with site.writing() as db:
        db.execute(
            "insert into local_bundle (token, at, state, actor, part, bytes, sealed, sha256, device, role, made_at, ops, new,"
            " receipts, code, refused) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.token,
                row.at,
                row.state,
                row.actor,
                row.part,
                row.bytes,
                int(row.sealed),
                row.sha256,
                row.device,
                row.role,
                row.made_at,
                row.ops,
                row.new,
                row.receipts,
                row.code,
                json.dumps(row.refused),
            ),
        )
        db.execute(
            "delete from local_bundle where id not in (select id from local_bundle order by id desc limit ?)",
            (KEPT,),
        )
