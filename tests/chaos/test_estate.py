"""
Random histories of an estate, in trouble and by hand, checked from the side after each step.

`DEEP_TESTS=1` plays more.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.depth import DEEP

from provisioner.chaos.embedded import Embedded, embedded
from provisioner.chaos.estate import runs, unannounced
from provisioner.chaos.estate.history import HistoryStep, one, play
from provisioner.chaos.estate.reading import read
from provisioner.chaos.estate.trouble import Strike, Trouble
from provisioner.chaos.estate.watch import Watch, ended_for, revived
from provisioner.chaos.estate.wire import Mail, Wire
from provisioner.cli.main import main

STEPS = 1000 if DEEP else 50
YAML = """
version: 1
project: estate
cardholders:
  one:
    type: company
    name: Acme Inc
    billing: {address: {line1: 1 Main Street, city: Reno, state: NV, postal_code: "89501", country: US}}
cards:
  a: {cardholder: one, type: virtual, currency: usd, status: active}
"""


@pytest.mark.parametrize("seed", [200, 300])
def test_histories_end_as_they_should(seed: int) -> None:
    played = play(seed, STEPS)
    assert [(failure.script, failure.wrong) for failure in played.failures] == []
    assert set(played.runs) >= {"done", "partly", "killed"}


@pytest.fixture
def sandbox() -> Iterator[Embedded]:
    with embedded(1) as empty:
        yield empty


def cards(sandbox: Embedded) -> list[str]:
    return [card["status"] for card in sandbox.list("/v1/issuing/cards")]


def applied(sandbox: Embedded, *strikes: Strike, mail: Mail | None = None, text: str = YAML) -> str:
    with tempfile.TemporaryDirectory() as folder:
        asked = runs.Order(runs.load(text, Path(folder)))
    return runs.apply(Wire(sandbox, mail or Mail(), Trouble(strikes)), asked).how


def test_a_step_that_goes_wrong_is_found_and_told_with_what_plays_it_again(monkeypatch) -> None:
    """A program that switches every card off again after each apply is found out, and with few steps."""
    real = runs.apply

    def wayward(wire: Wire, asked: runs.Order) -> runs.Ended:
        ended = real(wire, asked)
        for card in wire.sandbox.list("/v1/issuing/cards", status="active"):
            wire.sandbox.write(f"/v1/issuing/cards/{card['id']}", {"status": "inactive"})
        return ended

    monkeypatch.setattr(runs, "apply", wayward)
    told = CliRunner().invoke(main, ["chaos", "--estate", "--seed", "1", "--steps", "8", "--format", "json"])
    (failed,) = json.loads(told.stdout)["failed"]
    assert told.exit_code == 1
    assert any("status differs from the configuration" in text for text in failed["wrong"])
    assert [step["number"] for step in failed["steps"]][-1:] == [8]
    again = CliRunner().invoke(main, [*failed["replay"].split()[1:], "--format", "json"])
    assert json.loads(again.stdout)["failed"][0]["wrong"] == failed["wrong"]


def test_the_same_seed_plays_the_same_history() -> None:
    def told() -> list[HistoryStep]:
        return one(5, 6)

    assert told() == told()


def test_a_run_that_is_killed_leaves_what_was_written_before(sandbox) -> None:
    assert applied(sandbox, Strike("kill_before", "POST", 2)) == "killed"
    assert cards(sandbox) == []
    assert len(list(sandbox.list("/v1/issuing/cardholders"))) == 1


def test_what_arrives_late_is_carried_out_later(sandbox) -> None:
    mail = Mail()
    assert applied(sandbox, Strike("kill_late", "POST", 2, later=2), mail=mail) == "killed"
    assert cards(sandbox) == []
    assert applied(sandbox, mail=mail) == "done"
    assert cards(sandbox) == ["active"]


def test_who_looks_on_knows_each_request_and_what_it_changed(sandbox) -> None:
    watch = Watch(sandbox)
    assert applied(sandbox) == "done"
    changed = [[after["object"] for _, after in moment.changed] for moment in watch.moments()]
    assert changed == [["issuing.cardholder"], ["issuing.card"]]
    assert watch.moments() == []


def card(identity: str, status: str, **more: object) -> dict[str, object]:
    marks = {"provisioner_project": "estate", "provisioner_address": "cards.a"}
    facts = {"type": "virtual", "currency": "usd", "cardholder": {"id": "ich_1"}, "spending_controls": {}}
    return {"object": "issuing.card", "id": identity, "status": status, "metadata": marks, **facts, **more}


def test_a_saved_plan_that_switches_on_what_was_switched_off_since_is_found() -> None:
    on, off = {"ic_1": card("ic_1", "active")}, {"ic_1": card("ic_1", "inactive")}
    assert len(list(revived(planned=on, before=off, after=on))) == 1
    assert list(revived(planned=off, before=off, after=on)) == []
    assert list(revived(planned=on, before=off, after=off)) == []


def test_a_card_that_is_ended_for_one_with_a_copy_of_its_marks_is_found() -> None:
    holder = {
        "object": "issuing.cardholder",
        "id": "ich_1",
        "status": "active",
        "metadata": {"provisioner_project": "estate", "provisioner_address": "cardholders.one"},
    }
    there = {"ich_1": holder, "ic_forged": card("ic_forged", "active")}
    before, after = {**there, "ic_1": card("ic_1", "active")}, {**there, "ic_1": card("ic_1", "canceled")}
    of_others = {**after, "ic_1": card("ic_1", "canceled", type="physical")}
    assert len(list(ended_for("ic_forged", before, after, read(YAML)))) == 1
    assert list(ended_for("ic_forged", before, before, read(YAML))) == []
    assert list(ended_for("ic_forged", before, of_others, read(YAML))) == []  # the YAML asks for another


def test_an_endpoint_and_a_design_that_differ_from_the_configuration_are_found(sandbox) -> None:
    others = """
webhook_endpoints:
  x: {url: "https://hooks.example.com/x", enabled_events: [issuing_card.updated]}
personalization_designs:
  y: {name: Winter, physical_bundle: ics_SandboxStandardBlack}
"""
    wanted = read(YAML + others)
    found = list(unannounced.unfinished(wanted, sandbox))
    assert found == [
        "webhook_endpoints.x is in the configuration, but not in Stripe",
        "personalization_designs.y is in the configuration, but not in Stripe",
    ]
    assert applied(sandbox, text=YAML + others) == "done"
    assert list(unannounced.unfinished(wanted, sandbox)) == []
    [endpoint], designs = sandbox.list(unannounced.ENDPOINTS), sandbox.list(unannounced.DESIGNS)
    design = next(each for each in designs if each["name"] == "Winter")
    sandbox.write(f"{unannounced.ENDPOINTS}/{endpoint['id']}", {"enabled_events": ["*"]})
    sandbox.write(f"{unannounced.DESIGNS}/{design['id']}", {"name": "Summer"})
    assert list(unannounced.unfinished(wanted, sandbox)) == [
        f"webhook_endpoints.x {endpoint['id']}: enabled_events is ['*'], not ['issuing_card.updated']",
        f"personalization_designs.y {design['id']}: name is Summer, not Winter",
    ]
    assert list(unannounced.unfinished(read(YAML), sandbox)) == [
        "webhook_endpoints.x was removed from the YAML, but is enabled"
    ]
