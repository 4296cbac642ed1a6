"""fleet.yaml and its rosters: read alike from every form, and what is wrong is said by the line."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from provisioner.core.model.errors import ConfigError
from provisioner.fleet.fleet_schema import fleet_schema, fleet_schema_text
from provisioner.fleet.model import FleetAccount
from provisioner.fleet.read import load_fleet

ROOT = Path(__file__).parents[2]
HEAD = "version: 1\nfleet: f\nconfiguration: shop.yaml\n"
ONE = "acct_1A"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.yaml").write_text("version: 1\n")
    return tmp_path


def read(folder, fleet, **rosters):
    """Write a fleet and its rosters (`csv`, `jsonl`, `yaml`), and read it."""
    for suffix, text in rosters.items():
        (folder / f"roster.{suffix}").write_text(text, encoding="utf-8")
    (folder / "fleet.yaml").write_text(fleet, encoding="utf-8")
    return load_fleet(folder)


def problems(folder, fleet, **rosters):
    """What is wrong, with the folder's name taken out."""
    with pytest.raises(ConfigError) as caught:
        read(folder, fleet, **rosters)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


ROSTERS = {
    "csv": "account,name,labels.tier,vars.limit,vars.big\nacct_1A,north,gold,5,true\nacct_1B,,,,\n",
    "jsonl": '{"account": "acct_1A", "name": "north", "labels": {"tier": "gold"}, '
    '"vars": {"limit": 5, "big": true}}\n\n{"account": "acct_1B"}\n',
    "yaml": "accounts:\n- {account: acct_1A, name: north, labels: {tier: gold}, "
    "vars: {limit: 5, big: true}}\n- account: acct_1B\n",
}


@pytest.mark.parametrize("form", ROSTERS)
def test_every_form_of_roster_says_the_same(folder, form):
    fleet = read(folder, f"{HEAD}vars: {{big: false, plan: x}}\nroster: roster.{form}\n", **ROSTERS)

    where = str(folder / "shop.yaml")
    assert fleet.accounts == (
        FleetAccount(ONE, "north", where, None, {"big": "true", "plan": "x", "limit": "5"}, {"tier": "gold"}),
        FleetAccount("acct_1B", "acct_1B", where, None, {"big": "false", "plan": "x"}, {}),
    )


def test_accounts_are_listed_and_read_from_several_rosters_together(folder):
    (folder / "other").mkdir()
    (folder / "other" / "more.jsonl").write_text('{"account": "acct_1C", "configuration": "own.yaml"}\n')
    (folder / "other" / "own.yaml").write_text("version: 1\n")

    fleet = read(
        folder,
        f"{HEAD}accounts: [{{account: acct_1D, env: live}}]\nroster: [other/more.jsonl, roster.csv]\n",
        **ROSTERS,
    )

    assert [each.id for each in fleet.accounts] == ["acct_1D", "acct_1C", "acct_1A", "acct_1B"]
    assert fleet.accounts[0].env == "live"
    assert fleet.accounts[1].configuration == str(folder / "other" / "own.yaml")


def test_limits_rates_and_canary_are_read(folder):
    fleet = read(
        folder,
        f"{HEAD}mode: live\naccounts: [{{account: acct_1A, labels: {{tier: canary}}}}]\n"
        "canary: [tier=canary, acct_1A]\n"
        "rates: {account: 5, platform: 50}\n"
        'guardrails: {max_top_up: {usd: "1,000.00 USD", eur: 5}, max_retired: 3, max_failed: "5%"}\n',
    )

    assert (fleet.mode, fleet.rates.account, fleet.rates.platform) == ("live", 5, 50)
    assert fleet.limits.top_up == {"usd": 100000, "eur": 5}
    assert (fleet.limits.retired, fleet.limits.failures(200), fleet.limits.failures(10)) == (3, 10, 0)
    assert len(fleet.canary) == 2


BROKEN = {
    "no-account": (HEAD, "fleet.yaml:1:1: no accounts; add some under 'accounts' or in a 'roster'"),
    "unknown-key": (
        f"{HEAD}acounts: []\n",
        "fleet.yaml:4:1: unknown key 'acounts'; did you mean 'accounts'?",
    ),
    "id": (
        f"{HEAD}accounts:\n- account: ca_1\n",
        "fleet.yaml:5:12: accounts.ca_1: 'account': 'ca_1' is not valid; an account id is acct_",
    ),
    "unknown-in-account": (
        f"{HEAD}accounts:\n- account: acct_1A\n  label: {{}}\n",
        "fleet.yaml:6:3: accounts.acct_1A: unknown key 'label'; did you mean 'labels'?",
    ),
    "label-number": (
        f"{HEAD}accounts: [{{account: acct_1A, labels: {{tier: 1}}}}]\n",
        "fleet.yaml:4:46: accounts.acct_1A: 'tier': expected a string, got a number; quote it",
    ),
    "twice": (
        f"{HEAD}accounts:\n- account: acct_1A\n- account: acct_1A\n",
        "fleet.yaml:6:12: accounts.acct_1A: 'acct_1A' is also used at fleet.yaml:5:12",
    ),
    "no-file": (
        f"{HEAD}accounts:\n- account: acct_1A\n  configuration: gone.yaml\n",
        "fleet.yaml:6:18: accounts.acct_1A: 'gone.yaml' is not a file or folder",
    ),
    "no-shared-file": (
        "version: 1\nfleet: f\nconfiguration: gone\naccounts: [{account: acct_1A}]\n",
        "fleet.yaml:3:16: configuration: 'gone' is not a file or folder",
    ),
    "no-configuration": (
        "version: 1\nfleet: f\naccounts: [{account: acct_1A}]\n",
        "fleet.yaml:3:12: accounts.acct_1A: 'configuration' is missing, here and at the top",
    ),
    "hole": (
        f"{HEAD}accounts: [{{account: acct_1A, vars: {{key: '${{env.KEY}}'}}}}]\n",
        "fleet.yaml:4:43: accounts.acct_1A: '${' cannot be used in a fleet",
    ),
    "selector": (
        f"{HEAD}accounts: [{{account: acct_1A}}]\ncanary: '=x'\n",
        "fleet.yaml:5:9: canary: a selector looks",
    ),
    "canary-of-none": (
        f"{HEAD}accounts: [{{account: acct_1A, labels: {{tier: gold}}}}]\ncanary: [acct_1A, tier=x]\n",
        "fleet.yaml:5:19: canary: no account matches 'tier=x'; labels are tier=gold",
    ),
    "money": (
        f"{HEAD}accounts: [{{account: acct_1A}}]\nguardrails: {{max_top_up: 5}}\n",
        "fleet.yaml:5:26: guardrails: 'max_top_up': ",
    ),
    "money-currency": (
        f"{HEAD}accounts: [{{account: acct_1A}}]\nguardrails: {{max_top_up: {{eur: 5.00 USD}}}}\n",
        "fleet.yaml:5:32: guardrails.max_top_up: the amount under 'eur' is in USD",
    ),
    "share": (
        f"{HEAD}accounts: [{{account: acct_1A}}]\nguardrails: {{max_failed: 5 %}}\n",
        "fleet.yaml:5:26: guardrails: 'max_failed': '5 %' is not valid; a percentage of accounts looks",
    ),
    "roster-name": (f"{HEAD}roster: shops.xls\n", "fleet.yaml:4:9: roster: 'shops.xls' does not end in .csv"),
    "roster-gone": (f"{HEAD}roster: [gone.csv]\n", "fleet.yaml:4:10: roster: 'gone.csv' is not a file"),
    "not-yaml": ("version: 1\nfleet: [\n", "fleet.yaml:3:1: fleet: invalid YAML"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_with_a_fleet_is_said_by_the_line(folder, case):
    text, says = BROKEN[case]

    found = problems(folder, text)

    assert len(found) == 1, found
    assert found[0].startswith(says), found


ROWS = {
    "csv-column": (
        "csv",
        "account,labels.tier,teir\nacct_1A,a,b\n",
        "roster.csv:1:21: unknown column 'teir'",
    ),
    "csv-no-account": (
        "csv",
        "acount,name\nacct_1A,a\n",
        "roster.csv:1:1: the first line must name the columns",
    ),
    "csv-twice": (
        "csv",
        "account,name,name\nacct_1A,a,b\n",
        "roster.csv:1:14: duplicate column 'name'",
    ),
    "csv-cells": ("csv", "account,name\nacct_1A\n", "roster.csv:2:1: 1 cells, but the header has 2"),
    "csv-id": (
        "csv",
        'name,account\n"a, b",acct-1\n',
        "roster.csv:2:8: accounts.acct-1: 'account': 'acct-1' is not valid; an account",
    ),
    "csv-quote": ("csv", 'account\n"acct_1A\n', "roster.csv:2:1: not CSV: unexpected end of data"),
    "csv-again": (
        "csv",
        'account,name\nacct_1A,"a\nb"\nacct_1A,c\n',
        "roster.csv:4:1: accounts.acct_1A: 'acct_1A' is also used at roster.csv:2:1",
    ),
    "jsonl-json": ("jsonl", '{"account": "acct_1A"}\n{"account" "x"}\n', "roster.jsonl:2:12: not JSON: "),
    "jsonl-twice": (
        "jsonl",
        '{"account": "acct_1A", "account": "acct_1B"}\n',
        "roster.jsonl:1:1: duplicate key 'account'",
    ),
    "jsonl-list": (
        "jsonl",
        "[]\n",
        "roster.jsonl:1:1: accounts: expected a mapping (lines of `key: value`)",
    ),
    "jsonl-fraction": (
        "jsonl",
        '{"account": "acct_1A", "vars": {"limit": 1.5}}\n',
        "roster.jsonl:1:42: accounts.acct_1A: 'limit': ",
    ),
    "yaml-key": ("yaml", "accounts: []\nversion: 1\n", "roster.yaml:2:1: unknown key 'version'"),
    "yaml-row": ("yaml", "accounts:\n- acct_1A\n", "roster.yaml:2:3: accounts: expected a mapping"),
}


@pytest.mark.parametrize("case", ROWS)
def test_what_is_wrong_with_a_roster_is_said_by_the_line(folder, case):
    form, text, says = ROWS[case]

    found = problems(folder, f"{HEAD}roster: roster.{form}\n", **{form: text})

    assert found[0].startswith(says), found


@pytest.mark.parametrize(
    ("form", "text", "shown", "under"),
    [
        ("csv", 'name,account\n"Secret, Inc",acct-1\n', "...,acct-1", "acct-1"),
        ("csv", "account,labels.tier,teir\nacct_1A,secret,b\n", "account,labels.tier,teir", "teir"),
        (
            "jsonl",
            '{"account": "acct_1A", "name": "secret", "vars": {"limit": 1.5}}\n',
            '{"account": ..., "name": ..., "vars": {"limit": ...}}',
            "...}}",
        ),
        (
            "yaml",
            "accounts:\n- {account: acct-1, name: secret}\n",
            "- {account: acct-1, name: ...}",
            "acct-1",
        ),
    ],
)
def test_the_line_is_shown_with_a_caret_and_without_values(folder, form, text, shown, under):
    (folder / f"roster.{form}").write_text(text)
    (folder / "fleet.yaml").write_text(f"{HEAD}roster: roster.{form}\n")

    with pytest.raises(ConfigError) as caught:
        load_fleet(folder)

    line, caret = caught.value.problems[0].excerpt.splitlines()
    assert line.partition(" | ")[2] == shown
    assert caret.index("^") == line.index(under)


def test_all_problems_are_said_at_once_in_the_order_of_the_lines(folder):
    found = problems(
        folder, f"{HEAD}accounts:\n- {{account: x}}\n- {{account: acct_1A, nmae: y}}\n- {{}}\ncanary: ['']\n"
    )

    assert [line.split(":")[1] for line in found] == ["5", "6", "7", "8"]


def test_a_folder_without_a_fleet_file_says_so(folder):
    with pytest.raises(ConfigError, match=r"contains no fleet\.yaml"):
        load_fleet(folder)


def test_the_published_schema_is_current_and_pleases_an_editor():
    published = (ROOT / "schemas" / "fleet.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft7Validator.check_schema(fleet_schema())
    example = yaml.safe_load((ROOT / "examples" / "fleet" / "fleet.yaml").read_text(encoding="utf-8"))

    assert published == fleet_schema_text()
    assert list(jsonschema.Draft7Validator(json.loads(published)).iter_errors(example)) == []
