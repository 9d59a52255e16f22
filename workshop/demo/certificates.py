"""The demonstration's certificates: one class issued, one certificate withdrawn, one page printed twice; the other class is left for the tour."""

from collections.abc import Callable
from dataclasses import dataclass

from workshop.certificates import commands
from workshop.certificates.lists import publish_lists
from workshop.demo.year import Year
from workshop.site import Site

ISSUED_CLASS = "T12"
REASON = "Name misspelt; a corrected certificate follows. 姓名有误，另发更正证书。"


@dataclass(frozen=True)
class Cast:
    """Who proposes and who approves: three different people."""

    proposer: str
    instructor: str
    reviewer: str


def issue_certificates(
    campus: Site, workshop: Site, part: str, year: Year, exchange: Callable[[], None]
) -> list[str]:
    """Propose at the workshop, approve on both sides, issue at the campus, withdraw one, print twice; the serials."""
    people = {account.username: account.person_id for account in year.accounts}
    cast = Cast(people["wandera"], people["akello"], people["wang"])
    batch = commands.propose(workshop, part, cast.proposer, ISSUED_CLASS)
    commands.approve(workshop, part, cast.instructor, batch, "site")
    exchange()
    commands.approve(campus, part, cast.reviewer, batch, "campus")
    serials = commands.issue(campus, part, cast.reviewer, batch)
    commands.print_batch(campus, part, cast.reviewer, batch)
    commands.print_batch(campus, part, cast.reviewer, batch, serials[0])
    commands.withdraw(campus, part, cast.reviewer, serials[-1], REASON)
    publish_lists(campus)
    exchange()
    return serials
