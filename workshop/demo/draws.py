"""Every draw of the demonstration comes from here: one generator a part, so that a change in one part leaves the others as they were.

Nothing here is fit for keys, codes or passwords.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True, slots=True)
class Draws:
    """The seed of a year. `other` gives named parts another seed, for the test that the parts do not hang together."""

    seed: int
    other: Mapping[str, int] = field(default_factory=dict)

    def of(self, part: str) -> Random:
        return Random(f"{self.other.get(part, self.seed)}:{part}")  # noqa: S311 - invented data, repeatable on purpose
