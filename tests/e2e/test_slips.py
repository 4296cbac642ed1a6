"""Slips of the hand: each is refused, or understood, before it does harm, and the message says what to do."""

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
