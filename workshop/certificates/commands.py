"""Writes of certificates: propose, approve, issue, withdraw, print. Each refuses in words; none prints or shows anything."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlite_utils import Database

from sync import Change
from sync.signing import PrivateKey
from workshop.certificates import printing, queries
from workshop.certificates.class_file import class_file
from workshop.certificates.code import Payload, facts_hash, sign_certificate
from workshop.certificates.errors import CertificateError
from workshop.certificates.facts import Candidate, ClassFile, batch_hash, certificate_facts
from workshop.certificates.issuer import issuer_key
from workshop.certificates.lists import publish_lists
from workshop.certificates.pdf import check_printable
from workshop.certificates.queries import Batch, Certificate
from workshop.certificates.serial import NUMBER_MAX, Block, above, make_serial, next_numbers
from workshop.certificates.standing import SIDES, state_of
from workshop.courses.queries import local_day
from workshop.exchange import caught_up
from workshop.ids import new_id
from workshop.problems import Problem
from workshop.site import Site

SERIAL_PREFIX = "LBW-UG"
PEOPLE_MAX = 300
COMMENT_CHARS_MAX = 500
NOT_YET = {
    "waiting": "certificate_not_approved",
    "changed": "certificate_facts_changed",
    "refused": "certificate_refused",
    "issued": "certificate_issued",
}


def propose(
    site: Site,
    part: str,
    actor: str,
    class_id: str,
    people: Sequence[str] | None = None,
    *,
    via: str = "form",
) -> str:
    """Propose certificates, and statements of hours, for people of a class; the batch's id. `people` None: everybody who gets one.

    Raises Problem: no_class, certificate_nobody, certificate_too_many.
    """
    found = _class_file(site.db, part, class_id)
    fitting = [one.id for one in found.candidates if one.kind != "none"]
    chosen = [one for one in fitting if people is None or one in set(people)]
    if not chosen:
        raise Problem("certificate_nobody", 422)
    if len(chosen) > PEOPLE_MAX:
        raise Problem("certificate_too_many", 422, most=PEOPLE_MAX)
    batch_id = new_id("b")
    fields = {
        "class_id": class_id,
        "rule_id": found.rule_id,
        "people": sorted(chosen),
        "facts_hash": batch_hash(found, chosen),
    }
    change = Change("certificate_batch", batch_id, fields)
    site.record(actor=actor, intent="certificate.propose", changes=[change], part=part, via=via)
    return batch_id


def approve(
    site: Site,
    part: str,
    actor: str,
    batch_id: str,
    side: str,
    decision: str = "approved",
    *,
    shown_hash: str | None = None,
    comment: str = "",
    via: str = "form",
) -> None:
    """One side's word on a proposal. `shown_hash`: the facts that the person had in view, when a page showed them.

    Raises Problem: certificate_no_batch, certificate_own_proposal, certificate_not_your_side, certificate_facts_changed,
    certificate_issued, certificate_refused, certificate_comment.
    """
    if side not in SIDES or decision not in ("approved", "refused"):
        raise Problem("bad_request", 400)
    if len(comment) > COMMENT_CHARS_MAX or (decision == "refused" and not comment.strip()):
        raise Problem("certificate_comment", 422, most=COMMENT_CHARS_MAX)
    batch, found = _batch(site.db, part, batch_id)
    if actor == batch.proposer and decision == "approved":
        raise Problem("certificate_own_proposal", 403)
    if not queries.may_approve(site.db, part, actor, side):
        raise Problem("certificate_not_your_side", 403)
    if any(one.actor == actor and one.side != side for one in batch.approvals):
        raise Problem("certificate_own_proposal", 403)
    present = batch_hash(found, batch.people)
    state = state_of(batch.approvals, batch.facts_hash, batch.proposer, present, batch.issued)
    if state in ("issued", "refused") or (state == "changed" and decision == "approved"):
        raise Problem(NOT_YET[state], 409)
    if shown_hash is not None and shown_hash != batch.facts_hash:
        raise Problem("certificate_facts_changed", 409)
    fields = {"decision": decision, "facts_hash": batch.facts_hash, "comment": comment.strip() or None}
    base = _heads(site.db, "approval", part, f"{batch_id}.{side}", "vote")
    change = Change("approval", f"{batch_id}.{side}", fields, base)
    site.record(actor=actor, intent=f"certificate.{decision}", changes=[change], part=part, via=via)


def issue(site: Site, part: str, actor: str, batch_id: str) -> list[str]:
    """At the campus, after both approvals: number, sign and record every certificate of a batch; the serials. All or none.

    Raises Problem: certificate_campus_only, certificate_no_batch, certificate_not_approved, certificate_facts_changed, certificate_refused,
    certificate_issued, restored_not_caught_up, and what the paper or the serials refuse (errors.py).
    """
    if site.role != "campus":
        raise Problem("certificate_campus_only", 409)
    if not queries.may_approve(site.db, part, actor, "campus"):
        raise Problem("certificate_not_your_side", 403)
    with site.writing() as db, _in_words():
        _check_caught_up(site, db)
        batch, found = _batch(db, part, batch_id)
        present = batch_hash(found, batch.people)
        state = state_of(batch.approvals, batch.facts_hash, batch.proposer, present, batch.issued)
        if state != "ready":
            raise Problem(NOT_YET[state], 409)
        key = issuer_key(site, db)
        today = local_day(site.now(), site.tz_minutes)
        people = found.of(batch.people)
        year = int(today[:4])
        prefix = site.setting("serial_prefix", SERIAL_PREFIX)
        blocks = [Block(*block) for block in site.setting("serial_blocks", [[1, NUMBER_MAX]])]
        blocks = above(blocks, queries.number_floor(db, year))
        numbers = next_numbers(blocks, queries.used_numbers(db, prefix, year), len(people))
        serials = [make_serial(prefix, year, number) for number in numbers]
        changes = _certificates(site, db, batch, found, people, serials, today, key)
        for change in changes:
            site.record(actor=actor, intent="certificate.issue", changes=[change], part=part)
        publish_lists(site)
        return serials


def withdraw(site: Site, part: str, actor: str, serial: str, reason: str) -> None:
    """At the campus: a certificate counts no more. Its serial is never given again.

    Raises Problem: certificate_campus_only, certificate_none, certificate_reason, certificate_withdrawn.
    """
    if site.role != "campus":
        raise Problem("certificate_campus_only", 409)
    if not reason.strip() or len(reason) > COMMENT_CHARS_MAX:
        raise Problem("certificate_reason", 422, most=COMMENT_CHARS_MAX)
    with site.writing() as db:
        row = db.execute(
            "select status from rm_certificate where part = ? and id = ?", (part, serial)
        ).fetchone()
        if row is None:
            raise Problem("certificate_none", 404, serial=serial)
        if row[0] == "withdrawn":
            raise Problem("certificate_withdrawn", 409, serial=serial)
        base = _heads(db, "certificate", part, serial, "standing")
        change = Change("certificate", serial, {"status": "withdrawn", "reason": reason.strip()}, base)
        site.record(actor=actor, intent="certificate.withdraw", changes=[change], part=part)
        publish_lists(site)


def print_batch(site: Site, part: str, actor: str, batch_id: str, scope: str = "all") -> int:
    """Note a print of what still counts of a batch; the number of the print job.

    `scope`: all, certificate, statement, or one serial. Raises Problem: certificate_no_batch, print_none.
    """
    if queries.one_batch(site.db, part, batch_id) is None:
        raise Problem("certificate_no_batch", 404)
    known = queries.certificates_of(site.db, part, batch_id)
    standing = [one for one in known if one.status == "issued" and one.code]  # no code: the person was erased
    serials = [one.serial for one in standing if _in_scope(one, scope)]
    if not serials:
        raise Problem("print_none", 404)
    return printing.add_job(site, part, batch_id, serials, actor)


def _check_caught_up(site: Site, db: Database) -> None:
    """A campus that was put back from a backup may have issued since; the certificates are with the workshops."""
    waiting = caught_up.behind(site, db)
    if waiting:
        raise Problem("restored_not_caught_up", 409, sites=", ".join(one.part for one in waiting))


def _certificates(
    site: Site,
    db: Database,
    batch: Batch,
    found: ClassFile,
    people: Sequence[Candidate],
    serials: Sequence[str],
    today: str,
    key: PrivateKey,
) -> list[Change]:
    """One record a person, signed and known to be printable. Raises CertificateError."""
    printed = printing.printed_facts(site, db, batch.part)
    index = queries.next_status_index(db)
    changes = []
    for n, (one, serial) in enumerate(zip(people, serials, strict=True)):
        facts = certificate_facts(found, one, today, printed, batch.facts_hash)
        payload = Payload(
            serial=serial,
            name=one.name,
            name_zh=one.name_zh,
            course=found.course_id,
            title_en=found.course.en,
            title_zh=found.course.zh,
            hours=facts["hours"],
            grade=facts["grade"],
            day=today,
            status_index=index + n,
            facts=facts_hash(facts)[:16],
        )
        code = sign_certificate(payload, key)
        text = code.url(facts["address"]) if facts["address"] else code.text
        check_printable(printing.page_of(serial, facts, text))
        fields = {
            "batch_id": batch.id,
            "trainee_id": one.id,
            "facts": facts,
            "code": text,
            "status_index": index + n,
            "status": "issued",
            "reason": None,
        }
        changes.append(Change("certificate", serial, fields))
    return changes


def _class_file(db: Database, part: str, class_id: str, as_of_batch: str | None = None) -> ClassFile:
    found = class_file(db, part, class_id, as_of_batch=as_of_batch)
    if found is None:
        raise Problem("no_class", 404)
    return found


def _batch(db: Database, part: str, batch_id: str) -> tuple[Batch, ClassFile]:
    batch = queries.one_batch(db, part, batch_id)
    if batch is None:
        raise Problem("certificate_no_batch", 404)
    return batch, _class_file(db, part, batch.class_id, batch.id)


def _heads(db: Database, kind: str, part: str, record: str, group: str) -> tuple[str, ...]:
    row = db.execute(
        f"select heads ->> ? from rm_{kind} where part = ? and id = ?", (f"$.{group}", part, record)
    ).fetchone()
    if row is None or row[0] is None:
        return ()
    return tuple(json.loads(row[0]))


def _in_scope(one: Certificate, scope: str) -> bool:
    kind = "statement" if one.is_statement else "certificate"
    return scope in ("all", kind, one.serial)


@contextmanager
def _in_words() -> Iterator[None]:
    """What serials, codes and paper refuse, as a problem with words."""
    try:
        yield
    except CertificateError as error:
        raise Problem(error.code, 422, **error.data) from error
