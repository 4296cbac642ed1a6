"""A plan hides nothing: who gets each card, what ends and what follows, and every address when asked."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from e2e.conftest import COMPANY, Desk
from e2e.mixed_plan import mixed_plan

NAMES = [f"holder-{n}" for n in range(8)]


def people(names: Sequence[str]) -> str:
    body = COMPANY.split("acme:\n")[1]
    return "cardholders:\n" + "".join(f"  {name}:\n{body}" for name in names)


def cards(holders: dict[str, str]) -> str:
    return "cards:\n" + "".join(
        f"  {card}: {{cardholder: {holder}, type: virtual, currency: usd, status: active}}\n"
        for card, holder in holders.items()
    )


@pytest.fixture
def rotated(desk: Desk) -> Desk:
    """A configuration in which eight cards have gone from each person to the next."""
    given = {f"card-{n}": name for n, name in enumerate(NAMES)}
    desk.write(people(NAMES) + cards(given))
    desk.run("apply", "--auto-approve")
    desk.write(people(NAMES) + cards(dict(zip(given, [*NAMES[1:], NAMES[0]], strict=True))))
    return desk


def test_rotated_cards_say_from_whom_to_whom_in_every_view(rotated: Desk) -> None:
    moves = [
        (f"cards.card-{n}", f"cardholders.{one}", f"cardholders.{next_}")
        for n, (one, next_) in enumerate(zip(NAMES, [*NAMES[1:], NAMES[0]], strict=True))
    ]

    text, markdown, page = (
        rotated.run("plan", "--format", format_).stdout for format_ in ("text", "markdown", "html")
    )

    for address, one, other in moves:
        for shown in (text, markdown):
            assert f"    {address}: {one} -> {other}\n" in shown
    assert "different values" not in text + markdown
    model = html_model(page)
    rows = {each["a"]: [model["edits"][n] for n in each["e"]] for each in model["changes"]}
    assert all(["~", "cardholder", one, other] == rows[address][0][:4] for address, one, other in moves)


def test_a_rotation_has_one_block_in_a_comment(rotated: Desk) -> None:
    assert rotated.run("plan", "--format", "markdown").stdout.count("<details>") == 1


def html_model(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


@pytest.fixture
def retired(desk: Desk) -> Desk:
    """A configuration without 28 cards that Stripe has."""
    desk.write(COMPANY + cards({f"card-{n:02}": "acme" for n in range(28)}))
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY)
    return desk


def test_every_address_is_named_in_full_and_in_compact(retired: Desk) -> None:
    names = [f"cards.card-{n:02}" for n in range(28)]

    folded, full, compact = (
        retired.run("plan", *words).stdout for words in ((), ("--full",), ("--compact",))
    )

    assert "and 16 more" in folded
    assert [name for name in names if f"# {name} will be deactivated (ic_" not in full] == []
    assert full.count("status                            = active -> inactive") == 28
    lines = [line for line in compact.splitlines() if line.startswith("  - ")]
    assert lines == [
        f"  - {name}: status = active -> inactive; cardholder = cardholders.acme" for name in names
    ]


def test_a_saved_plan_is_shown_in_full_too(retired: Desk) -> None:
    retired.run("plan", "--out", "plan.json")

    _, _, shown = retired.run("show", "plan.json", "--full").stdout.partition("\n")
    assert shown == retired.run("plan", "--full").stdout


def test_the_plan_before_the_prompt_is_shown_in_full_on_request(retired: Desk) -> None:
    shown = retired.run("apply", "--full", "--auto-approve", "--allow", "retired=28").stdout

    assert shown.count("will be deactivated (ic_") == 28


@pytest.mark.parametrize("words", [("plan", "--full"), ("apply", "--compact", "--auto-approve")])
def test_other_formats_take_neither(desk: Desk, words: Sequence[str]) -> None:
    desk.write(COMPANY)

    error = json.loads(desk.run(*words, "--format", "json", code=1).stdout)["error"]

    assert f"{words[1]} is for --format text" in error


def test_a_saved_plan_is_shown_once_and_short_when_it_is_applied(desk: Desk) -> None:
    applied = desk.run("apply", str(mixed_plan(desk)), "--allow", "retired=9").stdout

    plan, _, report = applied.partition("\nPlan: ")
    assert applied.count("Blast radius") == 1
    assert "\n  - cards.podcast-ads: status = active -> inactive" in plan
    assert "cards.podcast-ads" not in report
    changes = plan.split("\n\n")[2].splitlines()
    assert len(changes) == 34
    assert all(re.match(r"  (\+|~|-|-/\+|\$|\*) \S+\.\S+", line) for line in changes)


def test_what_ends_says_whose_it_was_its_limits_and_what_follows(desk: Desk) -> None:
    changes = {
        each["address"]: each
        for each in json.loads(desk.run("show", str(mixed_plan(desk)), "--format", "json").stdout)["changes"]
    }

    gone, renewed = changes["cards.podcast-ads"], changes["cards.domain-names"]
    values = {each["path"]: (each["before"], each["after"]) for each in gone["values"]}
    limits = [{"amount": 500_000, "interval": "monthly"}]
    assert values == {
        "cardholder": ("cardholders.mara-lind",) * 2,
        "type": ("virtual",) * 2,
        "status": ("active", "inactive"),
        "spending_controls.spending_limits": (limits, limits),
    }
    assert gone["consequences"] == [
        "all purchases are declined; the same card works again once it is back in the configuration"
    ]
    assert renewed["consequences"] == [
        "the new card keeps the number, with a new expiry date and CVC; the old card is canceled"
    ]
    assert gone["team"] == "growth"
    assert gone["link"] == f"https://dashboard.stripe.com/test/issuing/cards/{gone['id']}"


def test_what_goes_along_with_a_holder_is_named(desk: Desk) -> None:
    desk.write(people(["acme", "jenny"]) + cards({"one": "jenny", "two": "jenny", "own": "acme"}))
    desk.run("apply", "--auto-approve")
    desk.write(people(["acme"]) + cards({"own": "acme"}))

    text = desk.run("plan").stdout

    assert "      # retired along with it: cards.one, cards.two\n" in text


def test_hidden_values_stay_hidden_in_what_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMIT", "1,234.00 USD")
    controls = "spending_controls: {spending_limits: [{amount: '${env.LIMIT}', interval: monthly}]}"
    card = f"cards:\n  ads: {{cardholder: acme, type: virtual, currency: usd, status: active, {controls}"
    desk.write(f"{COMPANY}{card}}}\n")
    desk.run("apply", "--auto-approve")
    desk.write(f"{COMPANY}{card}, lifecycle: {{reissue: {{number: 1, reason: expired}}}}}}\n")

    [change] = json.loads(desk.run("plan", "--format", "json").stdout)["changes"]

    limits = [each for each in change["values"] if each["path"] == "spending_controls.spending_limits"]
    assert [(each["before"], each["after"]) for each in limits] == [("(sensitive value)",) * 2]
    assert "1234" not in json.dumps(change["values"])
