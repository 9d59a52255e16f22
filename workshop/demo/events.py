"""What the report tells beside table 4-1: a forum, information sessions, a visit. Counted on their own, never as training."""

from datetime import date

from .model import Event

# Schools visited and people met; the report says eight sessions and over 400 people.
_INFORMATION = (
    (date(2024, 9, 20), 46),
    (date(2024, 10, 4), 52),
    (date(2024, 11, 8), 61),
    (date(2025, 2, 14), 48),
    (date(2025, 2, 28), 57),
    (date(2025, 3, 21), 44),
    (date(2025, 6, 20), 63),
    (date(2025, 8, 15), 55),
)

EVENTS: tuple[Event, ...] = (
    *(
        Event(
            f"info-{n}",
            f"Information session {n} for secondary schools",
            f"中学招生宣讲会（第{n}场）",
            day,
            people,
            "information",
        )
        for n, (day, people) in enumerate(_INFORMATION, 1)
    ),
    Event(
        "epip-forum",
        "EPIP teaching forum for heads of 13 technical schools",
        "EPIP 教学模式论坛（13 所职业院校负责人）",
        date(2025, 7, 11),
        35,
        "forum",
    ),
    Event(
        "tianjin-visit",
        "Visit of teachers and students to Tianjin",
        "师生赴天津访学交流",
        date(2025, 4, 14),
        7,
        "visit",
    ),
)
