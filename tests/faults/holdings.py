"""What a site's database says, read beside the server or after its death. No assertions but that it can be read."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from tests.sync_world import Tablet
from workshop.folder import DATABASE
from workshop.site import Site
from workshop.verify import Verification, verify_site


def rows_in(folder: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(folder / DATABASE, timeout=30)) as db:
        db.execute("pragma query_only = on")
        return db.execute(sql, values).fetchall()


def is_sound(folder: Path) -> bool:
    return rows_in(folder, "pragma integrity_check") == [("ok",)]


def links_of(folder: Path, tablet: Tablet) -> list[bytes]:
    """The links of a tablet's ops that the site holds, by their numbers. One that is held twice is there twice."""
    sql = "select l.link from op_log l join op_chain c on c.id = l.chain where c.device = ? order by c.epoch, l.seq"
    return [bytes(row[0]) for row in rows_in(folder, sql, tablet.device)]


def count(folder: Path) -> int:
    return int(rows_in(folder, "select count(*) from op_log")[0][0])


def own_links(tablet: Tablet, part: str, upto: int) -> list[bytes]:
    return [tablet.link(part, seq) or b"" for seq in range(1, upto + 1)]


def verified(folder: Path) -> Verification:
    """Every link and signature checked, in a site that nobody serves."""
    site = Site(folder)
    try:
        with site.locked() as node:
            return verify_site(node)
    finally:
        site.close()
