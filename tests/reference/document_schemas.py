"""The JSON Schemas of documents: from the structs that are their JSON, and the text below each attribute."""

import ast
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

from msgspec.json import schema_components

from provisioner.core.diff.drift_document import DriftDocument
from provisioner.core.model.fleet_report import AccountLine, FleetTotals
from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.plan.document import PLAN_FORMAT, PlanDocument
from provisioner.core.purchases.backtest_report import BacktestReport
from provisioner.kinds import KINDS
from provisioner.views.check.document import CheckDocument
from provisioner.views.report import VERBS, ReportDocument

FOLDER = Path(__file__).parents[2] / "schemas"
STABLE = (
    "Within format 1 keys may be added, and none is taken away or changes its meaning: readers ignore what "
    "they do not know."
)
Json = dict[str, Any]
NULL = {"type": "null"}


def plan_schema() -> Json:
    """What plans are, in any format that is written today."""
    about = (
        "What `plan --format json` prints and `plan --out` saves. Amounts are whole numbers of minor units "
        f"(cents). {STABLE}"
    )
    schema = _schema(PlanDocument, "plan", PLAN_FORMAT, about)
    # the oldest plans have no `rename` and `mark`, which all others have
    summary = schema["definitions"]["SummaryDocument"]
    summary |= {"required": [*summary["properties"]], "additionalProperties": summary["properties"]["create"]}
    schema["definitions"]["ChangeDocument"]["properties"]["kind"]["enum"] = [kind.name for kind in KINDS]
    return schema


def apply_schema() -> Json:
    """What there is besides the plan where one has been carried out."""
    about = (
        "What `apply`, `import`, `retire` and `destroy` print with `--format json`: the plan "
        f"(plan.schema.json), and what became of each of its steps. A change may take several steps. {STABLE}"
    )
    schema = _schema(ReportDocument, "apply", FORMAT_VERSION, about)
    own = {key: schema["properties"][key] for key in schema["properties"] if key not in _keys(PlanDocument)}
    step = schema["definitions"]["StepDocument"]
    step["properties"]["does"]["enum"] = [*VERBS]
    rest = {"allOf": [{"$ref": "plan.schema.json"}], "required": [*own], "properties": own}
    return schema | rest | {"definitions": {"StepDocument": step}}


def drift_schema() -> Json:
    """What `drift` has found."""
    about = f"What `drift --format json` prints. Amounts are whole numbers of minor units (cents). {STABLE}"
    schema = _schema(DriftDocument, "drift", FORMAT_VERSION, about)
    # what Stripe holds back or what has ended is a remark, and none of the values
    schema["definitions"]["DriftedValue"]["properties"]["moved"]["enum"] = ["live", "yaml", "both"]
    return schema


def backtest_schema() -> Json:
    """What a backtest has found."""
    about = (
        "What `backtest --format json` prints; `plan --backtest` has the same in its `backtest`, without the "
        f"keys that the plan has itself. Amounts are whole numbers of minor units (cents). {STABLE}"
    )
    return _schema(BacktestReport, "backtest", FORMAT_VERSION, about)


def check_schema() -> Json:
    """What a check has found, and the plan in it."""
    about = f"What `check --format json` prints. {STABLE}"
    schema = _schema(CheckDocument, "check", FORMAT_VERSION, about)
    plan = schema["properties"]["plan"]
    schema["properties"]["plan"] = {
        "type": "object",
        "allOf": [{"$ref": "plan.schema.json"}],
        "description": plan["description"],
    }
    parts = ("CheckPartDocument", "ProblemDocument")
    return schema | {"definitions": {name: schema["definitions"][name] for name in parts}}


def fleet_report_schema() -> Json:
    """The lines of a fleet's report."""
    about = (
        "What `fleet ... --format jsonl` prints, and what `--report FILE.jsonl` holds: JSON lines, one for "
        "each account and phase, and one with the totals after each phase. Amounts are whole numbers of "
        f"minor units (cents). {STABLE}"
    )
    schema = _schema(FleetTotals, "fleet-report", FORMAT_VERSION, about)
    definitions = schema.pop("definitions")
    account, totals = definitions.pop("AccountLine"), {key: schema.pop(key) for key in ("type", "properties")}
    phases = ["check", "plan", "apply", "drift", "status"]
    account["properties"]["phase"]["enum"] = phases
    totals["properties"]["phase"]["enum"] = [f"{phase} totals" for phase in phases]
    totals["properties"]["worst"]["items"] = {"type": "object"}
    first = {"type": "string", "const": FORMAT_VERSION, "description": "The version of this format."}
    for line, struct in ((account, AccountLine), (totals, FleetTotals)):
        line["properties"] = {"format_version": first} | line["properties"]
        line |= {"required": [*line["properties"]], "description": inspect.getdoc(struct)}
    return schema | {
        "type": "object",
        "required": ["format_version", "phase"],
        "oneOf": [{"$ref": "#/definitions/account"}, {"$ref": "#/definitions/totals"}],
        "definitions": {"account": account, "totals": totals, **definitions},
    }


WRITTEN: Mapping[str, Callable[[], Json]] = {
    "plan": plan_schema,
    "apply": apply_schema,
    "drift": drift_schema,
    "backtest": backtest_schema,
    "check": check_schema,
    "fleet-report": fleet_report_schema,
}


def file_of(name: str) -> Path:
    """Where a schema is published."""
    return FOLDER / f"{name}.schema.json"


def text_of(name: str) -> str:
    """The file that is published."""
    return json.dumps(WRITTEN[name](), indent=2) + "\n"


def _keys(struct: type) -> tuple[str, ...]:
    return tuple(struct.__struct_fields__)


def _schema(struct: type, name: str, format_version: str, about: str) -> Json:
    """The schema, of draft 7 as the others are: the struct, with those that it is made of as definitions."""
    _, found = schema_components([struct], ref_template="#/definitions/{name}")
    ours = [module for name, module in sys.modules.items() if name.startswith("provisioner.")]
    known = {key: each for module in ours for key, each in vars(module).items() if isinstance(each, type)}
    enums = {each: [*known[each]] for each, schema in found.items() if "properties" not in schema}
    definitions = {
        each: _struct(known[each], schema, enums) for each, schema in found.items() if each not in enums
    }
    whole = definitions.pop(struct.__name__)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{name}.schema.json",
        "title": f"provisioner {name.replace('-', ' ')}, format {format_version}",
        "description": about,
        **whole,
        "definitions": definitions,
    }


def _struct(struct: Any, schema: Json, enums: Mapping[str, list[Enum]]) -> Json:
    omits, docs = struct.__struct_config__.omit_defaults, _attribute_docs(struct)
    properties = {}
    for key, value in schema["properties"].items():
        written = _written(value, omits=omits)
        if "$ref" in written and (enum := enums.get(written["$ref"].rpartition("/")[2])):
            written = {"enum": [each.value for each in enum]}
        properties[key] = written | ({"description": docs[key]} if key in docs else {})
    return {"type": "object", "required": schema["required"], "properties": properties}


def _written(schema: Json, *, omits: bool) -> Json:
    """What is ever written of a value: a default that is left out is not."""
    out = {key: value for key, value in schema.items() if key != "default"}
    left_out = [schema["default"]] if omits and "default" in schema else []
    if out == {"type": "boolean"} and left_out:
        return {"const": not left_out[0]}
    if "enum" in out:
        return out | {"enum": [value for value in out["enum"] if value not in left_out]}
    if "anyOf" not in out:
        return out
    choices = [each for each in out["anyOf"] if each != NULL or None not in left_out]
    if any("$ref" in each for each in choices):
        return {"anyOf": choices}
    return choices[0] if len(choices) == 1 else {"type": [each["type"] for each in choices]}


def _attribute_docs(struct: Any) -> dict[str, str]:
    """The text below each attribute of a struct and of those that it extends."""
    docs: dict[str, str] = {}
    for each in reversed(struct.__mro__):
        if each.__module__.startswith("provisioner."):
            (body,) = ast.parse(dedent(inspect.getsource(each))).body
            docs |= _docs_in(body)
    keys = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    return {keys.get(name, name): text for name, text in docs.items()}


def _docs_in(body: ast.stmt) -> dict[str, str]:
    lines = body.body if isinstance(body, ast.ClassDef) else []
    return {
        attribute.target.id: " ".join(text.value.value.split())
        for attribute, text in pairwise(lines)
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name)
        if isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
