"""Joining ES modules into one file: order, scopes, and what is refused."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from workshop.modules import JoinError, join_modules, joined_entries

STATIC = Path(__file__).parents[2] / "workshop" / "static"


def tree(root: Path, **files: str) -> Path:
    """Files by name with `__` for a slash, under js/."""
    for name, text in files.items():
        path = root / "js" / f"{name.replace('__', '/')}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def run(code: bytes) -> str:
    """What the joined module prints."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node to run what was joined")
    done = subprocess.run([node, "--input-type=module", "-"], input=code, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_a_module_stands_after_what_it_imports_and_only_once(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        lib__a='export const one = "one";\n',
        lib__b='import { one } from "./a.js";\nexport function two() {\n  return one + "two";\n}\n',
        app='import {\n  two,\n} from "./lib/b.js";\nimport { one } from "./lib/a.js";\nconsole.log(one, two());\n',
    )
    joined = join_modules(root, "js/app.js")
    assert joined.count(b'"one"') == 1
    assert joined.index(b"// js/lib/a.js") < joined.index(b"// js/lib/b.js") < joined.index(b"// js/app.js")
    assert run(joined) == "one onetwo"


def test_private_names_of_two_modules_never_meet(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        a="const LIMIT = 1;\nfunction show() {\n  return LIMIT;\n}\nexport { show as showA };\n",
        app='import { showA as other } from "./a.js";\nimport * as all from "./a.js";\nconst LIMIT = 2;\n'
        "function show() {\n  return other() + all.showA() + LIMIT;\n}\nconsole.log(show());\n",
    )
    assert run(join_modules(root, "js/app.js")) == "4"


def test_a_feature_is_joined_to_the_core_and_started(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        lib__log="export function log(text) {\n  console.log(text);\n}\n",
        app='import { log } from "./lib/log.js";\nlog("core");\n',
        register__main='import { log } from "../lib/log.js";\nexport function start() {\n  log("feature");\n}\n',
    )
    assert joined_entries(root) == ["js/app.core.js", "js/app.register.js"]
    assert run(join_modules(root, "js/app.core.js")) == "core"
    assert run(join_modules(root, "js/app.register.js")) == "core\nfeature"


def test_a_feature_without_start_runs_by_itself_and_may_wait(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        app="const core = 1;\n",
        x__main='const later = await Promise.resolve("later");\nconsole.log(later);\n',
    )
    assert run(join_modules(root, "js/app.x.js")) == "later"


def test_documentation_is_left_out_but_code_is_not(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        app='// What lives here.\n/** @param {string} text */\nconst url = "https://x"; // kept\n  // gone\nconsole.log(url);\n',
    )
    joined = join_modules(root, "js/app.js")
    assert b"@param" not in joined
    assert b"gone" not in joined
    assert run(joined) == "https://x"


def test_what_is_imported_later_is_in_the_file_too(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        lib__b='export const b = "there";\n',
        lib__a='export const load = () => import("./b.js");\n',
        app='import { load } from "./lib/a.js";\nload().then(({ b }) => console.log(b));\n',
    )
    assert run(join_modules(root, "js/app.js")) == "there"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('import { b } from "./b.js";\n', "no such module"),
        ('import { b } from "../../outside.js";\n', "no such module"),
        ('import { b } from "b";\n', "only relative paths"),
        ('import b from "./other.js";\n', "default imports"),
        ("export default 1;\n", "cannot join"),
        ("export let counter = 1;\n", "cannot join"),
        ('export * from "./other.js";\n', "cannot join"),
        ("export const { a, b } = {};\n", "cannot join"),
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, text: str, why: str) -> None:
    root = tree(tmp_path, app=text, other="export const other = 1;\n")
    with pytest.raises(JoinError, match=why):
        join_modules(root, "js/app.js")


def test_a_cycle_is_refused_with_its_way(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        a='import { b } from "./b.js";\nexport const a = 1;\n',
        b='import { a } from "./a.js";\nexport const b = 1;\n',
    )
    with pytest.raises(JoinError, match=r"js/a\.js -> js/b\.js -> js/a\.js"):
        join_modules(root, "js/a.js")


def test_a_relative_import_later_would_look_in_the_wrong_folder(tmp_path: Path) -> None:
    root = tree(tmp_path, lib__a="export const load = (name) => import(`./${name}.js`);\n")
    with pytest.raises(JoinError, match="beside the joined file"):
        join_modules(root, "js/lib/a.js")


def test_a_type_before_an_expression_takes_no_code_with_it(tmp_path: Path) -> None:
    text = "const a = 1;\n/** @type {number} */ (a).toString();\n/** @type {number} */\nconst b = 2;\nconsole.log(a, b);\n"
    assert run(join_modules(tree(tmp_path, app=text), "js/app.js")) == "1 2"


@pytest.mark.parametrize("entry", joined_entries(STATIC))
def test_every_page_of_ours_can_be_joined(entry: str) -> None:
    joined = join_modules(STATIC, entry)
    node = shutil.which("node")
    if node is not None:
        done = subprocess.run(
            [node, "--input-type=module", "--check", "-"], input=joined, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
    assert b"$m0" in joined


def test_the_core_costs_a_slow_link_less_than_a_second() -> None:
    """30 kB at 400 kbit/s are 0.6 s; a register page in all may have 60 KiB."""
    assert len(gzip.compress(join_modules(STATIC, "js/app.core.js"), 9)) <= 30_000
