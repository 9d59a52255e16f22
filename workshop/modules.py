"""One file for a page instead of a request for each ES module. No bundler: no renaming, no tree shaking, no parsing.

Each module becomes a function's body in the order of the import graph; its `export`s are what the function returns, its `import`s
are taken from what earlier functions returned. So private names never meet. The modules run unjoined just the same.
Rules for authors, checked here: imports and exports start in the first column, paths are relative, no default exports, no
`export let`, no cycles. `import("./x.js")` of a literal path gives the joined module; of a computed path only in `js/` itself.
"""

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CORE: Final = "js/app.js"
JOINED: Final = re.compile(r"js/app\.([a-z][a-z0-9_]*)\.js")
NO_FEATURE: Final = "core"

IMPORT: Final = re.compile(r'^import\s+(?:([\w$*{}\s,]+?)\s+from\s+)?"([^"\n]+)";?[ \t]*\n', re.MULTILINE)
EXPORT_LIST: Final = re.compile(r"^export\s*\{([^}]*)\}\s*;?[ \t]*\n", re.MULTILINE)
EXPORT_ONE: Final = re.compile(r"^export ((?:async )?function\*?|class|const)\s+([\w$]+)", re.MULTILINE)
LEFT_OVER: Final = re.compile(r"^(?:export\b|import\s*[\w${*\"']).*", re.MULTILINE)
LATER: Final = re.compile(r'\bimport\("(\.[^"\n]+)"\)')
RELATIVE_LATER: Final = re.compile(r"""\bimport\(\s*["'`]\.""")
WAITS: Final = re.compile(r"^(?:(?:const|let) [^\n]*= *)?await\b", re.MULTILINE)
COMMENT: Final = re.compile(
    r"^[ \t]*/\*\*(?:(?!\*/)[\s\S])*\*/[ \t]*\n|^[ \t]*// .*\n|/\*\* @[^\n]*?\*/ ?", re.MULTILINE
)


class JoinError(Exception):
    """A module that cannot be joined: which one, and why."""


@dataclass(frozen=True)
class Module:
    """One module taken apart. `imports` are (names as written, path) and `exports` (name outside, name inside);
    `later` gives the paths of `import("...")` by how they are written."""

    path: str
    body: str
    imports: list[tuple[str, str]]
    exports: list[tuple[str, str]]
    later: dict[str, str]


def joined_entries(static_root: Path) -> list[str]:
    """The joined files that exist: one for pages without a feature, one for each `js/<feature>/main.js`."""
    features = sorted(path.parent.name for path in (static_root / "js").glob("*/main.js"))
    return [f"js/app.{name}.js" for name in [NO_FEATURE, *features]]


def join_modules(static_root: Path, entry: str) -> bytes:
    """The file `js/app.<feature>.js` (core and feature; the feature's exported `start`, if any, is called), or one module's closure.

    Raises JoinError for what breaks the rules above.
    """
    joined = JOINED.fullmatch(entry)
    if joined is None:
        wanted = [entry]
    elif joined[1] == NO_FEATURE:
        wanted = [CORE]
    else:
        wanted = [CORE, f"js/{joined[1]}/main.js"]
    ordered = _ordered(static_root, wanted)
    numbers = {module.path: number for number, module in enumerate(ordered)}
    text = "".join(_as_function(module, numbers) for module in ordered)
    if len(wanted) == 2:
        text += f"$m{numbers[wanted[1]]}.start?.();\n"
    return text.encode()


def _ordered(root: Path, wanted: list[str]) -> list[Module]:
    """The modules that are needed, each after those that it imports."""
    done: dict[str, Module] = {}

    def visit(path: str, above: tuple[str, ...]) -> None:
        if path in above:
            raise JoinError(f"a cycle of imports: {' -> '.join([*above, path])}")
        if path in done:
            return
        module = _read(root, path)
        for needed in [*(path for _names, path in module.imports), *module.later.values()]:
            visit(needed, (*above, path))
        done[path] = module

    for path in wanted:
        visit(path, ())
    return list(done.values())


def _read(root: Path, path: str) -> Module:
    file = root / path
    if path.startswith("..") or not file.is_file():
        raise JoinError(f"no such module: {path}")
    text = file.read_text("utf-8").removesuffix("\n") + "\n"
    if not path.startswith("vendor/"):
        text = COMMENT.sub("", text)
    if posixpath.dirname(path) != "js" and RELATIVE_LATER.search(LATER.sub("", text)):
        raise JoinError(f"{path}: a relative import() would look beside the joined file")
    later = {match[1]: _resolved(path, match[1]) for match in LATER.finditer(text)}
    imports = [(match[1] or "", _resolved(path, match[2])) for match in IMPORT.finditer(text)]
    exports = [(match[2], match[2]) for match in EXPORT_ONE.finditer(text)]
    for match in EXPORT_LIST.finditer(text):
        exports += [_renamed(name) for name in match[1].split(",") if name.strip()]
    body = EXPORT_ONE.sub(r"\1 \2", EXPORT_LIST.sub("", IMPORT.sub("", text)))
    if left := LEFT_OVER.search(body):
        raise JoinError(f"{path}: cannot join {left[0]!r}")
    return Module(path, body, imports, exports, later)


def _resolved(path: str, target: str) -> str:
    if not target.startswith("."):
        raise JoinError(f"{path}: only relative paths can be joined, not {target!r}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def _renamed(item: str) -> tuple[str, str]:
    """`a` or `a as b` of an export list, as (outside, inside)."""
    inside, _, outside = item.strip().partition(" as ")
    return (outside or inside).strip(), inside.strip()


def _as_function(module: Module, numbers: dict[str, int]) -> str:
    lines = [_taken(module.path, names, f"$m{numbers[path]}") for names, path in module.imports if names]
    given = ", ".join(out if out == inside else f"{out}: {inside}" for out, inside in module.exports)
    body = LATER.sub(lambda match: f"Promise.resolve($m{numbers[module.later[match[1]]]})", module.body)
    waits = WAITS.search(module.body) is not None
    opening, closing = ("await (async () => {", "})();") if waits else ("(() => {", "})();")
    head = f"// {module.path}\nconst $m{numbers[module.path]} = {opening}\n"
    return head + "".join(lines) + body + f"return {{ {given} }};\n{closing}\n"


def _taken(path: str, names: str, source: str) -> str:
    if names.startswith("{"):
        return f"const {names.replace(' as ', ': ')} = {source};\n"
    if starred := re.fullmatch(r"\*\s+as\s+([\w$]+)", names):
        return f"const {starred[1]} = {source};\n"
    raise JoinError(f"{path}: default imports cannot be joined ({names})")
