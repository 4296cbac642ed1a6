"""A saved plan finds its configuration again, wherever it is applied and wherever its file has gone."""

from pathlib import Path

import pytest

from e2e.conftest import COMPANY, Desk


@pytest.fixture
def planned(desk: Desk) -> Desk:
    desk.write(COMPANY, "issuing/a.yaml")
    desk.run("plan", "issuing", "--out", "plan.json")
    return desk


def test_it_is_applied_from_another_folder(planned: Desk, monkeypatch: pytest.MonkeyPatch):
    (planned.folder / "other").mkdir()
    monkeypatch.chdir("other")

    planned.run("apply", "../plan.json")

    assert "cardholders.acme" in planned.live("cardholders")


def test_one_made_in_its_own_folder_too(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.write(COMPANY, "here/a.yaml")
    desk.write(COMPANY, "other/a.yaml", project="other")
    monkeypatch.chdir("here")
    desk.run("plan", "--out", "plan.json")
    monkeypatch.chdir("../other")

    desk.run("apply", "../here/plan.json")

    assert desk.live("cardholders")["cardholders.acme"]["metadata"]["provisioner_project"] == "desk"


def test_a_file_that_was_carried_away_is_applied_where_it_was_made(planned: Desk):
    (planned.folder / "artifact").mkdir()
    Path("plan.json").rename("artifact/plan.json")

    planned.run("apply", "artifact/plan.json")

    assert "cardholders.acme" in planned.live("cardholders")


def test_without_its_configuration_both_places_are_named(planned: Desk, monkeypatch: pytest.MonkeyPatch):
    (planned.folder / "far" / "away").mkdir(parents=True)
    Path("plan.json").rename("far/plan.json")
    monkeypatch.chdir("far/away")

    said = planned.run("apply", "../plan.json", code=1).output

    assert f"{planned.folder}/far/issuing" in said
    assert f"{planned.folder}/far/away/issuing" in said
    assert "apply it in the folder where it was made" in said


@pytest.mark.parametrize("link", ["plans/q.json", "deep/er/plans/q.json", "latest.json"])
def test_links_lead_to_the_same_configuration(desk: Desk, monkeypatch: pytest.MonkeyPatch, link: str):
    (desk.folder / "deep" / "er" / "plans").mkdir(parents=True)
    (desk.folder / "other").mkdir()
    Path("plans").symlink_to("deep/er/plans")
    Path("latest.json").symlink_to("deep/er/plans/q.json")
    desk.write(COMPANY, "issuing/a.yaml")
    Path("config").symlink_to("deep/er/../../issuing")
    desk.run("plan", "deep/er/plans/../../../config", "--out", "plans/q.json")
    monkeypatch.chdir("other")

    desk.run("apply", f"../{link}")

    assert "cardholders.acme" in desk.live("cardholders")
