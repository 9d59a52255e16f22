"""What is held back: kept, told with its reason, taken by itself when the reason is gone, and never in the way of the rest."""

from sync import Change

from .conftest import World

LIST = "/en/review/held"


def test_one_bad_op_does_not_keep_the_others_away(world: World) -> None:
    world.mark(world.first, "sakello", {"tokot": "present"})
    world.first.act(
        world.later(1),
        "sakello",
        "attendance.mark",
        [Change("attendance", "T01.1.tnekesa", {"status": "present", "minutes": 5})],
    )
    world.mark(world.first, "sakello", {"twabwire": "absent"})
    world.meet(world.first)
    assert world.one(world.workshop, "select count(*) from rm_attendance") == 2
    text = world.mukasa.text(LIST)
    assert "A value in it is not possible" in text and "It is kept here and at every other site" in text
    assert "Attendance mark Nekesa Ruth · PLC, batch 3" in text and "Akello Grace · UTC tablet 1" in text


def test_the_reason_is_told_in_both_languages_at_both_sites(world: World) -> None:
    world.mark(world.first, "smallory", {"tokot": "present"})
    world.meet(world.first)
    world.exchange()
    for browser in (world.mukasa, world.wang):
        assert "has no role at this site" in browser.text(LIST)
        assert "在本站点没有角色" in browser.text("/zh/review/held")


def test_people_see_their_own_and_staff_who_look_after_it_see_all(world: World) -> None:
    for actor in ("sakello", "snamutebi"):
        world.first.act(
            world.later(1), actor, "course.publish", [Change("certificate", f"x-{actor}", {"code": actor})]
        )
    world.meet(world.first)
    world.exchange()
    assert "Akello Grace" in world.akello.text(LIST) and "Namutebi Joan" not in world.akello.text(LIST)
    for browser in (world.mukasa, world.wang):
        assert "Akello Grace" in browser.text(LIST) and "Namutebi Joan" in browser.text(LIST)


def test_it_is_taken_by_itself_when_the_reason_is_gone(world: World) -> None:
    world.mark(world.first, "snew", {"tokot": "present"})
    world.meet(world.first)
    assert "Nothing is held back" not in world.mukasa.text(LIST)
    world.state(
        world.workshop,
        Change("grant", "snew.instructor.all", {"active": True}),
        Change("device_person", f"{world.first.device}.snew", {"active": True}),
    )
    assert "Nothing is held back" in world.mukasa.text(LIST)


def test_odd_bodies_are_shown_and_break_nothing(world: World) -> None:
    odd = [
        Change("unheard_of", "x.y", {"a": {"b": [1, None, True]}}),
        Change("attendance", "only-one-piece", {"status": ["a"], "minutes": "many"}),
        Change("session", "T01.1", {"start_minute": "early", "minutes": -1}),
        Change("review", "register.T01.1", {"decision": "approved", "seen": None}),
    ]
    for change in odd:
        world.first.act(world.later(1), "sakello", "odd.thing", [change])
    world.meet(world.first)
    text = world.mukasa.text(LIST)
    assert text.count("It would have changed:") == len(odd)
    assert world.akello.get("/en/review/register/T01.1").status_code == 200
