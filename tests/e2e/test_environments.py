"""Environments: what is shown says which one it is about, and a sandbox of one is nothing to another."""

import json
import re

import pytest

from e2e.conftest import CARD, COMPANY, Desk


@pytest.fixture
def both(desk: Desk) -> Desk:
    """A configuration with two environments that differ in nothing but their mode."""
    desk.write(COMPANY + CARD)
    for env, mode in (("dev", "test"), ("prod", "live")):
        desk.write(f"version: 1\nmode: {mode}\n", f"environments/{env}.yaml")
    return desk


def test_what_is_applied_to_one_sandbox_does_not_show_in_another(both: Desk):
    before = both.run("plan", "--env", "prod", "--sandbox").stdout

    both.run("apply", "--env", "dev", "--sandbox", "--auto-approve")

    assert "No changes." in both.run("plan", "--env", "dev", "--sandbox").stdout
    assert both.run("plan", "--env", "prod", "--sandbox").stdout == before
    assert "Plan: 2 to create" in before
    assert "Plan: 2 to create" in both.run("plan", "--sandbox").stdout
    assert "No drift; 2 changes not applied yet" in both.run("drift", "--env", "prod", "--sandbox").stdout
    both.run("apply", "--env", "prod", "--sandbox", "--auto-approve")
    both.run("destroy", "--env", "dev", "--sandbox", "--auto-approve")
    assert "No changes." in both.run("plan", "--env", "prod", "--sandbox").stdout


TEXT = r"[Pp]roject desk, environment dev, test mode, account acct_\w+"
MARKDOWN = r"project `desk`, environment `dev`, `test` mode, account `acct_\w+`"


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["plan"], TEXT),
        (["plan", "--format", "markdown"], MARKDOWN),
        (["drift"], TEXT),
        (["drift", "--format", "markdown"], MARKDOWN),
        (["check"], TEXT),
        (["check", "--format", "markdown"], MARKDOWN),
        (["apply", "--auto-approve"], TEXT),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("state", ["new", "in sync"])
def test_the_first_line_says_which_project_environment_mode_and_account(both: Desk, words, place, state):
    if state == "in sync":
        both.run("apply", "--env", "dev", "--auto-approve")

    first = both.run(*words, "--env", "dev").stdout.splitlines()[0]

    assert re.search(place, first), first


@pytest.mark.parametrize("command", ["plan", "drift", "check"])
def test_json_says_it_too(both: Desk, command):
    document = json.loads(both.run(command, "--env", "dev", "--format", "json").stdout)

    assert [document[key] for key in ("project", "environment", "mode")] == ["desk", "dev", "test"]
    assert document["account"].startswith("acct_")
