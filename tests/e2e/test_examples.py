"""Each example: valid, applies, and the second plan is empty."""

import json
from functools import partial
from pathlib import Path

import pytest
from support.command import provisioner

from e2e.conftest import body

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
FLEETS = [path.name for path in FOLDERS if (path / "fleet.yaml").is_file()]
EXAMPLES = [path.name for path in FOLDERS if path.name not in FLEETS]


@pytest.fixture
def run(tmp_path, commands):
    return partial(provisioner, cwd=tmp_path, commands=commands)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_applies_and_its_second_plan_is_empty(example, run):
    where = str(ROOT / "examples" / example)

    assert run("validate", where).returncode == 0
    assert run("plan", where, "--sandbox", "--detailed-exitcode").returncode == 2
    applied = run("apply", where, "--sandbox", "--auto-approve", "--format", "json")
    second = run("plan", where, "--sandbox", "--detailed-exitcode")

    assert applied.returncode == 0, applied.stderr
    assert json.loads(applied.stdout)["complete"] is True
    assert second.returncode == 0, second.stdout
    # Stripe's review of a design may be noted before it
    assert body(second.stdout).endswith("No changes. Stripe matches the configuration.\n")


@pytest.mark.parametrize("example", FLEETS)
def test_a_fleet_applies_and_its_second_plan_is_empty(example, run):
    where = str(ROOT / "examples" / example)

    applied = run("fleet", "apply", where, "--sandbox", "--auto-approve")
    second = run("fleet", "plan", where, "--sandbox", "--detailed-exitcode")

    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert second.returncode == 0, second.stdout
    assert "Total: in sync." in second.stdout
