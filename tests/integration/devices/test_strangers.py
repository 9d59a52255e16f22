"""A tablet may work before anybody enrols it; a crowd of made-up devices must not fill the disk."""

from flask.testing import FlaskClient

from tests.integration.simulated import SimulatedTablet
from workshop import syncapi
from workshop.site import Site


def stored(site: Site) -> int:
    return int(
        site.db.execute(
            "select count(*) from op_log l join op_chain c on c.id = l.chain where c.device <> ?",
            (site.device,),
        ).fetchone()[0]
    )


def test_a_tablet_that_nobody_knows_is_kept_within_bounds(
    client: FlaskClient, site: Site, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(syncapi, "STRANGER_OPS_MAX", 3)
    tablet = SimulatedTablet(7, wall=site.now())
    for trainee in ("tone", "ttwo", "tthree"):
        tablet.mark(trainee)
    assert tablet.send(client, tablet.runs()).status_code == 200
    assert stored(site) == 3
    tablet.mark("tfour")
    refused = tablet.send(client, tablet.runs(4))
    assert (refused.status_code, refused.headers["Luban-Code"]) == (403, "not_enrolled")
    assert stored(site) == 3
    tablet.enrol(client)
    assert tablet.send(client, tablet.runs(4)).status_code == 200
    assert stored(site) == 4


def test_only_so_many_strangers(client: FlaskClient, site: Site, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(syncapi, "STRANGERS_MAX", 2)
    answers = []
    for seed in (21, 22, 23):
        tablet = SimulatedTablet(seed, wall=site.now())
        tablet.mark("tone")
        answers.append(tablet.send(client, tablet.runs()).status_code)
    assert answers == [200, 200, 403]
    assert site.db.execute("select count(*) from local_contact").fetchone()[0] == 0
