"""How an erased person is shown: SQL expressions for the SELECTs of every feature. An opaque id stays, and no name.

Names are data, not texts of the program: both languages stand in them, as in everybody else's.
"""

ERASED_EN = "Erased person"
ERASED_ZH = "已删除的人员"


def name_of(trainee: str = "t") -> str:
    """A trainee's name as a page shows it; `trainee` is the table's alias. Never null."""
    return f"coalesce({trainee}.name, {_instead(trainee, ERASED_EN)}, {trainee}.id)"


def name_zh_of(trainee: str = "t") -> str:
    """The same in Chinese; empty for somebody who has none."""
    return f"coalesce({trainee}.name_zh, case when {trainee}.name is null then {_instead(trainee, ERASED_ZH)} end, '')"


def staff_name_of(staff: str, zh: bool) -> str:
    """A staff member's name; the Chinese one where it is asked for and known."""
    first = f"{staff}.name_zh, " if zh else ""
    return f"coalesce({first}{staff}.name_en, {_instead(staff, ERASED_ZH if zh else ERASED_EN)}, {staff}.id)"


def _instead(table: str, words: str) -> str:
    """Only looked up for a record without a name."""
    return (
        f"(select '{words} ' || x.id from rm_erasure x where x.id = {table}.id"
        f" and x.part in ({table}.part, 'common') limit 1)"
    )
