"""
The matrix: every disturbance at every request of an apply that does all there is to do.

The suite plays a part of it, by a seed; DEEP_TESTS=1 plays the whole, as does
`provisioner chaos --all`.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.depth import DEEP

from provisioner.chaos.run import DISTURBANCES, Rehearsal, cells, disturb, rehearse
from provisioner.chaos.sandbox_fixture import SandboxFixture, arena
from provisioner.chaos.scene import Scene, canonical, scene_of
from provisioner.config.load import load_config
from provisioner.kinds import KINDS

SEED = int(os.environ.get("PROVISIONER_SEED", "7"))
RUNS = len(DISTURBANCES)  # each once
PARTS = 4 if DEEP else 2
EXAMPLE = Path(__file__).parents[2] / "examples" / "acme"


@pytest.fixture(scope="module")
def place() -> Iterator[SandboxFixture]:
    with arena() as place:
        yield place


def play(place: SandboxFixture, scene: Scene, runs: int, part: int = 0, of: int = 1) -> Rehearsal:
    """Play a part of so many cells of a scene's matrix; a failing one is named with its seed."""
    place.reset()
    course = rehearse(place, scene)
    chosen = cells(course, SEED, None if DEEP else runs)[part::of]
    failed = {str(cell): wrong for cell in chosen if (wrong := disturb(place, course, cell).wrong)}
    counts = Counter(cell.disturbance for cell in chosen)
    sys.stdout.write(f"seed {SEED}: {len(chosen)} cells, {dict(counts)}\n")
    assert failed == {}, f"seed {SEED}"
    return course


@pytest.mark.parametrize("part", range(PARTS))
def test_a_disturbed_apply_and_the_next_one_end_as_an_undisturbed_one(place, part):
    course = play(place, canonical(), RUNS, part, PARTS)

    done = {request.partition(" ")[0] for request in course.asked}
    assert done == {"GET", "POST"}


def test_so_does_an_example_with_changes(place):
    play(place, scene_of(load_config(EXAMPLE, KINDS), SEED), 3)


def test_the_same_seed_chooses_the_same_cells(place):
    place.reset()
    course = rehearse(place, canonical())

    assert {cell.disturbance for cell in cells(course, SEED, RUNS)} == set(DISTURBANCES)
    assert cells(course, 3, 20) == cells(course, 3, 20)
    assert cells(course, 3, 20) != cells(course, 4, 20)
