"""The Python API, as a program of somebody else's uses it: silent, typed, and held to the same laws."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.pages import ROOT

import provisioner
from provisioner import ConfigError, GuardrailError, Project, StaleError
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

EXAMPLE = ROOT / "examples" / "b2b-payments"
PROGRAM = Path(__file__).parent / "program.py"


def edited(folder: Path, old: str, new: str) -> Path:
    text = (EXAMPLE / "provisioner.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "provisioner.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return folder


def test_a_program_plans_applies_and_plans_empty_and_says_nothing(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, PROGRAM, EXAMPLE], capture_output=True, text=True, cwd=tmp_path, env={}, check=False
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_plan_that_has_moved_since_is_refused() -> None:
    with running(Settings(rate_limit=False)) as base:
        first = Project.load(EXAMPLE).connect("sk_test_one", api_base=base)
        second = Project.load(EXAMPLE).connect("sk_test_two", api_base=base)
        plan = first.plan()
        assert second.apply(second.plan()).complete

        with pytest.raises(StaleError):
            first.apply(plan)
        first.close()
        second.close()


def test_guardrails_hold_and_a_number_lets_pass(tmp_path: Path) -> None:
    folder = edited(tmp_path, "version: 1\n", 'version: 1\nguardrails: {max_top_up: "1.00 USD"}\n')
    with Project.load(folder).sandbox() as project:
        plan = project.plan()
        with pytest.raises(GuardrailError, match="top_up"):
            project.apply(plan)
        assert [step.address for step in project.plan().steps] == [step.address for step in plan.steps]
        assert project.apply(plan, allow={"top_up": 2000}).complete


def test_a_part_of_a_plan_is_applied_as_that_part(tmp_path: Path) -> None:
    seen = []
    with Project.load(EXAMPLE).sandbox(tmp_path / "state" / "sandbox.db") as project:
        report = project.apply(project.plan(targets=["cardholders.*"]), on_progress=seen.append)
        assert [str(result.step.address) for result in seen] == ["cardholders.company"]
        assert report.complete
        assert {change.action for change in project.plan().changes} == {"create", "top_up"}


def test_a_bad_configuration_names_its_places(tmp_path: Path) -> None:
    folder = edited(tmp_path, "currency: usd", "currency: 12")
    with pytest.raises(ConfigError) as raised:
        Project.load(folder)

    assert all(problem.where and problem.where.line for problem in raised.value.problems)


def test_what_is_not_exported_is_not_there() -> None:
    assert [name for name in provisioner.__all__ if not hasattr(provisioner, name)] == []
    with pytest.raises(AttributeError):
        _ = provisioner.Account  # type: ignore[attr-defined]
