"""Is this file a picture that a page may show? By its content, never by its name. No drawing is changed here."""

import re
from typing import cast
from xml.etree import ElementTree

from workshop.lessons import limits
from workshop.lessons.errors import BadFigure

SVG = "{http://www.w3.org/2000/svg}"
TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg"}
SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}

# A closed list: what draws, names and groups. Left out with intent: script, foreignObject, image, a, style sheets
# by import, and all animation elements (they can set links later).
ELEMENTS = {
    *("svg", "g", "defs", "symbol", "use", "title", "desc", "style"),
    *("path", "line", "rect", "circle", "ellipse", "polyline", "polygon", "text", "tspan", "marker"),
    *("pattern", "clipPath", "mask", "linearGradient", "radialGradient", "stop"),
}
NAMESPACED = {
    "{http://www.w3.org/1999/xlink}href",
    "{http://www.w3.org/XML/1998/namespace}lang",
    "{http://www.w3.org/XML/1998/namespace}space",
}
_OUTSIDE = re.compile(r"url\(\s*(?!['\"]?#)|@import|expression\s*\(|\\|javascript:|data:", re.IGNORECASE)


def check_figure(name: str, content: bytes) -> None:
    """Raises BadFigure when `content` is not what the ending of `name` says, or can do more than be looked at."""
    kind = name.rpartition(".")[2]
    if kind == "svg":
        _check_svg(name, content)
    elif not content.startswith(SIGNATURES[kind]):
        raise BadFigure("figure_type", name=name)


def _check_svg(name: str, content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFigure("figure_not_utf8", name=name) from error
    # No document type, so no entities: nothing can grow, and nothing can be fetched while reading.
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper() or "<?xml-stylesheet" in text:
        raise BadFigure("figure_doctype", name=name)
    declared = re.match(r"\s*<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)", text)
    if declared and declared[1].lower() not in {"utf-8", "us-ascii"}:
        raise BadFigure("figure_not_utf8", name=name)
    root = _parsed(name, text)
    if root.tag != SVG + "svg":
        raise BadFigure("figure_type", name=name)
    if "viewBox" not in root.attrib:
        raise BadFigure("figure_no_viewbox", name=name)
    for element in root.iter():
        _check_element(name, element)


def _parsed(name: str, text: str) -> ElementTree.Element:
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(
        events=("start", "end")
    )
    depth = count = 0
    root: ElementTree.Element | None = None
    try:
        for start in range(0, len(text), 16384):
            parser.feed(text[start : start + 16384])
            for event, element in cast("list[tuple[str, ElementTree.Element]]", parser.read_events()):
                root = element if root is None else root
                depth += 1 if event == "start" else -1
                count += event == "start"
                if depth > limits.SVG_DEPTH_MAX or count > limits.SVG_ELEMENTS_MAX:
                    raise BadFigure("figure_too_complex", name=name)
        parser.close()
    except ElementTree.ParseError as error:
        raise BadFigure("figure_broken", name=name, line=error.position[0]) from error
    if root is None:
        raise BadFigure("figure_broken", name=name, line=1)
    return root


def _check_element(name: str, element: ElementTree.Element) -> None:
    tag = str(element.tag)
    if not tag.startswith(SVG) or tag.removeprefix(SVG) not in ELEMENTS:
        raise BadFigure("figure_element", name=name, element=tag.rpartition("}")[2])
    if tag == SVG + "style" and _OUTSIDE.search("".join(element.itertext())):
        raise BadFigure("figure_outside", name=name, element="style")
    for key, value in element.attrib.items():
        local = key.rpartition("}")[2]
        if key != local and key not in NAMESPACED:
            raise BadFigure("figure_attribute", name=name, attribute=local)
        if local.lower().startswith("on"):
            raise BadFigure("figure_event", name=name, attribute=local)
        if local.lower() in {"href", "src"} and not value.startswith("#"):
            raise BadFigure("figure_outside", name=name, element=tag.removeprefix(SVG))
        if _OUTSIDE.search(value):
            raise BadFigure("figure_outside", name=name, element=tag.removeprefix(SVG))
