"""What a bundle for the other side must hold: everything that it is not known to have. Knowledge comes from exchanges, bundles, receipts."""

import json

from sync.exchange import read_vector
from sync.log import Vector
from workshop.site import Site


def peer_vector(site: Site) -> Vector | None:
    """What the other side surely has; None when nothing is known, and everything must go.

    For a workshop that is its campus; for a campus, what the last bundle or exchange of any workshop said.
    """
    rows = site.db.execute("select has from local_peer where has is not null").fetchall()
    return read_vector(json.loads(rows[0][0])) if len(rows) == 1 else None


def remember_vector(site: Site, device: str, vector: Vector) -> None:
    """Keep what the writer of a bundle says it has."""
    with site.writing() as db:
        db.execute("update local_peer set has = ? where device = ?", (json.dumps(vector), device))
