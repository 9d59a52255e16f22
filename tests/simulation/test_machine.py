"""The same world, driven by Hypothesis: it chooses the acts and who does them, and shrinks what fails by itself."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.simulation import audit, invariants, story
from tests.simulation.steps import STEPS
from tests.simulation.world import World

CHANCE = st.integers(0, 2**32 - 1)

RULES = {
    "mark": ("tap", "two tabs", "note", "attempt"),
    "edit": ("form", "decide", "session", "person", "enrol"),
    "sync": ("call", "exchange", "good hour", "deliver", "deliver"),
    "cut": ("cut line",),
    "crash": ("stop server", "pull plug", "fill disk", "kill tablet"),
    "restore": ("bad week", "back up server", "put server back", "back up tablet", "put tablet back"),
    "clone": ("clone tablet",),
    "clock": ("turn tablet clock", "turn server clock", "wait"),
    "revoke": ("revoke",),
    "upgrade": ("upgrade", "newer", "tool check"),
    "import_file": ("write stick", "read stick", "forge"),
    "damage": ("poison", "erase", "prune"),
}


class Fleet(RuleBasedStateMachine):
    """A campus, two workshops and their tablets. At the end of every run all comes to rest and is looked at."""

    world: World

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        self.world = World(seed)

    @invariant()
    def what_must_hold(self) -> None:
        if hasattr(self, "world"):
            self.world.touched.update(self.world.servers)
            invariants.after_step(self.world)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            story.rest(self.world)
            audit.look(self.world)


def _add(name: str, acts: tuple[str, ...]) -> None:
    @rule(act=st.sampled_from(acts), chance=CHANCE)
    def do(self: Any, act: str, chance: int) -> None:
        story.act(self.world, (act, chance))

    do.__name__ = name
    setattr(Fleet, name, do)


for _name, _acts in RULES.items():
    _add(_name, _acts)

TestFleet = Fleet.TestCase
TestFleet.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def test_every_step_is_a_rule_of_the_machine() -> None:
    assert {act for acts in RULES.values() for act in acts} == set(STEPS)
