"""Names of people, devices, classes and tests of one part, looked up once a page. Reads only; words are shown.py's."""

import json
from functools import cached_property

from sqlite_utils import Database

from workshop.admission import COMMON, SYSTEM
from workshop.courses import queries as courses
from workshop.privacy.names import name_of

_CHUNK = 400


class Names:
    """`lang` is "en" or "zh"; what is not known here is shown by its id."""

    def __init__(self, db: Database, part: str, lang: str) -> None:
        self._db, self.part, self.lang = db, part, lang
        self._trainees: dict[str, tuple[str, str]] = {}
        self._step_words: dict[str, dict[str, str]] = {}

    def person(self, person_id: str) -> str:
        """A staff member; "" for what a server stated by itself."""
        if person_id == SYSTEM:
            return ""
        found = self._staff.get(person_id)
        return found[self.lang == "zh"] if found else self.trainee(person_id)

    def device(self, device_id: str) -> str:
        return self._devices.get(device_id, device_id[:8])

    def device_kind(self, device_id: str) -> str:
        """ "tablet", "workshop" or "campus"; "" for one that is not enrolled."""
        return self._device_kinds.get(device_id, "")

    def training_class(self, class_id: str) -> str:
        found = self._classes.get(class_id)
        return (found[self.lang == "zh"] or class_id) if found else class_id

    def rubric(self, rubric_id: str) -> str:
        found = self._rubrics.get(rubric_id)
        return (found[self.lang == "zh"] or rubric_id) if found else rubric_id

    def course(self, course_id: str) -> str:
        row = self._db.execute(
            "select title_en, title_zh from rm_course where part = ? and id = ?", (COMMON, course_id)
        ).fetchone()
        return str(row[self.lang == "zh"] or course_id) if row else course_id

    def trainee(self, trainee_id: str) -> str:
        if trainee_id not in self._trainees:
            self.load_trainees([trainee_id])
        return self._trainees.get(trainee_id, (trainee_id, ""))[0]

    def trainee_number(self, trainee_id: str) -> str:
        self.trainee(trainee_id)
        return self._trainees.get(trainee_id, ("", ""))[1]

    def load_trainees(self, ids: list[str]) -> None:
        """Fetch many at once: pages with forty names ask one question."""
        wanted = [one for one in dict.fromkeys(ids) if one not in self._trainees]
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            rows = self._db.execute(
                f"select t.id, {name_of()}, coalesce(t.number, '') from rm_trainee t where t.part = ?"
                f" and t.id in ({', '.join('?' * len(chunk))})",
                (self.part, *chunk),
            )
            self._trainees.update({row[0]: (row[1] or row[0], row[2]) for row in rows})

    def session(self, session_id: str) -> str:
        """Day and hour of a session: "2025-07-17 08:30"."""
        row = self._db.execute(
            "select day, coalesce(start_minute, 0) from rm_session where part = ? and id = ?",
            (self.part, session_id),
        ).fetchone()
        return f"{row[0]} {row[1] // 60:02}:{row[1] % 60:02}" if row and row[0] else session_id

    def attempt(self, attempt_id: str) -> tuple[str, str, str] | None:
        """(class, trainee, rubric) ids of an attempt."""
        row = self._db.execute(
            "select class_id, trainee_id, rubric_id from rm_attempt where part = ? and id = ?",
            (self.part, attempt_id),
        ).fetchone()
        return (row[0] or "", row[1] or "", row[2] or "") if row else None

    def step(self, attempt_id: str, step_id: str) -> str:
        """A step of an attempt as its marking sheet words it."""
        found = self.attempt(attempt_id)
        return self._steps(found[2] if found else "").get(step_id, step_id)

    def _steps(self, rubric_id: str) -> dict[str, str]:
        if rubric_id not in self._step_words:
            row = self._db.execute(
                "select steps from rm_rubric where part = ? and id = ?", (COMMON, rubric_id)
            ).fetchone()
            steps = json.loads(row[0]) if row and row[0] else []
            self._step_words[rubric_id] = {
                one["id"]: one["zh" if self.lang == "zh" else "en"] or one["id"] for one in steps
            }
        return self._step_words[rubric_id]

    @cached_property
    def tz_minutes(self) -> int | None:
        """Minutes east of UTC of the part's site."""
        row = self._db.execute(
            "select tz_minutes from rm_site where part = ? and id = ?", (COMMON, self.part)
        ).fetchone()
        return int(row[0]) if row and row[0] is not None else None

    @cached_property
    def _staff(self) -> dict[str, tuple[str, str]]:
        return courses.staff_names(self._db, self.part)

    @cached_property
    def _devices(self) -> dict[str, str]:
        rows = self._db.execute(
            "select id, coalesce(name, id) from rm_device where part in (?, ?) order by part = ?",
            (self.part, COMMON, self.part),
        )
        return dict(rows.fetchall())

    @cached_property
    def _device_kinds(self) -> dict[str, str]:
        rows = self._db.execute(
            "select id, coalesce(kind, '') from rm_device where part in (?, ?) and enrolled = 1 order by part = ?",
            (self.part, COMMON, COMMON),
        )
        return dict(rows.fetchall())

    @cached_property
    def _classes(self) -> dict[str, tuple[str, str]]:
        rows = self._db.execute(
            "select id, name_en, coalesce(name_zh, name_en) from rm_training_class where part = ?",
            (self.part,),
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    @cached_property
    def _rubrics(self) -> dict[str, tuple[str, str]]:
        rows = self._db.execute(
            "select id, title_en, coalesce(title_zh, title_en) from rm_rubric where part = ?", (COMMON,)
        )
        return {row[0]: (row[1], row[2]) for row in rows}
