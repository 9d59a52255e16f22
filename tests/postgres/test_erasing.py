"""An erasure on one node of a campus reaches the others: the same tables, no word in any node's file, and nothing said twice."""

from tests.postgres.conftest import AddNode
from workshop.admission import COMMON, SYSTEM
from workshop.privacy import commands
from workshop.site import Site


def holds(site: Site, words: bytes) -> list[str]:
    return [path.name for path in site.folder.iterdir() if path.is_file() and words in path.read_bytes()]


def test_what_one_node_erases_is_gone_on_the_other(moved: Site, add_node: AddNode) -> None:
    two = add_node("two")
    two.catch_up()
    grants = moved.db.execute("select id from rm_grant order by id").fetchall()
    assert commands.erase(two, COMMON, SYSTEM, "swang", typed="swang", reason="asked") == 1
    for site in (moved, two):
        site.catch_up()
        with site.locked():
            pass
    hashes = set()
    for site in (moved, two):
        site.catch_up()
        assert site.db.execute("select name_en, name_zh from rm_staff where id = 'swang'").fetchall() == [
            (None, None)
        ]
        assert site.db.execute("select id from rm_grant order by id").fetchall() == grants
        assert site.db.execute("select count(*) from op_residue").fetchone()[0] == 0
        assert site.db.execute("select count(*) from rm_again").fetchone()[0] == 1
        assert holds(site, b"Wang Lihua") == []
        before, after = site.node.rebuild()
        assert before == after
        hashes.add(after)
    assert len(hashes) == 1
