"""Guardrails at the command line: what a plan says of them, and the numbers that people name."""

import json

import pytest

from e2e.conftest import BARE_CARD, COMPANY, Desk
from provisioner.cli.terminal.render import lay_out

LIMIT = '    spending_controls: {spending_limits: [{amount: "2,000.00 USD", interval: monthly}]}\n'
FUNDS = 'balance_targets: {usd: {target: "9,900.00 USD"}}\n'


def limits(text: str) -> str:
    return f"guardrails: {{{text}}}\n"


@pytest.mark.parametrize(
    "number",
    [
        "top_up=9,900.00USD",
        "top_up=9,900.00 USD",
        "top_up=990000",
        "top_up.usd=9900 usd",
        "top_up.usd=990000",
    ],
)
def test_an_amount_is_named_as_in_the_yaml_or_in_minor_units(desk: Desk, number: str):
    desk.write(limits('max_top_up: "1,000.00 USD"') + FUNDS)

    desk.run("apply", "--auto-approve", "--allow", number)

    assert [top_up.amount for top_up in desk.sdk.v1.topups.list().data] == [990000]


def test_an_amount_in_another_currency_is_another_number(desk: Desk):
    desk.write(limits('max_top_up: "1,000.00 USD"') + FUNDS)

    assert (
        "--allow top_up=9,900.00USD"
        in desk.run("apply", "--auto-approve", "--allow", "top_up=9,900.00 EUR", code=3).stderr
    )


def test_unlimited_is_a_word(desk: Desk):
    free = "    spending_controls: {spending_limits: [{amount: 100, interval: per_authorization}]}\n"
    desk.write(COMPANY + BARE_CARD + free + limits("max_exposure_added: 100"))

    desk.run("apply", "--auto-approve", "--allow", "exposure_added=999999999998", code=3)
    refused = desk.run("apply", "--auto-approve", code=3).stderr
    desk.run("apply", "--auto-approve", "--allow", "exposure_added=unlimited")

    assert "--allow exposure_added=unlimited\n" in refused


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("top_up=9,900.00", "expected an amount in minor units"),
        ("top_up.eur=9,900.00 USD", "top_up.eur does not take an amount in USD"),
        ("retired=1.00 USD", "expected a whole number, such as 12"),
        ("top_up=unlimited", "expected an amount in minor units"),
        (
            "funds=1",
            "NAME one of retired, protected, stranded, reverted, activated, declined, top_up, exposure_added",
        ),
    ],
)
def test_what_is_no_number_is_told_what_would_be(desk: Desk, number: str, said: str):
    refused = desk.run("apply", "--allow", number, code=None)

    assert refused.exit_code
    assert said in " ".join(refused.stderr.split())


# --- a plan says what would stop it


@pytest.fixture
def stopped(desk: Desk) -> Desk:
    """A plan that deletes a protected card, and pulls more than may be pulled."""
    desk.write(COMPANY + BARE_CARD + "    lifecycle: {protect: true}\n")
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + limits('max_top_up: "1,000.00 USD"') + FUNDS)
    return desk


def test_a_plan_says_which_guardrails_would_stop_it_and_ends_as_ever(stopped: Desk):
    text = stopped.run("plan").stdout
    refused = stopped.run("apply", "--auto-approve", code=3).stderr

    head, *told = text.partition("Blocked by guardrails")[2].splitlines()
    assert head == ": apply will make no changes (exit code 3)"
    lines = [line.removeprefix("  ! ") for line in told[:2]]
    assert [line.rpartition(" ")[2] for line in lines] == ["protected=1", "top_up=9,900.00USD"]
    assert all(line in refused for line in lines)
    assert told[2:3] == [""]
    assert told[3].startswith("Plan: ")
    stopped.run("plan", "--detailed-exitcode", code=2)
    assert (
        "Blocked by guardrails"
        not in stopped.run(
            "apply", "--auto-approve", "--allow", "protected=1", "--allow", "top_up=9,900.00USD"
        ).stdout
    )


def test_every_view_of_a_plan_says_what_would_stop_it(stopped: Desk):
    document = json.loads(stopped.run("plan", "--out", "plan.json", "--format", "json").stdout)

    assert [stop["guardrail"] for stop in document["stopped_by"]] == ["protected", "top_up"]
    for stop in document["stopped_by"]:
        assert stop["text"] in stopped.run("show", "plan.json").stdout
        assert f"> - `{stop['text']}`\n" in stopped.run("show", "plan.json", "--format", "markdown").stdout
        assert json.dumps(stop["text"]) in stopped.run("show", "plan.json", "--format", "html").stdout
    stopped.run("apply", "plan.json", code=3)


def test_a_plan_that_nothing_stops_says_nothing_of_it(desk: Desk):
    desk.write(COMPANY + limits('max_top_up: "9,900.00 USD"') + FUNDS)

    assert "stop" not in desk.run("plan").stdout
    assert "[!WARNING]" not in desk.run("plan", "--format", "markdown").stdout
    assert json.loads(desk.run("plan", "--format", "json").stdout)["stopped_by"] == []


def test_a_plan_says_that_it_needs_a_word_unless_it_is_saved_to_be_approved(desk: Desk):
    desk.write(COMPANY + BARE_CARD + LIMIT + limits("require_approval: broadening"))

    told = desk.run("plan").stdout.splitlines()
    [line] = [line.removeprefix("  ! ") for line in told if "--approve broadening" in line]
    assert line in desk.run("apply", "--auto-approve", code=3).stderr
    assert "--approve broadening" not in desk.run("plan", "--out", "plan.json").stdout
    desk.run("apply", "plan.json")


def test_what_stops_a_plan_is_red_on_a_terminal(stopped: Desk):
    plain = stopped.run("plan").stdout
    red = [
        line for line in lay_out(plain, None, colored=True).splitlines() if line.startswith("\x1b[31m\x1b[1m")
    ]

    assert [line for line in red if "Blocked by guardrails" in line]
    assert len([line for line in red if "--allow" in line]) == 2
