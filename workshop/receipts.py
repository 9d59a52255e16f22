"""Where the ops behind a record are: at this workshop, or known to be at the home campus by its signed receipt."""

from collections.abc import Sequence

from sqlite_utils import Database

from workshop.site import Site


def at_campus(site: Site, part: str, kind: str, ids: Sequence[str]) -> set[str]:
    """Those of the records whose every op the campus has receipted. At the campus itself: all of them.

    Only the campus's own word counts, told by its device id: anybody can sign a statement that calls itself a campus.
    """
    if site.role == "campus":
        return set(ids)
    found: set[str] = set()
    for start in range(0, len(ids), 400):
        chunk = ids[start : start + 400]
        rows = site.db.execute(
            "select r.id from rm_change r join op_log l on l.n = r.n join op_chain c on c.id = l.chain"
            " left join op_receipt p on p.site = ? and p.chain = l.chain"
            f" where r.part = ? and r.type = ? and r.id in ({', '.join('?' * len(chunk))})"
            " group by r.id having min(c.device = ? or coalesce(p.seq, 0) >= l.seq)",
            (site.root, part, kind, *chunk, site.root),
        )
        found.update(row[0] for row in rows)
    return found


def page_vector(db: Database, part: str) -> dict[str, int]:
    """{"dev/ep/part": highest seq} of the tablets' chains: which ops a page that is rendered now already contains."""
    rows = db.execute(
        "select c.device || '/' || c.epoch || '/' || c.part, max(c.seq) from op_chain c where c.part = ?"
        " and c.device in (select id from rm_device where kind = 'tablet') group by 1 order by 1",
        (part,),
    )
    return {name: seq for name, seq in rows}  # noqa: C416 - rows of two
