"""The YAML of a lesson: plain values, nothing clever. Knows no field; the only module that loads the library."""

from typing import Any

import yaml

from workshop.lessons import limits
from workshop.lessons.errors import BadLesson


def read_plain(text: str) -> Any:
    """Its value. Raises BadLesson `lesson_yaml`, `lesson_yaml_alias`, `lesson_yaml_twice`, `lesson_too_deep`."""
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506 - a SafeLoader, made stricter
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise BadLesson("lesson_yaml", line=mark.line + 1 if mark else 0) from error


class _PlainLoader(yaml.SafeLoader):
    """safe_load without anchors, without keys said twice, and not deeper than a lesson needs."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise BadLesson("lesson_yaml_alias")
        self.depth += 1
        if self.depth > limits.YAML_DEPTH_MAX:
            raise BadLesson("lesson_too_deep", name="lesson.yaml", limit=limits.YAML_DEPTH_MAX)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise BadLesson("lesson_yaml", line=key.start_mark.line + 1)
            if key.value in seen:
                raise BadLesson("lesson_yaml_twice", key=key.value[:60], line=key.start_mark.line + 1)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
