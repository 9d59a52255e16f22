"""What a tablet needs to go on with the work of another one, or of its people: names, classes, lessons. Reads only; no secret is in it."""

from typing import Any

from workshop.accounts.queries import person_name, roles
from workshop.courses.queries import local_day
from workshop.devices import queries, usage
from workshop.lessons.store import lesson_list
from workshop.site import Site

CLASSES_MAX = 12
LESSONS_MAX = 20


def needs(site: Site, device: str) -> dict[str, Any]:
    """`people`: those who may use it; `classes`: what was worked on with it or with the one before it, and is not over, and what its
    people lead now; `lessons`: of the courses of these classes first.
    """
    db, today = site.db, local_day(site.now(), site.tz_minutes)
    people = queries.people_on(db, site.part, device)
    used = usage.used_classes(db, site.part, usage.forebears(db, device))
    classes = [one.id for one in used if not one.last_day or one.last_day >= today]
    classes += [each for each in usage.classes_led(db, site.part, people, today) if each not in classes]
    classes = classes[:CLASSES_MAX]
    courses = usage.courses_of(db, site.part, classes)
    lessons = sorted(lesson_list(site.folder), key=lambda each: each.info.course not in courses)
    return {
        "people": [_person(site, each) for each in people],
        "classes": classes,
        "lessons": [each.slug for each in lessons[:LESSONS_MAX]],
    }


def _person(site: Site, person: str) -> dict[str, Any]:
    name = person_name(site.db, site.code, person, "staff")
    return {
        "id": person,
        "name_en": name.name_en,
        "name_zh": name.name_zh,
        "roles": sorted(roles(site.db, site.code, person, "staff")),
    }
