"""The troubles are there in their exact numbers, and none of them decides a total."""

from collections import Counter
from datetime import date
from difflib import SequenceMatcher

from workshop.demo import devices
from workshop.demo.calendar import DAY_MS, day_of
from workshop.demo.devices import Sight
from workshop.demo.model import Act
from workshop.demo.year import Year


def marking(year: Year) -> dict[str, list[Act]]:
    """Mark -> the acts that set it."""
    found: dict[str, list[Act]] = {}
    for act in year.acts:
        for change in act.changes:
            if change.type == "attendance" and "status" in change.fields:
                found.setdefault(change.id, []).append(act)
    return found


def test_eighteen_marks_on_two_tablets_eleven_equal_seven_different(year: Year) -> None:
    doubles = year.troubles.double_marks
    assert Counter(one.equal for one in doubles) == {True: 11, False: 7}
    acts = marking(year)
    for one in doubles:
        assert ((one.mark.status, one.mark.minutes) == (one.other.status, one.other.minutes)) == one.equal
        pair = acts[one.mark.id]
        assert len({act.device for act in pair}) == len({act.actor for act in pair}) == len(pair) == 2
        bases = [change.base for act in pair for change in act.changes if change.id == one.mark.id]
        assert bases == [(), ()], "neither was made in view of the other"


def test_no_other_mark_comes_from_two_tablets(year: Year) -> None:
    doubles = {one.mark.id for one in year.troubles.double_marks}
    stolen = {mark.id for mark in year.troubles.stolen_marks}
    for mark, acts in marking(year).items():
        if mark not in doubles | stolen:
            assert len({act.device for act in acts}) == 1


def test_a_disputed_mark_never_decides_whether_somebody_is_counted(year: Year) -> None:
    attended = Counter((mark.class_id, mark.trainee_id) for mark in year.marks if mark.attended)
    sizes = {each.id: each.sessions for each in year.classes}
    for one in year.troubles.double_marks:
        times = attended[one.mark.class_id, one.mark.trainee_id] - one.mark.attended + one.other.attended
        assert 2 * times >= sizes[one.mark.class_id]
    before = {mark.id: mark for mark in year.marks}
    assert all(mark.attended for mark in year.troubles.stolen_marks)
    assert all(before[mark.id] != mark for mark in year.troubles.stolen_marks)


def test_five_double_registrations_one_of_them_two_people(year: Year) -> None:
    found = year.troubles.double_registrations
    assert Counter(one.truly_two for one in found) == {False: 4, True: 1}
    known = {person.id for person in year.people.trainees}
    for one in found:
        assert one.first.name != one.second.name
        assert SequenceMatcher(None, one.first.name, one.second.name).ratio() > 0.8
        assert one.first_device != one.second_device
        assert one.first.id in known
        assert (one.second.id in known) == one.truly_two
    registered = [act for act in year.acts if act.intent == "trainee.register"]
    assert len(registered) == 10
    assert all(act.device in devices.TABLETS for act in registered)
    made = Counter(
        change.id
        for act in year.acts
        for change in act.changes
        if change.type == "trainee" and "name" in change.fields
    )
    assert len(made) == 854 + 4
    assert max(made.values()) == 1


def test_the_office_decides_each_pair_when_it_knows_both(year: Year) -> None:
    sight = Sight(year.contacts)
    born = {
        change.id: act for act in year.acts for change in reversed(act.changes) if "name" in change.fields
    }
    decisions = [act for act in year.acts if act.intent == "duplicate.decide"]
    assert Counter(act.changes[0].fields["decision"] for act in decisions) == {"same": 4, "different": 1}
    for act in decisions:
        for person in act.changes[0].id.split("."):
            assert sight.sees(born[person].device, born[person].at_ms, devices.WORKSHOP, act.at_ms)


def test_three_wrong_clocks(year: Year) -> None:
    off = {}
    for act in year.acts:
        if act.wall_ms != act.at_ms:
            off.setdefault(act.device, set()).add(
                act.wall_ms - act.at_ms if act.wall_ms > DAY_MS * 365 else "1970"
            )
    assert off == {"tab-utc-2": {-480_000}, "tab-park-1": {DAY_MS}, "tab-park-2": {"1970"}}


def test_two_restores_reuse_numbers_that_the_server_already_has(year: Year) -> None:
    sight = Sight(year.contacts)
    assert len(year.troubles.restores) == 2
    for restore in year.troubles.restores:
        acts = [act for act in year.acts if act.device == restore.device]
        lost = [act for act in acts if restore.backup_ms < act.at_ms <= restore.restored_ms]
        assert lost
        assert all(sight.sees(act.device, act.at_ms, devices.WORKSHOP, restore.restored_ms) for act in lost)
        assert any(act.at_ms > restore.restored_ms for act in acts)


def test_the_stolen_tablet_sends_four_marks_after_its_key_is_revoked(year: Year) -> None:
    after = [act for act in year.acts if act.device == devices.STOLEN and act.at_ms > devices.STOLEN_MS]
    assert [act.trouble for act in after] == ["stolen"] * 4
    assert day_of(devices.STOLEN_MS) == date(2025, 5, 21)
    sight = Sight(year.contacts)
    for act in year.acts:
        if act.device == devices.STOLEN:
            arrival = sight.arrives(act.device, act.at_ms, devices.WORKSHOP)
            assert arrival is not None
            assert (arrival > devices.REVOKED_MS) == (act.trouble == "stolen")


def test_a_class_is_renamed_in_tianjin_while_it_is_marked_in_mbale(year: Year) -> None:
    rename = next(act for act in year.acts if act.trouble == "renamed")
    assert rename.device == devices.CAMPUS
    class_id = rename.changes[0].id
    reached = Sight(year.contacts).arrives(rename.device, rename.at_ms, devices.WORKSHOP)
    assert reached is not None
    between = [
        act
        for act in year.acts
        if rename.at_ms < act.at_ms < reached
        and any(change.id.startswith(f"{class_id}.") for change in act.changes)
    ]
    assert between


def test_a_trainee_is_withdrawn_while_being_graded(year: Year) -> None:
    class_id, trainee = year.troubles.withdrawn_while_graded
    attempt = next(one for one in year.attempts if (one.class_id, one.trainee_id) == (class_id, trainee))
    withdrawal = next(act for act in year.acts if act.trouble == "withdrawn")
    assert withdrawal.changes[0].id == f"{class_id}.{trainee}"
    assert attempt.started_ms < withdrawal.at_ms < attempt.signed_ms
    assert not next(
        one for one in year.enrolments if (one.class_id, one.trainee_id) == (class_id, trainee)
    ).listed


def test_weeks_without_a_line_and_sticks(year: Year) -> None:
    links = {day_of(one.at_ms) for one in year.contacts if one.peer == devices.CAMPUS}
    for first, last in devices.LOST_WEEKS:
        assert not [day for day in links if first <= day <= last]
    sticks = [one for one in year.contacts if one.road == "stick"]
    assert {one.device for one in sticks} == set(devices.PARK_TABLETS)
    for tablet in devices.PARK_TABLETS:
        written = Counter(one.made_ms for one in sticks if one.device == tablet)
        assert sorted(written.values()) == [1, 1, 1, 2], "one of four comes twice"
        assert sum(one.at_ms - one.made_ms >= 7 * DAY_MS for one in sticks if one.device == tablet) == 1
    park = [one for one in year.contacts if one.device in devices.PARK_TABLETS and one.road == "network"]
    assert not [one for one in park if devices.STICK_FIRST <= day_of(one.at_ms) <= devices.STICK_LAST]


def test_the_line_to_tianjin_stands_on_three_of_five_days_for_20_to_40_minutes(year: Year) -> None:
    links = [one for one in year.contacts if one.peer == devices.CAMPUS]
    assert all(20 <= one.minutes <= 40 for one in links)
    weeks = Counter(day_of(one.at_ms).isocalendar()[:2] for one in links[1:])
    assert weeks[2025, 10] == 3
    assert max(weeks.values()) == 3
