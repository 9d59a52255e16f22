"""Everything that can be wrong with a lesson, as one tree. Codes and data only; words are in problems.py.

Problem (workshop/problems.py: answered as a page, as JSON or by the command line)
└── LessonError
    ├── UnsafeSource     the folder or zip may not be opened: names, links, sizes, numbers
    ├── BadLesson        it can be opened but is not a lesson: fields, blocks, terms
    │   └── BadFigure    a picture in it is not one that we show
    └── StoreProblem     the site's own store: unknown, damaged
"""

from workshop.problems import Problem

STATUS = {"lesson_unknown": 404, "lesson_damaged": 500}


class LessonError(Problem):
    """`code` is stable and meant for programs; `data` holds plain values to put into the words."""

    def __init__(self, code: str, **data: str | int) -> None:
        super().__init__(code, STATUS.get(code, 422), **data)

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.data.items())
        return f"{self.code} ({details})" if details else self.code


class UnsafeSource(LessonError):
    pass


class BadLesson(LessonError):
    pass


class BadFigure(BadLesson):
    pass


class StoreProblem(LessonError):
    pass
