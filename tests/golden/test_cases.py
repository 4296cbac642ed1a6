"""
Golden cases: `cases/<what-happens>/` holds what is declared, what Stripe has, and what comes of it.

- `declared.yaml`: the configuration, as a user writes it;
- `live.yaml`: what Stripe holds before: the configurations that were `applied` earlier, and `then` what
  happened behind the tool's back, as raw calls (`post`) or as events of the sandbox (`control`);
- `plan.txt`: the plan; `calls.yaml`: the calls that carry it out, in order;
- `refused.txt` in place of the calls: why nothing is done; `stays.txt`: what the second plan still notes.

In all of them an id is `{its.address}`, with `#2` for its second generation, and `{later}` (`${var.later}` in
configurations) is a year to come. `pytest --update-golden` writes what comes of it anew.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from golden.stripe_account import LATER, Account, config_of
from provisioner.chaos.embedded import Embedded
from provisioner.config.load import load_config
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.ownership.marks import ADDRESS, APPLIED, GENERATION, PROJECT
from provisioner.core.plan.call import Call
from provisioner.core.plan.guardrails import judge
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.write_document import plan_document
from provisioner.kinds import KINDS
from provisioner.views.plan.text import NO_CHANGES, plan_text

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
HEAD = "Project {0.project}, {0.mode} mode, account {{account}}"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Embedded]:
    with closing(Embedded()) as there:
        yield there


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_happens(case: Path, sandbox: Embedded, request: pytest.FixtureRequest) -> None:
    """The plan, its calls, and then a plan with no changes: laws 2 and 5 for every case."""
    golden = Golden(case, update=request.config.getoption("--update-golden"))
    stripe = prepared(case, sandbox)
    names = {name: identity for identity, name in stripe.named.items()} | {"later": LATER}
    asked = (case / "declared.yaml").read_text(encoding="utf-8")
    variables = {name: identity for name, identity in names.items() if f"${{var.{name}}}" in asked}
    config = load_config(case / "declared.yaml", KINDS, variables=variables)
    before = stripe.objects()
    outcome = planned(stripe, config)
    golden.compare("refused.txt", stripe.named_text(outcome) if isinstance(outcome, str) else None)
    golden.compare("plan.txt", None if isinstance(outcome, str) else stripe.named_text(text_of(outcome)))
    if isinstance(outcome, str) or (dangers := judge(outcome, config.guardrails, {})):
        if not isinstance(outcome, str):
            golden.compare("guarded.txt", "\n".join(map(str, dangers)))
        golden.compare("calls.yaml", None)
        return
    golden.compare("guarded.txt", None)
    calls = stripe.apply(outcome)
    golden.compare("calls.yaml", calls_text(stripe, outcome, calls))
    again = stripe.plan(config)
    assert again.changes == (), text_of(again)
    quiet = stripe.named_text(text_of(again))
    golden.compare("stays.txt", None if quiet == f"{HEAD.format(config)}\n\n{NO_CHANGES}\n" else quiet)
    nothing_of_others_moved(config, before, stripe.objects())
    no_card_is_left_spendable(config, stripe.objects())


class Golden:
    """The files of a case; on update they are written instead of compared."""

    def __init__(self, case: Path, *, update: bool) -> None:
        self.case, self.update = case, update

    def compare(self, name: str, text: str | None) -> None:
        file = self.case / name
        if self.update:
            if text is None:
                file.unlink(missing_ok=True)
            else:
                file.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        expected = file.read_text(encoding="utf-8") if file.exists() else None
        assert (text if text is None else text.rstrip("\n") + "\n") == expected, f"{self.case.name}/{name}"


def prepared(case: Path, sandbox: Embedded) -> Account:
    live = yaml.load((case / "live.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
    stripe = Account(sandbox, live.get("country", "US"))
    earlier = live.get("applied", [])
    for raw in earlier if isinstance(earlier, list) else [earlier]:
        stripe.apply(stripe.plan(config_of(raw)))
    stripe.hold(live.get("then", []))
    return stripe


def planned(stripe: Account, config: Config) -> Plan | str:
    try:
        return stripe.plan(config)
    except ProvisionerError as error:
        return str(error)


def text_of(plan: Plan) -> str:
    return plan_text(plan_document(KINDS, plan))


def calls_text(stripe: Account, plan: Plan, made: list[Call]) -> str:
    """The calls in the order of the plan, after a look that they are the ones that were made."""
    assert {_kind_of(call) for call in made} == {_kind_of(step.call) for step in plan.steps}
    written = [
        {f"{step.does} {step.address}": {f"{step.call.service}.{step.call.verb}": _call(step.call)}}
        for step in plan.steps
    ]
    return stripe.named_text(yaml.dump(written, Dumper=yaml.CSafeDumper, sort_keys=False, width=110))


def _kind_of(call: Call) -> tuple[str, str, bool]:
    return call.service, call.verb, call.id is None


def _call(call: Call) -> dict[str, Any]:
    identity = {} if call.id is None else {"id": _shown(call.id)}
    return {**identity, **{name: _shown(value) for name, value in call.params.items()}}


def _shown(value: Any) -> Any:
    """A parameter as the golden file has it: references by address, digests left out."""
    if isinstance(value, dict):
        return {name: "..." if name in APPLIED and item else _shown(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value if isinstance(value, (str, int)) else "{" + str(value) + "}"


def nothing_of_others_moved(config: Config, before: dict[str, Any], after: dict[str, Any]) -> None:
    for identity, item in before.items():
        if item["metadata"].get(PROJECT) != config.project:
            assert _own(after[identity]) == _own(item)


def _own(item: dict[str, Any]) -> dict[str, Any]:
    """An object without the other one that Stripe shows inside it."""
    return {name: value for name, value in item.items() if name != "cardholder"}


def no_card_is_left_spendable(config: Config, objects: dict[str, Any]) -> None:
    """An active card of ours is the newest of its address that stands, and is declared so or kept."""
    ours = [
        item
        for item in objects.values()
        if item["metadata"].get(PROJECT) == config.project
        and GENERATION in item["metadata"]
        and item["status"] != "canceled"
    ]
    newest: dict[str, int] = {}
    for item in ours:
        address = item["metadata"][ADDRESS]
        newest[address] = max(newest.get(address, 0), int(item["metadata"][GENERATION]))
    declared = {str(address): each for address, each in config.declared.items()}
    for card in ours:
        if card["object"] != "issuing.card" or card["status"] != "active":
            continue
        marks = card["metadata"]
        assert int(marks[GENERATION]) == newest[marks[ADDRESS]], f"two generations of {marks[ADDRESS]}"
        wanted = declared.get(marks[ADDRESS])
        if wanted is None:
            assert "on_remove=keep" in marks["provisioner_lifecycle"]
        elif "status" not in wanted.lifecycle.ignore:
            assert wanted.fields.get("status", "active") == "active"
