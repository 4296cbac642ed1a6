"""Slips of the hand: each is refused, or understood, before it does harm, and the message says what to do."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from e2e.conftest import BARE_CARD, COMPANY, Desk


@pytest.mark.parametrize(("name", "text"), [("provisioner.yaml", None), ("notes.json", '{"version": 1}\n')])
def test_a_plan_is_not_saved_over_another_file(
    desk: Desk, name: str, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(COMPANY)
    file = desk.folder / name
    if text is not None:
        file.write_text(text, encoding="utf-8")
    before = file.read_bytes()
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")  # nothing answers there

    refused = desk.run("plan", "--out", name, code=1)

    assert refused.stderr == (
        f"Error: {name} exists and is not a saved plan; it was not changed. "
        "Use another file, such as plan.json\n"
    )
    assert file.read_bytes() == before


def test_a_plan_is_saved_over_an_older_plan_and_over_an_empty_file(desk: Desk) -> None:
    desk.write(COMPANY)
    Path("plan.json").touch()

    for _ in range(2):
        desk.run("plan", "--out", "plan.json")

    desk.run("show", "plan.json")


def test_a_reference_with_its_section_says_what_to_write(desk: Desk) -> None:
    desk.write(COMPANY + BARE_CARD.replace("cardholder: acme", "cardholder: cardholders.acme"))

    said = desk.run("validate", code=1).stderr

    assert (
        "'cardholders.acme' is not declared under 'cardholders'; write 'acme', without 'cardholders.'" in said
    )


def test_the_next_commands_of_init_can_be_pasted_where_the_folder_has_a_space(desk: Desk) -> None:
    said = desk.run("init", "our cards").stdout

    assert "  provisioner plan 'our cards' --sandbox\n" in said


def test_a_wrong_choice_is_refused_in_one_line(desk: Desk) -> None:
    _usage, error = desk.run("completion", code=1).stderr.splitlines()

    assert error.endswith("Choose from: bash, zsh, fish")


def test_a_purchase_on_a_card_that_is_not_applied_says_so(desk: Desk) -> None:
    coffee = "{card: ads, amount: 100, category: fast_food_restaurants, expect: approved}"
    desk.write(COMPANY + BARE_CARD + f"scenarios: {{coffee: {coffee}}}\n")

    purchase = desk.run("simulate", "purchase", "ads", "--amount", "100", code=1)
    tested = desk.run("test", code=1)

    says = "cards.ads is not in Stripe yet; apply the configuration first"
    assert purchase.stderr == f"Error: {says}\n"
    assert f"{says}, or add --sandbox" in " ".join(tested.stdout.split())


@pytest.mark.parametrize("command", ["plan", "validate", "apply"])
def test_a_fleet_is_not_read_as_a_configuration(desk: Desk, command: str) -> None:
    desk.write("version: 1\nfleet: shops\nroster: shops.csv\nconfiguration: t\n", "our shops/fleet.yaml")
    desk.write("version: 1\nproject: ${var.shop}\n", "our shops/t/shop.yaml")

    [problem, *_] = desk.run(command, "our shops", code=1).stderr.splitlines()

    says = "this file describes a fleet; use `provisioner fleet plan 'our shops'`"
    assert problem == f"our shops/fleet.yaml:2:1: {says}"


@pytest.mark.parametrize("words", [["."], ["--runs", "3"], [".", "--all"]])
def test_histories_take_no_configuration_and_no_number_of_runs(desk: Desk, words: list[str]) -> None:
    desk.write(COMPANY)

    assert "cannot be used with --estate" in desk.run("chaos", "--estate", *words, code=1).stderr


def test_a_policy_that_is_written_like_a_configuration_says_what_is_wrong(desk: Desk) -> None:
    desk.write(COMPANY)
    policy = desk.folder / ".policy.yaml"
    policy.write_text("guardrails: {max_retired: 1}\n", encoding="utf-8")

    said = desk.run("plan", "--policy", ".policy.yaml", code=1).stderr

    assert said.startswith(".policy.yaml:1:1: remove 'guardrails:'; a policy has its keys, such as ")


@pytest.mark.parametrize(
    ("head", "place", "key"),
    [("max_retired: 1\n", "guardrails", "max_retired"), ("", "lifecycle", "protect")],
)
def test_a_key_that_belongs_one_level_deeper(desk: Desk, head: str, place: str, key: str) -> None:
    desk.write(head + COMPANY + BARE_CARD + ("    protect: true\n" if key == "protect" else ""))

    assert (
        f"unknown key {key!r}; did you mean {key!r} under {place!r}?" in desk.run("validate", code=1).stderr
    )


@pytest.mark.parametrize(
    ("word", "category"),
    [
        ("bars", "drinking_places"),
        ("gas", "automated_fuel_dispensers"),
        ("5812", "eating_places_restaurants"),
        ("hotels", "hotels_motels_and_resorts"),
        ("bakries", "bakeries"),
    ],
)
def test_the_category_that_was_meant(desk: Desk, word: str, category: str) -> None:
    controls = f'    spending_controls: {{allowed_categories: ["{word}"]}}\n'
    desk.write(COMPANY + BARE_CARD)

    refused = desk.run("simulate", "purchase", "ads", "--amount", "1", "--category", word, code=1).stderr
    desk.write(COMPANY + BARE_CARD + controls)

    assert f"did you mean '{category}'?" in refused
    assert category in desk.run("validate", code=1).stderr


def test_a_word_that_is_like_no_category_gets_no_suggestion(desk: Desk) -> None:
    desk.write(COMPANY + BARE_CARD)

    refused = desk.run("simulate", "purchase", "ads", "--amount", "1", "--category", "xyzzy", code=1).stderr

    assert refused == "Error: 'xyzzy' is not a merchant category of Stripe's\n"


def test_a_configuration_without_scenarios_shows_one_that_works(desk: Desk) -> None:
    desk.write(COMPANY + BARE_CARD)

    said = desk.run("test", "--offline", code=1).stderr
    example = said.partition("`")[2].partition("`")[0]
    desk.write(COMPANY + BARE_CARD + example)

    assert "lunch" in desk.run("test", "--offline").stdout


def test_a_sandbox_that_is_not_a_database_says_how_to_start_over(desk: Desk) -> None:
    desk.write(COMPANY)
    state = desk.folder / ".provisioner" / "sandbox.db"
    state.parent.mkdir(mode=0o700)
    state.write_text("not a database, but long enough to be read as one\n" * 20, encoding="utf-8")

    said = desk.run("plan", "--sandbox", code=1).stderr
    command = said.partition("`provisioner ")[2].partition("`")[0]
    desk.run(*command.split())

    desk.run("plan", "--sandbox")


def test_a_port_that_is_in_use_is_named(desk: Desk) -> None:
    port = desk.base.rpartition(":")[2]

    said = desk.run("sandbox", "serve", "--port", port, code=1).stderr

    assert said == (
        f"Error: port {port} is already in use; choose another one, or leave out --port to use a free one\n"
    )


def test_a_command_that_only_reads_does_not_say_that_nothing_was_changed(desk: Desk) -> None:
    desk.write("version: 2\n" + COMPANY)

    assert desk.run("validate", code=1).stderr.endswith("\nError: 2 problems.\n")
    assert desk.run("apply", code=1).stderr.endswith("\nError: 2 problems; nothing was changed.\n")


def test_a_problem_says_its_key_once(desk: Desk) -> None:
    desk.write("scenarios: [1]\n" + COMPANY + "cards: {ads: 1}\n")

    first, second = [line for line in desk.run("validate", code=1).stderr.splitlines() if ".yaml:" in line]

    assert ": scenarios: expected a mapping" in first
    assert ": cards.ads: expected a mapping" in second


def test_a_tab_is_visible_where_the_error_is_about_it(desk: Desk) -> None:
    desk.write(COMPANY + "cards:\n\tads: {}\n")

    lines = desk.run("validate", code=1).stderr.splitlines()

    assert "\N{RIGHTWARDS ARROW}ads: .." in next(line for line in lines if " | " in line)


def test_a_saved_plan_shows_when_it_was_made_and_until_when_it_is_good(desk: Desk) -> None:
    desk.write(COMPANY)
    desk.run("plan", "--out", "plan.json", "--expires", "1d")

    head, *_ = desk.run("show", "plan.json").stdout.splitlines()

    times = re.fullmatch(r"Saved (.+) UTC; expires (.+) UTC\.", head)
    assert times
    saved, expires = map(datetime.fromisoformat, times.groups())
    assert expires - saved == timedelta(days=1)


def test_a_purchase_that_the_balance_declines_names_the_money_on_its_way(desk: Desk) -> None:
    desk.write(COMPANY + BARE_CARD + 'balance_targets: {usd: {target: "100.00 USD"}}\n')
    desk.run("apply", "--auto-approve")

    early = desk.run("simulate", "purchase", "ads", "--amount", "500").stdout
    desk.control("clock", b'{"advance": 10}')
    later = desk.run("simulate", "purchase", "ads", "--amount", "500").stdout

    assert "the Issuing balance has $0.00 available; top-ups of $100.00 are still pending" in early
    assert "pending" not in later.replace("status          pending", "")


def test_drift_after_a_destroy_does_not_blame_the_configuration(desk: Desk) -> None:
    desk.write(COMPANY + BARE_CARD)
    desk.run("apply", "--auto-approve")
    desk.run("destroy", "--auto-approve")

    said = desk.run("drift").stdout

    assert "configuration changed" not in said
    assert "status is inactive since the last apply or destroy; the next apply sets it to active" in said


def test_a_replacement_that_fails_half_way_shows_the_half_that_was_done(desk: Desk) -> None:
    desk.write(COMPANY + BARE_CARD)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + BARE_CARD + "    second_line: Marketing\n")
    fault = {"effect": "500_began", "match": "POST /v1/issuing/cards/*", "count": 100}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())

    report = desk.run("apply", "--auto-approve", code=5).stdout.partition("Apply incomplete")[2]

    assert re.search(r"\n  cards\.ads: created \(ic_\w+\)\n", report)
    assert "\n  cards.ads: FAILED to cancel: " in report


def test_a_key_of_the_wrong_mode_is_said_once_for_a_fleet(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(COMPANY, "shop.yaml")
    accounts = "accounts: [{account: acct_1A}, {account: acct_1B}]\n"
    desk.write("version: 1\nfleet: shops\nconfiguration: shop.yaml\n" + accounts, "fleet.yaml")
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_wrong")

    refused = desk.run("fleet", "plan", code=7)

    assert refused.stdout == ""
    assert refused.stderr.count("STRIPE_API_KEY is a live key") == 1


def test_an_export_of_nothing_says_what_to_run(desk: Desk) -> None:
    empty = desk.run("export", code=1).stderr
    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")

    other = desk.run("export", code=1).stderr

    assert empty.endswith("; `provisioner init` writes a project to start from\n")
    assert other.endswith("; project 'desk' has 1 (`provisioner export --project desk`)\n")
    assert "acme" in desk.run("export", "--project", "desk").stdout
