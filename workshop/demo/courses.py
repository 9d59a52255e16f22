"""Courses of the demonstration and the words classes are named with. Titles are those of the report, our translation."""

from .model import Course

# id, English, Chinese, minutes of one class, departments it fits first (empty: everybody)
_COURSES = (
    ("ladle", "Secondary (Ladle) Refining Technology", "炉外精炼技术", 1440, ("metallurgy",)),
    ("cnc", "CNC Machining Technology", "数控加工技术", 1440, ("mechanical", "mechatronics")),
    ("concast", "Continuous Casting Production Technology", "连铸生产技术", 1440, ("metallurgy",)),
    (
        "mechinno",
        "Mechatronic Innovation and Intelligent Application Technology",
        "机电创新智能应用技术",
        1440,
        ("mechanical", "mechatronics"),
    ),
    ("bar", "Bar Production (Rolling) Technology", "棒材生产技术", 1440, ("metallurgy",)),
    (
        "plc",
        "Electrical Control and PLC Application",
        "电气控制与 PLC 应用",
        1440,
        ("electrical", "mechatronics"),
    ),
    ("zhplus", "Chinese + Vocational Skills", "中文+职业技能", 1440, ()),
    ("epip", "Engineering Practice Innovation Project (EPIP)", "工程实践创新项目（EPIP）", 1080, ()),
    ("fitter", "Bench Fitting (Fitter)", "钳工", 900, ("mechanical",)),
    ("elauto", "Electrical Automation Technology", "电气自动化技术", 900, ("electrical",)),
    ("maintelec", "Maintenance Electrician", "职业维修电工", 900, ("electrical",)),
    (
        "own-metallurgy",
        "Ferrous Metallurgy Technology: programme",
        "黑色冶金技术（专业课程）",
        5040,
        ("metallurgy",),
    ),
    (
        "own-mechatronics",
        "Mechatronics Technology: programme",
        "机电一体化技术（专业课程）",
        5040,
        ("mechatronics",),
    ),
    (
        "own-electrical",
        "Mechatronics Technology, embedded in Electrical Engineering",
        "机电一体化技术（嵌入电气工程系教学）",
        5040,
        ("electrical",),
    ),
    (
        "own-mechanical",
        "Mechatronics Technology, embedded in Mechanical Engineering",
        "机电一体化技术（嵌入机械工程系教学）",
        5040,
        ("mechanical",),
    ),
)
COURSES: dict[str, Course] = {id_: Course(id_, en, zh, minutes) for id_, en, zh, minutes, _fit in _COURSES}
FITTING: dict[str, frozenset[str]] = {id_: frozenset(fit) for id_, _en, _zh, _minutes, fit in _COURSES}

_CATEGORY_WORDS = {
    "local_teacher": ("teachers", "本土教师"),
    "local_student": ("students", "本土学生"),
    "employee": ("employees", "本土员工"),
}
_BATCH_WORDS = {"B1": ("batch 1", "第一批"), "B2": ("batch 2", "第二批"), "B3": ("batch 3", "第三批")}


def class_names(class_id: str, course_id: str, category: str, batch: str | None) -> tuple[str, str]:
    """English and Chinese name of a class, such as `CNC Machining Technology, teachers, batch 1 (T01)`."""
    course = COURSES[course_id]
    en, zh = _CATEGORY_WORDS[category]
    batch_en, batch_zh = _BATCH_WORDS.get(batch or "", ("", ""))
    english = ", ".join(word for word in (course.title_en, en, batch_en) if word)
    return f"{english} ({class_id})", f"{course.title_zh}·{zh}{batch_zh}（{class_id}）"
