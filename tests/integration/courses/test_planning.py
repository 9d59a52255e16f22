"""A class is planned by a form at the workshop; courses and tests come from the campus only."""

import pytest

from tests.integration.conftest import csrf_of
from workshop.courses import queries
from workshop.courses.rules import parse_steps, plan_class
from workshop.problems import Problem

FORM = {
    "name_en": "PLC, students",
    "name_zh": "电气控制·学生",
    "course_id": "plc",
    "category": "local_student",
    "kind": "training",
    "first_day": "2026-11-23",
    "last_day": "2026-12-04",
    "start": "08:30",
    "minutes": "180",
}


def test_days_follow_the_weekdays() -> None:
    plan = plan_class(FORM, ["0", "2"], "pakello")
    assert [day for _, day, _, _ in plan.sessions] == ["2026-11-23", "2026-11-25", "2026-11-30", "2026-12-02"]
    assert plan.sessions[0][2:] == (510, 180)
    assert plan.fields["last_day"] == "2026-12-02"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name_en": " "}, "class_name"),
        ({"course_id": ""}, "class_course"),
        ({"last_day": "2026-11-01"}, "class_days"),
        ({"start": "25:00"}, "class_time"),
        ({"last_day": "2027-12-31"}, "class_too_many"),
    ],
)
def test_a_bad_form_is_refused_with_its_own_code(change: dict[str, str], code: str) -> None:
    with pytest.raises(Problem) as refused:
        plan_class(FORM | change, ["0", "1", "2", "3", "4"], None)
    assert refused.value.code == code


def test_key_steps_are_read_line_by_line() -> None:
    steps = parse_steps("* Prove dead | 验电\n\nWire the circuit | 接线\n")
    assert steps == [
        {"id": "s1", "en": "Prove dead", "zh": "验电", "critical": True},
        {"id": "s2", "en": "Wire the circuit", "zh": "接线", "critical": False},
    ]
    with pytest.raises(Problem) as refused:
        parse_steps("only English")
    assert refused.value.data["line"] == 1


def test_a_class_is_made_and_shown(site, client, sign_in) -> None:  # type: ignore[no-untyped-def]
    sign_in("akello")
    form = FORM | {"csrf": csrf_of(client, "/en/classes/new"), "weekdays": ["0", "2"]}
    answer = client.post("/en/classes/new", data=form)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = client.get(answer.location)
    assert "PLC, students" in page.get_data(as_text=True)
    class_id = answer.location.rsplit("/", 1)[1]
    assert len(queries.sessions_of(site.db, site.code, class_id)) == 4


def test_only_the_campus_publishes_courses(client, sign_in) -> None:  # type: ignore[no-untyped-def]
    sign_in("mukasa")
    answer = client.post(
        "/en/courses",
        data={"csrf": csrf_of(client, "/en/classes/new"), "title_en": "A", "title_zh": "甲", "hours": "40"},
    )
    assert answer.status_code in (200, 403)
    assert "home campus only" in answer.get_data(as_text=True)
