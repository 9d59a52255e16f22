"""Which records of people are one person, after somebody decided so. Pure."""

from collections.abc import Mapping


def roots(same_as: Mapping[str, str]) -> dict[str, str]:
    """{record: the record that stands for the person} for every record that names another one.

    A chain leads to its end. Where two people named each other's record, the smallest id of the circle stands for all,
    so the answer does not depend on where one begins.
    """
    found: dict[str, str] = {}
    for start in same_as:
        path = [start]
        while path[-1] in same_as and same_as[path[-1]] not in path:
            path.append(same_as[path[-1]])
        back = same_as.get(path[-1])
        circle = path[path.index(back) :] if back in path else path[-1:]
        found[start] = min(circle)
    return {record: root for record, root in found.items() if record != root}
