"""Write the pages of the commands' JSON: every key, from the schemas, and examples made by the code."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift import Drift
from provisioner.core.diff.drift_document import DriftDocument, drift_document
from provisioner.core.model.config import Config
from provisioner.core.model.json_document import FORMAT_VERSION, TraceDocument
from provisioner.core.model.resource import Address, Declared
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.document import PLAN_FORMAT, PlanDocument, as_json
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.write_document import plan_document
from provisioner.core.schema.field import Direction
from provisioner.engine.apply.execute import Outcome, Report, Result
from provisioner.kinds import KINDS
from provisioner.views.report import ReportDocument, report_document

from . import markdown
from .markdown import folded, prose, table
from .schemas import HEAD, rows

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
# which schema describes what a command prints with --format json (or jsonl)
OF_COMMANDS = {
    "plan": "plan",
    "show": "plan",
    "apply": "apply",
    "import": "apply",
    "retire": "apply",
    "destroy": "apply",
    "drift": "drift",
    "backtest": "backtest",
    "validate": "validate",
    "check": "check",
    "doctor": "doctor",
    "test": "test",
    "simulate purchase": "purchase",
    "chaos": "chaos",
    "fleet plan": "fleet-report",
    "fleet apply": "fleet-report",
    "fleet drift": "fleet-report",
    "fleet status": "fleet-report",
}
ON_THE_PLAN_PAGE = ("plan", "apply")
OTHERS = (
    "error",
    "drift",
    "backtest",
    "validate",
    "check",
    "doctor",
    "test",
    "purchase",
    "chaos",
    "chaos-estate",
    "fleet-report",
    "notice",
    "journal",
    "log",
)
DECLARED = """
cards.ads:
  cardholder: ich_1Abc
  currency: usd
  type: virtual
  status: active
  spending_controls: {spending_limits: [{amount: 200000, interval: monthly}]}
balance_targets.usd: {target: 2000000, max_top_up: 1500000}
"""


def plan_page() -> str:
    """Return the page of the plan and of the report of an apply."""
    return markdown.page(
        "Plan JSON",
        prose(
            "`plan --format json` prints a plan, `plan --out FILE` saves one, and `show FILE --format "
            "json` prints a saved plan. `apply --format json` prints the plan with the result of each "
            "step. stdout is always one JSON document, written before the command ends; an "
            "[error](json.md#error) is printed as JSON, too."
        ),
        prose(
            f"`format_version` is `{PLAN_FORMAT}`. Within format 1, keys can be added, but no key is "
            "removed or changes its meaning. Readers should therefore ignore unknown keys. A plan "
            "contains no secrets and no personal data: these values appear as `(sensitive value)`. A "
            "saved plan of format 1.0 can be shown but not applied (exit code 4), because it does not "
            "record whether it was edited or what has changed in Stripe since. Plan again."
        ),
        "## Saved plans",
        prose(
            "`apply FILE` makes exactly the changes that `show FILE` shows; otherwise it makes no changes "
            "and ends with exit code 4. It plans again and compares: each object must be in the state it "
            "had when the plan was made, or in a state that this plan has already brought it to. "
            "`revision` counts provisioner's writes to an object, so a plan that was applied and then "
            "undone, by another apply or by hand, is not applied again. A manual change that was reverted "
            "by hand before the plan is applied leaves the object unchanged, and is not noticed. After an "
            "interruption, apply the same file again to finish the remaining changes."
        ),
        prose(
            "A plan is valid for the time given by `--expires` (7 days at most). To require an "
            "environment, pass it when you apply the plan (`apply FILE --env prod`). `digest` covers the "
            "whole file: `show` and `apply` reject a file that was edited. Anyone who can edit the file "
            "can also compute a new digest. `seal` is therefore a digest of `digest`, keyed with the "
            "secret described below, so `apply` rejects that too. `show` has no key and cannot check the "
            "seal."
        ),
        "### Hidden values",
        prose(
            "`fingerprint`, `goal`, `rest`, `between`, `declared`, and `seal` are HMAC-SHA256 digests. "
            "Each covers all of its values together, so no hidden value has a separate digest. "
            "`keyed_with` names the source of their secret, which each run derives again and never writes "
            "anywhere:"
        ),
        "- `project`: the salt in the metadata of the project's oldest object. Every key of the account "
        "that can read the project can check the plan; a stolen file alone reveals nothing.\n"
        "- `account`: a project without objects has no salt yet, so the secret is derived from account "
        "data that every key can read: ID, creation time, email, business, and bank accounts. Anyone who "
        "knows or guesses all of these, including the second of creation, can test guesses at the values "
        "that such a plan hides. From the first apply on, there is a salt.\n"
        "- `key`: a key that cannot read its account makes plans that only the same key can apply. With "
        "`STRIPE_ACCOUNT` set, the plan is for that account.",
        *_document("plan", _json(as_json(example_plan()))),
        *_document("apply", _json(_results(as_json(example_report())))),
    )


def other_page() -> str:
    """Return the page of all other documents."""
    listed = "\n".join(f"- [{name}](#{name}): {_first(schema(name)['description'])}" for name in OTHERS)
    examples = {"drift": _json(as_json(example_drift()))}
    return markdown.page(
        "JSON",
        prose(
            "This page describes the output of commands with `--format json`. Plans have [a separate "
            "page](plan-json.md). Every document has a schema, and every document except the lines of the "
            f"journal and the log has a `format_version`, currently `{FORMAT_VERSION}`. Within format 1, "
            "keys can be added, but no key is removed or changes its meaning. With `--format json`, "
            "stdout is always one JSON document; everything else goes to stderr."
        ),
        listed,
        *(part for name in OTHERS for part in _document(name, examples.get(name))),
    )


def _document(name: str, example: str | None) -> list[str]:
    found = schema(name)
    about = str(found["description"]).partition(" Within format 1")[0]
    parts = [
        f"## {name}",
        prose(f"{about} Schema: [schemas/{name}.schema.json](../../schemas/{name}.schema.json)."),
    ]
    definitions = found.get("definitions", {})
    for part in found.get("oneOf", [found]):
        if "$ref" in part:
            parts += [f"{definitions[part['$ref'].rpartition('/')[2]]['description']}:"]
        parts += [table(HEAD, rows(part, definitions))]
    return [*parts, folded("Example", example)] if example else parts


@cache
def schema(name: str) -> Mapping[str, Any]:
    """Return a published schema."""
    found: Mapping[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


def _first(text: str) -> str:
    return re.split(r"\.(?: |$)|:", text.replace("...", "…"), maxsplit=1)[0].replace("…", "...") + "."


def _json(document: Any) -> str:
    return f"```json\n{json.dumps(document, indent=2)}\n```"


@cache
def _plan() -> Plan:
    declared = {}
    for text, fields in yaml.safe_load(DECLARED).items():
        address = Address(*text.split("."))
        declared[address] = Declared(address, fields)
    world = Snapshot({"id": "acct_1Abc", "country": "US"}, {}, {})
    return make_plan(KINDS, Config("acme-issuing", "test", "acct_1Abc", declared), world)


def example_plan() -> PlanDocument:
    """Return a plan of a card and a top-up, as the command prints it."""
    return plan_document(KINDS, _plan())


def example_report() -> ReportDocument:
    """Return the report of an apply of that plan in which the top-up was skipped."""
    first, *others = _plan().steps
    done = Result(first, Outcome.DONE, id="ic_1Abc", request_id="req_1Abc")
    missed = [
        Result(step, Outcome.SKIPPED, reason="it raises spending, and another step failed") for step in others
    ]
    return report_document(Report((done, *missed)), example_plan())


def example_drift() -> DriftDocument:
    """Return the drift of one limit that was raised by hand."""
    found = Drift(
        Address("cards", "ads"),
        "ic_1Abc",
        "spending_controls.spending_limits[0].amount",
        Moved.LIVE,
        200000,
        900000,
        Direction.BROADENING,
        "usd",
    )
    traces = {found.place: TraceDocument("2026-11-23T09:30:00+00:00", "evt_1Abc", "req_1Abc")}
    return drift_document(
        Config("acme-issuing", "test", None, {}),
        "acct_1Abc",
        [found],
        traces,
        {"cardholder": ["ich_1Abc"], "card": []},
        listed=False,
    )


def _results(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a report that a plan does not have."""
    return {key: value for key, value in document.items() if key in ("complete", "interrupted", "results")}
