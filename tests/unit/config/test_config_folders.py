"""Folders and environments: which files count, and how they come together."""

import os

from config_texts import BASE, CARD, HEAD, HOLDER

from provisioner.core.model.config import Guardrails
from provisioner.core.model.resource import Address, Ref

ADS = Address("cards", "ads")


def test_the_sections_of_all_files_merge(load):
    config = load(
        {"a.yaml": HEAD, "teams/b.yml": HOLDER, "teams/ads/c.yaml": CARD, "empty.yaml": "# nothing\n"}
    )

    assert config.declared[ADS].fields["cardholder"] == Ref(Address("cardholders", "acme"))
    assert str(config.declared[ADS].where) == "teams/ads/c.yaml:2:3"


def test_hidden_and_environment_files_and_others_are_left_out(load):
    junk = dict.fromkeys(
        [
            ".github/workflows/ci.yml",
            ".hidden.yaml",
            "environments/prod.yaml",
            "teams/environments/x.yaml",
            "notes.md",
        ],
        "]",
    )

    assert ADS in load({"a.yaml": BASE, **junk}).declared


def test_one_address_in_two_files_names_both_places(problems):
    assert problems({"a.yaml": BASE, "b.yaml": CARD}) == [
        "b.yaml:2:3: cards.ads: is already declared at a.yaml:9:3; remove one of the two"
    ]


def test_a_setting_in_two_files_must_be_the_same(problems):
    assert problems({"a.yaml": BASE, "b.yaml": HEAD}) == []
    assert problems({"a.yaml": BASE, "b.yaml": "project: q\n"}) == [
        "b.yaml:1:1: project: has a different value at a.yaml:2:1; remove one of the two"
    ]


def test_problems_of_all_files_come_in_their_order(problems):
    lines = problems({"b.yaml": BASE + "    statsu: 1\n", "a.yaml": "x: 1\n", "c.yaml": "{"})

    assert [line.split(":")[0] for line in lines] == ["a.yaml", "b.yaml", "c.yaml"]


def test_nothing_to_read(problems, folder):
    folder({})
    os.mkfifo("pipe.yaml")

    assert "nope does not exist" in problems({}, "nope")[0]
    assert "pipe.yaml is not a file or folder" in problems({}, "pipe.yaml")[0]
    assert "contains no YAML files" in problems({}, ".")[0]
    assert "declares no resources" in problems({"a.yaml": HEAD}, ".")[0]


def test_a_file_that_cannot_be_read(problems, monkeypatch):
    def refuse(_file, _most):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("provisioner.config.text.document.read_regular", refuse)

    assert problems(BASE) == ["a.yaml:1:1: cannot read the file: Permission denied"]


def test_a_file_that_is_too_large(problems, monkeypatch):
    monkeypatch.setattr("provisioner.config.text.document.LARGEST_FILE", 100)

    assert problems(BASE) == ["a.yaml:1:1: file is larger than 0 MiB"]


def test_an_environment_is_laid_over_the_rest(load):
    prod = """\
project: p-prod
mode: live
profiles: {base: {status: active}}
cards:
  ads: {second_line: Prod}
  more: {use: base, cardholder: acme, currency: usd, type: virtual}
"""
    files = {
        "a.yaml": BASE + "    use: base\nprofiles: {base: {status: inactive}}\n",
        "environments/prod.yml": prod,
    }

    base, with_env = load(files), load(files, env="prod")

    assert base.declared[ADS].fields["status"] == "inactive"
    assert (with_env.project, with_env.mode) == ("p-prod", "live")
    assert with_env.declared[ADS].fields["second_line"] == "Prod"
    assert with_env.declared[ADS].fields["status"] == "active"
    assert Address("cards", "more") in with_env.declared


def test_an_environment_takes_away_with_null(load):
    files = {"a.yaml": BASE + "    status: active\n", "environments/prod.yaml": "cards: {ads: {status: ~}}\n"}

    assert "status" not in load(files, env="prod").declared[ADS].fields


def test_an_environment_takes_a_whole_block_away_with_null(load):
    files = {
        "a.yaml": BASE + "  more: {use: base, cardholder: acme, currency: usd, type: virtual}\n"
        "profiles: {base: {status: active}}\n",
        "environments/prod.yaml": "cards:\n  more: null\nprofiles: {base: ~}\n",
    }

    assert Address("cards", "more") in load(files).declared
    assert set(load(files, env="prod").declared) == {ADS, Address("cardholders", "acme")}


def test_an_environment_that_takes_away_what_is_not_there_is_told(problems):
    files = {"a.yaml": BASE, "environments/prod.yaml": "cards:\n  adds: null\n"}

    (line,) = problems(files, env="prod")
    assert line.startswith("environments/prod.yaml:2:3: cards.adds: null removes a block, but no block has")
    assert line.endswith("did you mean 'ads'?")


def test_what_an_environment_takes_away_leaves_nothing_dangling(problems):
    files = {"a.yaml": BASE, "environments/prod.yaml": "cardholders: {acme: null}\n"}

    (line,) = problems(files, env="prod")
    assert line.startswith("a.yaml:")
    assert "acme" in line


def test_an_environment_stands_beside_a_single_file(load):
    files = {"x/a.yaml": BASE, "x/environments/prod.yaml": "mode: live\n"}

    assert load(files, "x/a.yaml", env="prod").mode == "live"


def test_a_problem_in_an_environment_is_placed_there(problems):
    files = {"a.yaml": BASE, "environments/prod.yaml": "cards:\n  ads:\n    status: activ\n"}

    (line,) = problems(files, env="prod")

    assert line.startswith("environments/prod.yaml:3:13: cards.ads: 'status': 'activ' is not one of")


def test_an_environment_lifts_a_guardrail(load):
    files = {
        "a.yaml": BASE + "guardrails: {max_retired: 5, max_top_up: 5.00 USD}\n",
        "environments/x.yaml": "guardrails: {max_retired: ~, max_top_up: ~, require_approval: ~}\n",
    }
    assert load(files, env="x").guardrails == Guardrails()


def test_a_missing_environment_names_those_there_are(problems):
    files = {"a.yaml": BASE, "environments/prod.yaml": "", "environments/dev.yaml": ""}

    assert problems(files, env="prdo") == [
        "no environment 'prdo' in environments; did you mean 'prod'?; known: dev, prod"
    ]
    assert "there are none" in problems({"b/a.yaml": BASE}, "b", env="prod")[0]
    assert "no environment '../x'" in problems({"x.yaml": BASE}, env="../x")[0]
