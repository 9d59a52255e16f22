"""The acts are fit for the log: order, size, roles, declared fields, and nothing is touched before it can be known."""

import json
from collections import Counter

import pytest

from sync import Change
from workshop.admission import SYSTEM
from workshop.demo import devices
from workshop.demo.devices import Sight
from workshop.demo.draws import Draws
from workshop.demo.model import Act
from workshop.demo.rubrics import RUBRICS
from workshop.demo.skills import outcome_of
from workshop.demo.year import SEED, Year, make_year
from workshop.registry import REGISTRY


def test_order_and_number(year: Year) -> None:
    assert [act.no for act in year.acts] == list(range(len(year.acts)))
    assert all(a.at_ms <= b.at_ms for a, b in zip(year.acts, year.acts[1:], strict=False))
    assert max(Counter((act.device, act.at_ms) for act in year.acts).values()) == 1
    assert all(a.at_ms <= b.at_ms for a, b in zip(year.contacts, year.contacts[1:], strict=False))


def test_at_most_twelve_thousand_small_ops(year: Year) -> None:
    assert len(year.acts) == 10_634
    for act in year.acts:
        assert 1 <= len(act.changes) <= 80
        body = json.dumps([[one.type, one.id, one.fields, ["x" * 16] * len(one.base)] for one in act.changes])
        assert len(body.encode()) < 16 * 1024


def test_every_change_is_what_its_record_declares(year: Year) -> None:
    for act in year.acts:
        for one in act.changes:
            declared = REGISTRY.by_name[one.type]
            declared.check(Change(one.type, one.id, one.fields))
            assert (act.part == "common") <= (declared.parts != "site"), one
            assert not (declared.server_only and act.device in devices.TABLETS)


def test_every_actor_holds_a_role_that_may_write_it(year: Year) -> None:
    roles = {one.id: set(one.roles) for one in year.people.staff} | {SYSTEM: {"admin"}}
    for act in year.acts:
        for one in act.changes:
            assert roles[act.actor] & REGISTRY.by_name[one.type].writers, (act.intent, one.type)


def test_an_op_holds_personal_data_of_one_person_at_most(year: Year) -> None:
    """A test and its steps are about the trainee who takes it."""
    everything = [one for act in year.acts for one in act.changes]
    tested = {one.id: one.fields["trainee_id"] for one in everything if "trainee_id" in one.fields}
    for act in year.acts:
        said = [
            (REGISTRY.by_name[one.type], Change(one.type, one.id, dict(one.fields))) for one in act.changes
        ]
        named = {
            who for declared, change in said if declared.tells(change) for who in declared.subjects(change)
        }
        assert len({tested.get(who, who) for who in named}) <= 1


def test_a_tablet_serves_ten_people_at_most(year: Year) -> None:
    tablets = [one for one in year.devices if one.kind == "tablet"]
    assert [one.name for one in tablets] == list(devices.TABLETS)
    assert len(tablets) == 6
    assert all(1 <= len(one.staff) <= 10 for one in tablets)
    named = {one.name: one.staff for one in year.devices}
    assert all(act.actor in named[act.device] for act in year.acts if act.actor != SYSTEM)


def test_the_acts_without_the_troubles_make_exactly_the_year_s_marks(year: Year) -> None:
    made: dict[str, tuple[object, object]] = {}
    for act in year.acts:
        if act.trouble is None:
            for one in act.changes:
                if one.type == "attendance" and "status" in one.fields:
                    made[one.id] = (one.fields["status"], one.fields["minutes"])
    assert made == {mark.id: (mark.status, mark.minutes) for mark in year.marks}


def test_marks_are_made_within_their_session(year: Year) -> None:
    closed = {act.changes[0].id: act for act in year.acts if act.intent == "register.close"}
    opened = {
        session.id: closed[session.id].at_ms - session.minutes * 60_000
        for session in year.sessions
        if session.id in closed
    }
    for act in year.acts:
        if act.intent.startswith("attendance.mark") and act.trouble != "stolen":
            session = ".".join(act.changes[0].id.split(".")[:2])
            assert opened[session] < act.at_ms < closed[session].at_ms


def test_a_tablet_marks_only_whom_it_can_know(year: Year) -> None:
    sight = Sight(year.contacts)
    first: dict[tuple[str, str], Act] = {}
    for act in year.acts:
        for one in act.changes:
            if one.type == "attendance" and act.device in devices.TABLETS:
                class_id, number, trainee = one.id.split(".")
                for key in (
                    ("trainee", trainee),
                    ("enrolment", f"{class_id}.{trainee}"),
                    ("session", f"{class_id}.{number}"),
                ):
                    made = first[key]
                    assert sight.sees(made.device, made.at_ms, act.device, act.at_ms), (act.no, key)
            first.setdefault((one.type, one.id), act)


def test_a_base_names_earlier_acts_on_the_same_record(year: Year) -> None:
    edits = 0
    for act in year.acts:
        for one in act.changes:
            for no in one.base:
                earlier = year.acts[no]
                assert earlier.at_ms < act.at_ms
                assert any((c.type, c.id) == (one.type, one.id) for c in earlier.changes)
                edits += 1
    assert edits > 1000


def test_a_late_mark_replaces_the_absence_it_saw(year: Year) -> None:
    edits = [
        (year.acts[one.base[0]], one)
        for act in year.acts
        for one in act.changes
        if act.intent == "attendance.mark" and one.base and act.trouble is None
    ]
    assert len(edits) > 100
    for earlier, change in edits:
        before = next(one for one in earlier.changes if one.id == change.id)
        assert (before.fields["status"], change.fields["status"]) == ("absent", "late")


def test_reviews_rest_on_all_that_has_arrived(year: Year) -> None:
    sight = Sight(year.contacts)
    reviews = [act for act in year.acts if act.intent == "review.approve"]
    assert len(reviews) == 64
    assert Counter(act.intent for act in year.acts)["review.return"] == 5
    for act in reviews:
        for change in act.changes:
            assert change.seen
            for no in change.seen:
                seen = year.acts[no]
                assert sight.sees(seen.device, seen.at_ms, devices.CAMPUS, act.at_ms)


def test_attempts_have_all_steps_and_the_outcome_that_follows(year: Year) -> None:
    by_id = {one.id: one for one in RUBRICS.values()}
    for one in year.attempts:
        rubric = by_id[one.rubric_id]
        assert [step for step, _result, _remark in one.steps] == [step.id for step in rubric.steps]
        assert one.outcome == outcome_of(rubric, one.steps)
        assert one.started_ms < one.signed_ms


def test_one_attempt_in_25_is_voided_and_made_again(year: Year) -> None:
    by_id = {one.id: one for one in year.attempts}
    voided = [one for one in year.attempts if one.void_reason]
    again = [one for one in year.attempts if one.replaces]
    assert len(voided) == len(again) == (len(year.attempts) - len(again)) // 25 == 41
    for one in again:
        old = by_id[one.replaces or ""]
        assert (old.class_id, old.trainee_id) == (one.class_id, one.trainee_id)
        assert old.voided_ms is not None
        assert old.signed_ms < old.voided_ms < one.started_ms
        assert old.steps != one.steps


@pytest.mark.parametrize("class_id", ["S16", "T12"])
def test_certificates_can_be_issued_for_two_classes(year: Year, class_id: str) -> None:
    assert class_id in year.certificate_classes
    listed = {one.trainee_id for one in year.enrolments if one.class_id == class_id and one.listed}
    latest = {
        one.trainee_id: one.outcome
        for one in sorted(year.attempts, key=lambda a: a.started_ms)
        if one.class_id == class_id
    }
    assert latest.keys() == listed
    attended = Counter(mark.trainee_id for mark in year.marks if mark.class_id == class_id and mark.attended)
    held = sum(session.class_id == class_id for session in year.sessions)
    eligible = [who for who in listed if latest[who] == "competent" and 100 * attended[who] >= 80 * held]
    assert 20 <= len(eligible) < len(listed), "enough, and somebody for whom it says why not"


def test_rubrics_are_bilingual_and_critical_somewhere(year: Year) -> None:
    assert len(year.rubrics) >= 4
    for rubric in year.rubrics:
        assert 4 <= len(rubric.steps) <= 6
        assert any(step.critical for step in rubric.steps)
        assert not all(step.critical for step in rubric.steps)
        for step in rubric.steps:
            assert step.en.isascii() or "“" in step.en
            assert any("一" <= sign <= "鿿" for sign in step.zh)


def test_the_same_seed_makes_the_same_year(year: Year) -> None:
    assert make_year().fingerprint() == year.fingerprint()
    assert make_year(SEED + 1).fingerprint() != year.fingerprint()


def test_other_draws_for_one_part_leave_the_others_as_they_were(year: Year) -> None:
    other = make_year(draws=Draws(SEED, {"marks": 7}))
    assert other.marks != year.marks
    assert (other.people, other.classes, other.enrolments) == (year.people, year.classes, year.enrolments)
    assert other.contacts == year.contacts
