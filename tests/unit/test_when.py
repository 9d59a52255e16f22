"""How long ago: the words of both languages, and that they need no table of all the world's languages."""

import subprocess
import sys

import pytest
from flask import g

from workshop.factory import create_app
from workshop.when import DAY_S, HOUR_S, MINUTE_S, When

NOW = 1_763_719_200_000


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (-60, "less than a minute ago", "不到 1 分钟前"),
        (0, "less than a minute ago", "不到 1 分钟前"),
        (50, "less than a minute ago", "不到 1 分钟前"),
        (51, "1 minute ago", "1 分钟前"),
        (50 * MINUTE_S, "50 minutes ago", "50 分钟前"),
        (90 * MINUTE_S, "2 hours ago", "2 小时前"),
        (23 * HOUR_S, "1 day ago", "1 天前"),
        (5 * DAY_S, "5 days ago", "5 天前"),
        (15 * DAY_S, "2 weeks ago", "2 周前"),
        (30 * DAY_S, "1 month ago", "1 个月前"),
        (400 * DAY_S, "1 year ago", "1 年前"),
    ],
)
def test_how_long_ago_in_both_languages(seconds: int, en: str, zh: str) -> None:
    app = create_app(None)
    for lang, words in (("en", en), ("zh", zh)):
        with app.test_request_context(f"/{lang}/"):
            g.lang = lang
            assert When(NOW, 180).ago(NOW - seconds * 1000) == words


def test_a_page_in_chinese_loads_no_data_of_the_worlds_languages() -> None:
    program = (
        "from babel import core, localedata; from workshop.factory import create_app; from workshop.when import When\n"
        "app = create_app(None); answer = app.test_client().get('/zh/nowhere')\n"
        "assert '页' in answer.text, answer.text\n"
        "with app.test_request_context('/zh/'): assert When(10**10, 0).ago(0).endswith('前')\n"
        "print(core._global_data is None, len(localedata._cache))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "0"]
