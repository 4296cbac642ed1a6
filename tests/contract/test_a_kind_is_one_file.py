"""A kind is one file: one that no other file names is created, changed, replaced, retired and exported."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.toy_kind import PARAMS, ROUTES, TEAM_KIND

from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.app.drift import find_account_drift
from provisioner.app.export import export
from provisioner.app.retire import plan_destruction
from provisioner.app.sandboxes import LIMITLESS
from provisioner.config.load import load_config
from provisioner.core.diff.change import Action
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError
from provisioner.core.plan.call import Call
from provisioner.core.plan.plan import Plan
from provisioner.kinds import KINDS
from provisioner.sandbox.api import schema
from provisioner.sandbox.http import app
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.credentials import SANDBOX_KEY

MORE_KINDS = (*KINDS, TEAM_KIND)
HEAD = "version: 1\nproject: toys\nmode: test\n"
HOLDER = """\
cardholders:
  acme:
    type: company
    name: Acme Inc
    billing: {address: {line1: 1 Main St, city: Oakland, state: CA, postal_code: "94111", country: US}}
"""
TEAM = "teams:\n  ads: {leader: acme, trade: painters, color: red}\n"


class Toys:
    """A configuration that is written anew, and the sandbox that it is applied to."""

    def __init__(self, folder: Path, base: str) -> None:
        self.file = folder / "provisioner.yaml"
        self.transport = Transport(SANDBOX_KEY, limits=LIMITLESS, api_base=base)

    def account(self, text: str) -> Account:
        self.file.write_text(HEAD + text, encoding="utf-8")
        return Account(self.config(), self.transport, kinds=MORE_KINDS)

    def config(self) -> Config:
        return load_config(self.file, MORE_KINDS)

    def apply(self, text: str) -> Plan:
        account = self.account(text)
        plan = account.plan(account.compare())
        assert carry_out(account, plan).complete
        again = account.plan(account.compare())
        assert not again.changes, "what is applied is in sync"
        return plan


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toys]:
    monkeypatch.setattr(app, "ROUTES", (*app.ROUTES, *ROUTES))
    for name, params in PARAMS.items():
        monkeypatch.setitem(schema._data()["types"], name, params)
    with running(Settings(rate_limit=False)) as base:
        toys = Toys(tmp_path, base)
        yield toys
        toys.transport.close()


def teams(plan: Plan) -> list[Action]:
    return [change.action for change in plan.changes if change.kind == TEAM_KIND.name]


def test_it_lives_from_creation_to_retirement(toys: Toys) -> None:
    assert teams(toys.apply(HOLDER + TEAM)) == [Action.CREATE]
    assert teams(toys.apply(HOLDER + TEAM.replace("red", "blue"))) == [Action.UPDATE]
    assert teams(toys.apply(HOLDER + TEAM.replace("painters", "masons"))) == [Action.REPLACE]
    assert teams(toys.apply(HOLDER)) == [Action.RETIRE]
    assert teams(toys.apply(HOLDER + TEAM.replace("painters", "masons"))) == [Action.UPDATE]


def test_what_somebody_else_changes_is_drift_and_is_brought_back(toys: Toys) -> None:
    toys.apply(HOLDER + TEAM)
    account = toys.account(HOLDER + TEAM)
    [team] = account.reader.list("issuing/teams")
    account.writer.perform(Call("issuing.teams", "update", team["id"], {"color": "green"}))

    [drift] = find_account_drift(account).drifts

    assert (str(drift.address), drift.path, drift.moved.value) == ("teams.ads", "color", "live")
    assert teams(toys.apply(HOLDER + TEAM)) == [Action.UPDATE]


def test_it_is_exported_as_it_is_declared(toys: Toys) -> None:
    toys.apply(HOLDER + TEAM)
    account = toys.account(HOLDER + TEAM)
    exported = export(account)
    toys.file.write_text(exported, encoding="utf-8")

    [team] = (each for each in toys.config().declared.values() if each.address.section == "teams")

    assert dict(team.fields) == {**account.config.declared[team.address].fields, "status": "active"}


def test_all_of_it_ends_with_the_project(toys: Toys) -> None:
    toys.apply(HOLDER + TEAM)
    account = toys.account(HOLDER + TEAM)

    assert carry_out(account, plan_destruction(account, cancel=True)).complete
    assert [team["status"] for team in account.reader.list("issuing/teams")] == ["inactive"]


def test_what_is_wrong_with_it_is_said_before_anything_is_sent(toys: Toys) -> None:
    with pytest.raises(ConfigError, match=r"color.*'pink'"):
        toys.account(HOLDER + TEAM.replace("red", "pink"))
    with pytest.raises(ConfigError, match="cancel"):
        toys.account(HOLDER + TEAM.replace("color: red", "lifecycle: {on_remove: cancel}"))
