"""The matrix for webhook endpoints, some of which Stripe deletes: every disturbance at every request."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.depth import DEEP

from provisioner.chaos.run import cells, disturb, rehearse
from provisioner.chaos.sandbox_fixture import SandboxFixture, arena
from provisioner.chaos.scene import Scene
from provisioner.config.load import load_config
from provisioner.core.model.config import Config
from provisioner.kinds import KINDS

SEED = int(os.environ.get("PROVISIONER_SEED", "7"))
ENDPOINT: dict[str, Any] = {
    "url": "https://hooks.example.com/stripe",
    "enabled_events": ["issuing_card.updated"],
}
GONE = {"lifecycle": {"on_remove": "cancel"}}


@pytest.fixture(scope="module")
def place() -> Iterator[SandboxFixture]:
    with arena() as place:
        yield place


def config(folder: Path, **endpoints: dict[str, Any]) -> Config:
    file = folder / "provisioner.yaml"
    declared = {name: {**ENDPOINT, **more} for name, more in endpoints.items()}
    file.write_text(yaml.safe_dump({"version": 1, "project": "hooks", "webhook_endpoints": declared}))
    return load_config(file, KINDS)


def test_a_disturbed_apply_and_the_next_one_end_as_an_undisturbed_one(
    place: SandboxFixture, tmp_path: Path
) -> None:
    before = config(tmp_path, same={}, changed={}, quiet={}, renewed={}, resting={}, gone=GONE)
    later = {"api_version": "2026-10-28.endive"}
    changed = {"enabled_events": ["*"], "description": "All"}
    after = config(
        tmp_path, same={}, changed=changed, quiet={"disabled": True}, renewed=later, new={"disabled": True}
    )
    course = rehearse(place, Scene(before, after))

    chosen = cells(course, SEED, None if DEEP else 16)
    failed = {str(cell): wrong for cell in chosen if (wrong := disturb(place, course, cell).wrong)}

    assert {asked.partition(" ")[0] for asked in course.asked} == {"GET", "POST", "DELETE"}
    assert failed == {}, f"seed {SEED}"
