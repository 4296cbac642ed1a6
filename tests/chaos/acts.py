"""Short words for what the tests of failure do: a small configuration, a plan, an apply."""

import tempfile
from pathlib import Path
from threading import Event
from typing import Any

import yaml

from chaos.direct import Bank, Direct, world
from provisioner.config.load import load_config
from provisioner.core.model.config import Config
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.engine.apply.execute import Outcome, Report, execute
from provisioner.kinds import KINDS
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.state.objects import Origin, Tx

BILLING = {
    "address": {
        "line1": "123 Main Street",
        "city": "San Francisco",
        "state": "CA",
        "postal_code": "94111",
        "country": "US",
    }
}
HOLDER: dict[str, Any] = {"type": "company", "name": "Acme Inc", "billing": BILLING}
CARD: dict[str, Any] = {"cardholder": "acme", "type": "virtual", "currency": "usd", "status": "active"}


def config(**sections: Any) -> Config:
    """A configuration with these sections."""
    document = {"version": 1, "project": "acts", **sections}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper), encoding="utf-8")
        return load_config(path, KINDS)


def money(target: int, **more: Any) -> Config:
    """A balance target alone."""
    return config(balance_targets={"usd": {"target": target, **more}})


def one_card(limit: int = 1000, **more: Any) -> Config:
    """A card and its holder."""
    limits = {"spending_limits": [{"amount": limit, "interval": "monthly"}]}
    return config(cardholders={"acme": HOLDER}, cards={"ads": {**CARD, "spending_controls": limits, **more}})


def plan(bank: Bank, wanted: Config) -> Plan:
    """The plan, read in peace."""
    return make_plan(KINDS, wanted, world(Direct(bank), KINDS, wanted))


def carry_out(writer: Direct, planned: Plan) -> Report:
    """The plan, carried out."""
    return execute(planned, writer, lambda _result: None, Event(), workers=1)


def apply(bank: Bank, wanted: Config, **how: Any) -> Report:
    """A plan and its execution."""
    return carry_out(Direct(bank, **how), plan(bank, wanted))


def reasons(report: Report) -> list[str]:
    """Why what was not done was not done."""
    return [result.reason for result in report.results if result.outcome is not Outcome.DONE]


def top_ups(bank: Bank) -> list[tuple[int, str]]:
    """Amount and status of all top-ups, newest first."""
    return [(item["amount"], item["status"]) for item in Direct(bank).list("topups")]


def cards(bank: Bank) -> list[dict[str, Any]]:
    """All cards, newest first."""
    return [dict(item) for item in Direct(bank).list("issuing/cards")]


def switch(bank: Bank, **chosen: bool) -> None:
    """Decide what nobody knows of Stripe."""
    with bank.store.transaction(write=True) as db:
        unknowns.choose(Tx(db, "", 0, Origin()), chosen)


def once(effect: str, method: str, path: str) -> Any:
    """A strike at the first such request."""
    left = [1]

    def strike(asked: str, resource: str) -> str:
        if asked == method and resource == path and left:
            left.pop()
            return effect
        return ""

    return strike
