"""docs/reference is what the code says; `python -m tests.reference` (or `--update-golden`) writes it anew."""

import json
import re
from itertools import chain

import click
import jsonschema
import pytest
from reference import configuration, environment, json_documents, metadata
from reference.pages import FOLDER, PAGES
from reference.tree import leaves
from referencing import Registry, Resource

from provisioner.cli.main import main
from provisioner.config.schema.configuration import definition_of, json_schema
from provisioner.core.diff.compare import compare
from provisioner.core.model.errors import ExitCode
from provisioner.core.model.resource import Address, Declared, Live, Ownership
from provisioner.core.ownership.marks import OUR_KEYS, applied
from provisioner.core.plan.call import Phase
from provisioner.core.plan.document import GUARDRAILS, as_json
from provisioner.core.schema.field import Field, OnChange, Shape
from provisioner.core.schema.kind import Kind, owned
from provisioner.kinds import KINDS
from provisioner.sandbox.rules.common import unknowns
from provisioner.views.report import VERBS

DOCS = FOLDER.parent
ROOT = DOCS.parent
OURS = sorted(
    [
        *FOLDER.glob("*.md"),
        *(DOCS / "explanation").glob("*.md"),
        DOCS / "comparison.md",
        DOCS / "reliability.md",
    ]
)
PATH = re.compile(r"`((?:tests|provisioner|schemas|examples|action|ci)/[\w./-]+)(?:::(\w+))?`")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name, request):
    page, real = FOLDER / name, PAGES[name]()
    if request.config.getoption("--update-golden"):
        page.write_text(real, encoding="utf-8")

    assert page.read_text(encoding="utf-8") == real, f"{name} is stale: python -m tests.reference"


def test_there_is_no_other_page():
    assert {page.name for page in FOLDER.glob("*.md")} == set(PAGES)


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.stem)
def test_the_files_and_tests_that_a_page_names_are_there(page):
    text = page.read_text(encoding="utf-8")
    for path, test in PATH.findall(text):
        assert (ROOT / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), test


def test_what_stripe_does_not_promise_is_all_told():
    text = (DOCS / "explanation" / "what-stripe-does-not-promise.md").read_text(encoding="utf-8")
    in_doubt = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "provisioner").rglob("*.py")
        if "sandbox" not in file.parts and "[?]" in file.read_text(encoding="utf-8")
    }

    assert {file for file in in_doubt if f"`{file}`" not in text} == set()
    assert {switch for switch in unknowns.DEFAULTS if f"`{switch}`" not in text} == set()


def test_the_order_of_a_plan_is_told():
    text = (DOCS / "explanation" / "plan-order.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| (\w+) \|", text, re.MULTILINE)[1:] == [phase.name.lower() for phase in Phase]


def test_every_environment_variable_that_is_read_is_told():
    assert environment.read() == environment.OURS.keys() | environment.IN_CI.keys()


def test_every_json_that_is_printed_has_a_schema_and_every_schema_a_place():
    printing = {
        path
        for path, command in leaves()
        for option in command.params
        if option.name == "format_" and {"json", "jsonl"} & set(option.type.choices)
    }
    assert printing == json_documents.OF_COMMANDS.keys()

    published = {file.name.partition(".")[0] for file in json_documents.SCHEMAS.iterdir()}
    assert published - {"provisioner", "environment", "fleet"} == {
        *json_documents.ON_THE_PLAN_PAGE,
        *json_documents.OTHERS,
    }
    for name in published:
        jsonschema.Draft7Validator.check_schema(json_documents.schema(name))


@pytest.mark.parametrize("page", ["plan-json.md", "json.md"])
def test_every_key_has_a_meaning(page):
    text = (FOLDER / page).read_text(encoding="utf-8")

    assert re.findall(r"^\| `([^`]+)` \|.*\|  \|$", text, re.MULTILINE) == []


def test_the_examples_fit_their_schemas():
    plan = json_documents.schema("plan")
    registry = Registry().with_resource("plan.schema.json", Resource.from_contents(plan))
    for name, example in (
        ("plan", as_json(json_documents.example_plan())),
        ("apply", as_json(json_documents.example_report())),
        ("drift", as_json(json_documents.example_drift())),
    ):
        printed = json.loads(json.dumps(example))
        jsonschema.Draft7Validator(json_documents.schema(name), registry=registry).validate(printed)


def test_the_words_of_reports_are_those_of_the_schema():
    does = json_documents.schema("apply")["definitions"]["StepDocument"]["properties"]["does"]

    assert does["enum"] == list(VERBS)


def test_the_tables_of_exit_codes_agree():
    readme, ci = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/ci.md"))
    told = dict(re.findall(r"^\| (\d+) \| (.+) \|$", readme.partition("## Exit codes")[2], re.MULTILINE))
    in_ci = re.findall(r"^\| (\d+) \|", ci.partition("## Exit codes")[2], re.MULTILINE)
    in_help = re.findall(r"(?<=[\s:;])(\d+) \w", (main.help or "").partition("Exit codes:")[2])

    assert told == {str(int(one)): one.meaning for one in ExitCode}
    assert in_ci == in_help == [str(int(one)) for one in ExitCode]


def test_help_names_the_guardrails():
    for path, command in leaves():
        allow = next((option.help for option in command.params if option.name == "allow"), None)
        if allow and not path.startswith("fleet"):
            assert all(name in allow for name in GUARDRAILS), path


def test_every_option_and_command_has_help():
    for path, command in leaves():
        assert command.help, path
        for option in command.params:
            assert not isinstance(option, click.Option) or option.help, f"{path} {option.name}"


def test_what_is_ours_is_told():
    lifecycle = json_schema(KINDS)["definitions"]["card"]["properties"]["lifecycle"]["properties"]

    assert metadata.MEANINGS.keys() == set(OUR_KEYS)
    assert configuration.WRITES.keys() == lifecycle.keys()
    assert configuration.SCENES.keys() == {kind.name for kind in KINDS}


def values(field: Field) -> tuple:
    """Two values of a field that differ, and are not its default."""
    if field.shape in (Shape.SET, Shape.LIST):
        return ["US"] if not field.choices else [field.choices[0]], ["CA"] if not field.choices else [
            field.choices[1]
        ]
    if field.shape is Shape.TABLE:
        return tuple([{"amount": amount, "interval": "monthly"}] for amount in (100, 200))
    if field.shape is Shape.MAP:
        return {"team": "a"}, {"team": "b"}
    if field.shape is Shape.BOOLEAN:
        return not field.default, bool(field.default)
    if field.shape is Shape.INTEGER:
        return 2, 3
    if field.choices:
        one = next(choice for choice in field.choices if choice != field.default)
        return one, next(choice for choice in field.choices if choice != one)
    return ("+18005550100", "+18005550199") if field.equivalent else ("a", "b")


def single(kind: Kind) -> list[tuple[str, Field, OnChange]]:
    """The fields that hold a value, with what forces a replacement above them."""

    def below(fields, prefix, above):
        for field in fields:
            change = OnChange.REPLACE if above is OnChange.REPLACE else field.on_change
            if field.shape is Shape.HASH:
                yield from below(field.fields, f"{prefix}{field.name}.", change)
            else:
                yield f"{prefix}{field.name}", field, change

    return list(below(kind.fields, "", OnChange.UPDATE))


def tree(path: str, value):
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def edited(kind: Kind, before, after):
    """What a plan makes of fields that were applied, when others are declared."""
    address = Address(kind.section, "x")
    stamp = Ownership("p", address, applied=applied("p", kind.fields, before))
    edits, notes = compare(kind, Declared(address, after), Live(address, f"{kind.id_prefix}1", before, stamp))
    return edits, notes


FIELDS = list(chain.from_iterable([(kind, *each) for each in single(kind)] for kind in owned(KINDS)))


@pytest.mark.parametrize(
    ("kind", "path", "field", "change"), FIELDS, ids=[f"{f[0].name}.{f[1]}" for f in FIELDS]
)
def test_what_the_table_says_of_a_change_is_what_a_plan_does(kind, path, field, change):
    one, other = values(field)
    edits, notes = edited(kind, tree(path, one), tree(path, other))
    assert [edit.forces_replacement for edit in edits] == [change is OnChange.REPLACE]
    assert notes == ()
    assert configuration._change(field, change) == ("replaced" if edits[0].forces_replacement else "in place")

    edits, notes = edited(kind, tree(path, one), {})
    said = configuration._gone(field, change)
    if field.required:
        assert said == ""
    elif said == "left alone":
        assert (edits, notes) == ((), ())
    elif said == "stays":
        assert (edits, len(notes)) == ((), 1)
    else:
        left = None if said.startswith("cleared") else field.default
        assert [edit.after for edit in edits] == [left], said
        assert said.startswith("cleared") or json.dumps(left).strip('"') in said


def test_every_field_of_a_kind_is_in_its_table():
    text = (FOLDER / "configuration.md").read_text(encoding="utf-8")
    for kind in KINDS:
        section = text.partition(f"## {kind.section}\n")[2].partition("\n## ")[0]
        properties = json_schema(KINDS)["definitions"][definition_of(kind)]["properties"]
        assert set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)) == properties.keys()
