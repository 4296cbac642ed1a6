"""`check`: every part passes or fails by itself, in each format, and problems appear at their lines."""

import json
import re
import urllib.parse
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft4Validator

from e2e.conftest import COMPANY, KEY, Desk

SARIF = json.loads((Path(__file__).parents[1] / "contract/sarif-2.1.0.schema.json").read_text("utf-8"))
CARD = """
cards:
  ads:
    cardholder: acme
    currency: usd
    type: virtual
    status: active
    spending_controls: {spending_limits: [{amount: "100.00 USD", interval: monthly}]}
"""
LUNCH = 'lunch: {card: ads, amount: "20.00 USD", category: eating_places_restaurants, expect: approved}'
FEAST = 'feast: {card: ads, amount: "2,000.00 USD", category: eating_places_restaurants, expect: approved}'
MISTAKES = COMPANY.replace("email:", "emial:") + CARD.replace("interval: monthly", "interval: monthy")


def declared(*scenarios: str, more: str = "") -> str:
    listed = "".join(f"  {each}\n" for each in scenarios)
    return COMPANY + CARD + (f"scenarios:\n{listed}" if listed else "") + more


def line_of(desk: Desk, text: str, name: str = "provisioner.yaml") -> int:
    lines = (desk.folder / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def outcomes(desk: Desk, *words: str, code: int = 0) -> list[str]:
    """The outcome of each part, in order, from the JSON."""
    document = json.loads(desk.run("check", *words, "--format", "json", code=code).stdout)
    assert [part["name"] for part in document["checks"]] == ["validate", "scenarios", "guardrails", "plan"]
    assert document["exit_code"] == code
    assert document["passed"] is (code == 0)
    return [part["outcome"] for part in document["checks"]]


def test_all_parts_pass_and_nothing_is_written(desk: Desk):
    desk.write(declared(LUNCH))

    said = desk.run("check").stdout

    assert said.startswith("Project desk, test mode, account acct_")
    assert "\n  # cards.ads will be created" in said
    assert "\n  ok       validate    1 cardholder, 1 card\n  ok       scenarios   1 passed\n" in said
    assert "\n  ok       guardrails  none exceeded\n  ok       plan        Plan: 2 to create, " in said
    assert said.endswith("\nCheck passed.\n")
    assert desk.live() == {}


def test_a_scenario_that_fails_ends_no_other_part(desk: Desk):
    desk.write(declared(LUNCH, FEAST))

    said = desk.run("check", code=1).stdout

    where = f"provisioner.yaml:{line_of(desk, 'feast:')}:3: scenarios.feast: declined (spending_controls)"
    assert f"  FAILED   scenarios   1 passed, 1 failed\n    {where}, expected approved" in said
    assert said.endswith("\nCheck failed: scenarios (exit code 1).\n")
    assert outcomes(desk, code=1) == ["passed", "failed", "passed", "passed"]


def test_a_guardrail_ends_with_3_and_can_be_allowed(desk: Desk):
    desk.write(declared(more="guardrails: {max_activated: 0}\n"))

    said = desk.run("check", code=3).stdout
    allowed = desk.run("check", "--allow", "activated=1").stdout

    assert "    activated: 1 card would be activated (max_activated: 0); to allow it once, pass" in said
    assert said.endswith("\nCheck failed: guardrails (exit code 3).\n")
    assert outcomes(desk, code=3) == ["passed", "skipped", "failed", "passed"]
    assert "  ok       guardrails  1 exceeded, 1 of them allowed by --allow\n" in allowed


def test_a_card_that_was_frozen_by_hand_is_a_problem_at_its_line(desk: Desk):
    desk.write(declared(LUNCH))
    desk.run("apply", "--auto-approve")
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], {"status": "inactive"})

    said = desk.run("check", "--annotate", code=3)

    (found,) = annotations(said.stderr)
    assert (found["file"], found["line"]) == ("provisioner.yaml", str(line_of(desk, "  ads:")))
    assert found["text"].startswith("reverted: this plan reverts a tightening made outside of provisioner")


def test_without_a_plan_the_rest_is_still_checked(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.write(declared(LUNCH, FEAST))
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_wrong")

    said = desk.run("check", "--out", "plan.json", code=7).stdout

    assert said.startswith("Project desk, test mode, account unknown\n")
    assert "    STRIPE_API_KEY is a live key, but the configuration says mode: test" in said
    assert said.endswith("\nCheck failed: scenarios, plan (exit code 7).\n")  # the worse of 1 and 7
    assert outcomes(desk, code=7) == ["passed", "failed", "skipped", "failed"]
    assert not (desk.folder / "plan.json").exists()


def test_an_invalid_configuration_skips_the_rest(desk: Desk):
    desk.write(MISTAKES)

    said = desk.run("check", "--env", "prod", code=1).stdout
    every = desk.run("check", code=1).stdout

    assert said.startswith("Configuration ., environment prod\n")
    assert f"    provisioner.yaml:{line_of(desk, 'emial')}:5: cardholders.acme: unknown key 'emial'" in every
    assert f"    provisioner.yaml:{line_of(desk, 'monthy')}:" in every
    assert outcomes(desk, code=1) == ["failed", "skipped", "skipped", "skipped"]


@pytest.mark.parametrize("command", ["check", "validate"])
def test_sarif_has_every_mistake_at_its_place(desk: Desk, command: str):
    desk.write(MISTAKES)

    log = json.loads(desk.run(command, "--format", "sarif", code=1).stdout)

    Draft4Validator(SARIF).validate(log)
    results = log["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert [place["artifactLocation"]["uri"] for place in places] == ["provisioner.yaml"] * 2
    lines = [line_of(desk, "emial"), line_of(desk, "monthy")]
    assert [place["region"]["startLine"] for place in places] == lines
    assert "did you mean 'email'?" in results[0]["message"]["text"]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)


def test_junit_has_a_test_for_each_part(desk: Desk):
    desk.write(declared(LUNCH, FEAST))

    suite = ET.fromstring(desk.run("check", "--format", "junit", code=1).stdout)[0]  # noqa: S314 - our own

    cases = {case.get("name"): case for case in suite}
    assert [*cases] == ["validate", "scenarios", "guardrails", "plan"]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "0")
    assert cases["plan"].find("failure") is None
    failure = cases["scenarios"].find("failure")
    assert failure is not None
    assert "feast" in (failure.text or "")


def test_sarif_of_what_is_sound_is_empty(desk: Desk):
    desk.write(declared(LUNCH))

    for command in ("check", "validate"):
        log = json.loads(desk.run(command, "--format", "sarif").stdout)
        Draft4Validator(SARIF).validate(log)
        assert log["runs"][0]["results"] == []


def test_sarif_of_what_is_not_about_a_file_names_the_configuration(desk: Desk):
    desk.write(declared(FEAST, more="guardrails: {max_activated: 0}\n"), "team cards/provisioner.yaml")

    log = json.loads(desk.run("check", "team cards", "--format", "sarif", code=1).stdout)

    Draft4Validator(SARIF).validate(log)
    places = [result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"team%20cards/provisioner.yaml"}
    line = line_of(desk, "feast:", "team cards/provisioner.yaml")
    assert [place["region"]["startLine"] for place in places] == [line, 1]


def test_gitlab_gets_a_code_quality_report(desk: Desk):
    # docs.gitlab.com/ci/testing/code_quality, "Code Quality report format"
    desk.write(MISTAKES)

    report = json.loads(desk.run("check", "--format", "gitlab", code=1).stdout)

    assert [each["location"] for each in report] == [
        {"path": "provisioner.yaml", "lines": {"begin": line_of(desk, "emial")}},
        {"path": "provisioner.yaml", "lines": {"begin": line_of(desk, "monthy")}},
    ]
    assert {each["severity"] for each in report} == {"major"}
    assert all(each["description"] and each["check_name"] == "provisioner-validate" for each in report)
    assert len({each["fingerprint"] for each in report}) == 2


def test_a_fingerprint_stays_when_lines_above_are_added(desk: Desk):
    def prints() -> list[str]:
        report = json.loads(desk.run("check", "--format", "gitlab", code=1).stdout)
        return [each["fingerprint"] for each in report]

    desk.write(MISTAKES)
    before = prints()
    desk.write(f"# a remark\n# and another\nversion: 1\nproject: desk\n{MISTAKES}")

    assert prints() == before


def annotations(text: str) -> list[dict[str, str]]:
    """Read workflow commands as GitHub's runner does."""
    found = []
    for match in re.finditer(r"(?m)^::(error|warning) (.*?)::(.*)$", text):
        pairs = dict(pair.split("=", 1) for pair in match[2].split(","))
        values = {name: urllib.parse.unquote(value) for name, value in pairs.items()}
        found.append({"level": match[1], "text": urllib.parse.unquote(match[3]), **values})
    return found


@pytest.mark.parametrize("command", ["check", "validate"])
def test_problems_are_annotations_in_jobs_of_github(desk: Desk, command: str, monkeypatch):
    desk.write(MISTAKES)

    alone = desk.run(command, code=1)
    asked = desk.run(command, "--annotate", code=1)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    on_github = desk.run(command, "--format=json", code=1)

    assert annotations(alone.output) == []
    assert annotations(asked.stderr) == annotations(on_github.stderr)
    first, second = annotations(on_github.stderr)
    assert first["level"] == "error"
    assert first["text"].startswith("cardholders.acme: unknown key 'emial'")
    places = [(each["file"], each["line"]) for each in (first, second)]
    assert places == [
        ("provisioner.yaml", str(line_of(desk, "emial"))),
        ("provisioner.yaml", str(line_of(desk, "monthy"))),
    ]
    assert json.loads(on_github.stdout)


def test_annotations_are_relative_to_the_repository_and_escaped(desk: Desk, monkeypatch):
    folder = desk.folder / "100%, a:b"
    desk.write(declared(LUNCH).replace("expect: approved", 'expect: "50% off"'), f"{folder.name}/cards.yaml")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(desk.folder))

    said = desk.run("validate", "cards.yaml", "--annotate", code=1).stderr

    (found,) = annotations(said)
    assert (
        f"file=100%25%2C a%3Ab/cards.yaml,line={line_of(desk, 'lunch', f'{folder.name}/cards.yaml')}," in said
    )
    assert found["file"] == "100%, a:b/cards.yaml"
    assert "50%25 off" in said
    assert "50% off" in found["text"]


def test_a_file_outside_of_the_repository_is_named_in_full(desk: Desk, monkeypatch):
    desk.write(MISTAKES, "elsewhere/provisioner.yaml")
    (desk.folder / "checkout").mkdir()
    monkeypatch.setenv("CI_PROJECT_DIR", str(desk.folder / "checkout"))
    file = desk.folder / "elsewhere/provisioner.yaml"

    report = json.loads(desk.run("check", "elsewhere", "--format", "gitlab", code=1).stdout)
    log = json.loads(desk.run("check", "elsewhere", "--format", "sarif", code=1).stdout)

    Draft4Validator(SARIF).validate(log)
    assert {each["location"]["path"] for each in report} == {file.as_posix()}
    (place, _) = [result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"]]
    assert place["artifactLocation"] == {"uri": file.as_uri()}


def test_warnings_fail_nothing(desk: Desk):
    desk.write(declared().replace("Acme Inc", "Smith & Sons 24"))

    said = desk.run("check", "--annotate")

    (found,) = annotations(said.stderr)
    assert (found["level"], found["line"]) == ("warning", str(line_of(desk, "Smith")))
    assert "    Warning: provisioner.yaml:" in said.stdout
    assert desk.run("validate").stderr.count("Warning: ") == 1


def test_a_grant_that_has_ended_is_a_warning_at_its_line(desk: Desk):
    grant = (
        "grants: {fair: {cards: [ads], status: active, from: 2020-01-01, until: 2020-02-01, reason: Fair}}"
    )
    desk.write(declared(LUNCH, more=f"{grant}\n"))

    (found,) = annotations(desk.run("check", "--annotate").stderr)

    assert (found["level"], found["line"]) == ("warning", str(line_of(desk, "grants:")))
    assert "grants.fair: has ended; remove it from the configuration" in found["text"]


def test_reports_and_the_plan_are_written_to_files(desk: Desk):
    desk.write(declared(LUNCH, FEAST))
    names = {"json": "check.json", "markdown": "check.md", "sarif": "check.sarif", "gitlab": "quality.json"}
    reports = [f"--report={format_}={name}" for format_, name in names.items()]

    desk.run("check", "--out", "plan.json", *reports, code=1)
    text = {name: (desk.folder / name).read_text(encoding="utf-8") for name in names.values()}
    same = [desk.run("check", "--format", format_, code=1).stdout for format_ in names]
    desk.run("apply", "plan.json")

    saved = json.loads(desk.run("show", "plan.json", "--format", "json").stdout)
    told = [(each["name"], each["outcome"]) for each in saved["checks"]]
    assert told[:2] == [("validate", "passed"), ("scenarios", "failed")]
    assert [*text.values()] == same
    assert "cards.ads" in desk.live()


def test_a_report_of_another_form_is_an_error(desk: Desk):
    desk.write(declared(LUNCH))

    for wrong in ("html=a.html", "sarif", "sarif="):
        said = desk.run("check", "--report", wrong, code=1).stderr
        assert f"{wrong!r} is not FORMAT=FILE with FORMAT one of json, markdown, sarif, gitlab, junit" in said


def test_the_comment_opens_with_where_and_what_failed_and_has_the_plan(desk: Desk):
    desk.write("vars: {}\n" + declared(LUNCH, FEAST, more="guardrails: {max_activated: 0}\n"))
    desk.write("account: null\n", "environments/dev.yaml")

    body = desk.run("check", "--env", "dev", "--format", "markdown", code=1).stdout

    first = body.splitlines()[0]
    assert first.startswith(
        "### Check failed: project `desk`, environment `dev`, `test` mode, account `acct_"
    )
    assert "| scenarios | **failed** | 1 passed, 1 failed |\n| guardrails | **failed** | 1 exceeded |" in body
    assert body.index(": scenarios.feast: declined") < body.index("### Plan for project `desk`")
    assert body.count("to allow it once, pass --allow activated=1") == 1
    assert KEY not in body


def test_a_comment_has_room_for_the_plan_however_much_is_wrong(desk: Desk):
    many = [FEAST.replace("feast", f"feast{number:03}") for number in range(120)]
    cards = "".join(
        f"  c{n}: {{cardholder: acme, currency: usd, type: virtual, metadata: {{n{n}: {'y' * 400}}}}}\n"
        for n in range(200)
    )
    desk.write(declared(*many).replace("cards:\n", f"cards:\n{cards}"))

    body = desk.run("check", "--format", "markdown", code=1).stdout

    assert 55_000 < len(body.encode()) <= 60_000
    assert "and 90 more" in body
    assert "more changes do not fit here" in body
    assert "### Plan for project `desk`" in body
