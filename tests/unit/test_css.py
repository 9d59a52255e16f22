"""The look keeps its promises: small enough for a slow link, readable in sunlight and in greyscale, no sign that does not exist."""

import gzip
import itertools
import re
from pathlib import Path

import pytest

from workshop.assets import joined_css

WORKSHOP = Path(__file__).resolve().parents[2] / "workshop"
STATIC = WORKSHOP / "static"
CSS = sorted((STATIC / "css").rglob("*.css"))
TEMPLATES = sorted((WORKSHOP / "templates").rglob("*.html"))
BYTES_MAX = 12_000

TEXT, CONTROL = 7.0, 4.5
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "soft", "accent", "seal") for ground in ("paper", "tint")),
    *(("ink", f"{kind}-tint", TEXT) for kind in ("info", "warn", "alarm")),
    *((f"on-{tone}", tone, TEXT) for tone in ("good", "mid", "weak", "bad", "accent", "seal")),
    *(("edge", ground, CONTROL) for ground in ("paper", "tint")),
    *((f"{kind}-edge", f"{kind}-tint", CONTROL) for kind in ("info", "warn", "alarm")),
    *(("ring", ground, CONTROL) for ground in ("paper", "tint", "ring-gap")),
]
MARKS = ("paper", "good", "mid", "weak", "bad")
LIGHTNESS_STEP = 12.0


def themes() -> dict[str, dict[str, str]]:
    """The colours of both themes; the dark one changes only what differs."""
    text = (STATIC / "css/tokens.css").read_text("utf-8")
    light, dark = text.split("(prefers-color-scheme: dark)")
    found = {
        name: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))
        for name, part in [("light", light), ("dark", dark)]
    }
    return {"light": found["light"], "dark": found["light"] | found["dark"]}


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance of #rrggbb."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def lightness(colour: str) -> float:
    """CIE L*, 0 to 100: what is left of a colour in greyscale."""
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def sprite_ids() -> set[str]:
    return set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons/sprite.svg").read_text("utf-8")))


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_whole_style_sheet_stays_within_its_budget() -> None:
    paths = [path.relative_to(STATIC).as_posix() for path in CSS]
    assert len(gzip.compress(joined_css(STATIC, paths), 9)) <= BYTES_MAX


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_pairs_of_colours_can_be_read_in_sunlight(theme: str, ink: str, ground: str, least: float) -> None:
    colours = themes()[theme]
    assert contrast(colours[ink], colours[ground]) >= least


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_differ_in_greyscale(theme: str) -> None:
    steps = sorted(lightness(themes()[theme][name]) for name in MARKS)
    assert min(b - a for a, b in itertools.pairwise(steps)) >= LIGHTNESS_STEP


def test_colours_stand_in_the_tokens_only() -> None:
    stray = {
        f"{path.name}: {colour}"
        for path in CSS
        if path.name not in ("tokens.css", "print.css")
        for colour in re.findall(r"(?<![\w-])#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", path.read_text("utf-8"))
    }
    assert stray == set()


def test_every_custom_property_that_is_used_is_defined() -> None:
    text = "\n".join(path.read_text("utf-8") for path in CSS)
    used, defined = set(re.findall(r"var\(--([a-z0-9-]+)", text)), set(re.findall(r"--([a-z0-9-]+):", text))
    assert used <= defined


def test_one_style_sheet_is_one_request() -> None:
    assert [path.name for path in CSS if "@import" in path.read_text("utf-8")] == []


def test_every_sign_that_a_page_asks_for_is_in_the_sprite() -> None:
    asked = {
        name
        for path in [*TEMPLATES, *WORKSHOP.rglob("*.py")]
        for name in re.findall(
            r"""(?:\bicon\(|\bicon=|"icon": ?|ui\.empty\()["']([a-z-]+)["']""", path.read_text("utf-8")
        )
    }
    assert {"present", "absent", "mark"} <= asked
    assert asked <= sprite_ids()


def test_templates_carry_no_style_and_no_handlers() -> None:
    bad = re.compile(
        r"""<[^>]*\s(?:style|on[a-z]+)=|<style|<script(?![^>]*\s(?:src=|type="application/json"))"""
    )
    assert [path.name for path in TEMPLATES if bad.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("name", "side"), [("app-192", 192), ("app-512", 512), ("app-maskable-512", 512), ("apple-180", 180)]
)
def test_app_icons_have_the_size_that_their_name_says(name: str, side: int) -> None:
    head = (STATIC / f"icons/{name}.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (side, side)


def test_a_width_at_which_the_layout_changes_follows_the_letters() -> None:
    """In rem: for somebody whose browser shows letters twice as large, a tablet is as narrow as a phone."""
    queries = [line for file in CSS for line in re.findall(r"@media[^{]*", file.read_text("utf-8"))]
    assert any("rem" in query for query in queries)
    assert [query for query in queries if re.search(r"width: [0-9.]+px", query)] == []
