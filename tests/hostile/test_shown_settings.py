"""What is shown in every plan cannot come from where secrets come from."""

import json
from pathlib import Path

import pytest
from e2e.conftest import BARE_CARD, COMPANY, Desk

CANARY = "canary-of-the-runner"
HEAD = {"version": "1", "project": "desk", "mode": "test"}
HOLES = {
    "the environment": "${env.X}",
    "a part": "a-${env.X}",
    "a file": "${file.x}",
    "a variable": "${var.x}",
}


def write(desk: Desk, more: str = "", **head: str) -> None:
    settings = "".join(f"{name}: {value}\n" for name, value in (HEAD | head).items())
    desk.write(f"{settings}vars: {{x: '${{env.X}}'}}\n{COMPANY}{BARE_CARD}{more}")


@pytest.fixture(autouse=True)
def environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", CANARY)
    (desk.folder / "x").write_text(CANARY)


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES)
@pytest.mark.parametrize("setting", ["project", "mode", "account"])
def test_a_setting_cannot(desk: Desk, setting: str, hole: str):
    write(desk, **{setting: f"'{hole}'"})

    said = desk.run("plan", code=1)

    assert (
        f": {setting}: '{setting}' appears in output, so it cannot come from the environment or a file"
        in said.stderr
    )
    assert CANARY not in said.output


def test_a_setting_of_an_environment_cannot(desk: Desk):
    write(desk)
    (desk.folder / "environments").mkdir()
    (desk.folder / "environments" / "prod.yaml").write_text("project: '${env.X}'\n")

    said = desk.run("plan", "--env", "prod", code=1)

    assert said.stderr.startswith("environments/prod.yaml:1:10: project: 'project' appears in output")
    assert CANARY not in said.output


@pytest.mark.parametrize("key", ["previously", "ignore"])
def test_names_in_a_lifecycle_cannot(desk: Desk, key: str):
    write(desk, f"    lifecycle: {{{key}: ['${{env.X}}']}}\n")

    said = desk.run("plan", code=1)

    assert (
        f"cards.ads: '{key}' appears in output, so it cannot come from the environment or a file"
        in said.stderr
    )
    assert CANARY not in said.output


def test_a_variable_of_the_command_can(desk: Desk):
    write(desk, project="'${var.x}'")

    desk.run("plan", "--var", "x=other", "--out", "plan.json")

    assert json.loads(Path("plan.json").read_text())["project"] == "other"
