"""What is said of how long it takes: before it begins, and never of what is over in a moment."""

import json

from e2e.conftest import COMPANY, Desk

CARD = "  card-{n}: {{cardholder: acme, type: virtual, currency: usd, status: active}}\n"
CARDS = "cards:\n" + "".join(CARD.format(n=n) for n in range(6))


def test_a_long_apply_says_so_before_it_asks(desk: Desk):
    desk.write(COMPANY + CARDS)

    said = desk.run("apply", "--max-endpoint-rps", "0.5", code=1).stderr

    assert said.startswith(
        "7 steps will take about 0:12 (at most 0.5 requests/s per endpoint, 25/s in total)\n"
    )
    assert "stdin is not a terminal" in said
    assert desk.live() == {}


def test_for_machines_it_is_a_number(desk: Desk):
    desk.write(COMPANY + CARDS)

    said = desk.run("apply", "--max-endpoint-rps", "0.5", "--log-format", "json", code=1).stderr
    line = json.loads(said.splitlines()[0])

    assert (line["steps"], line["seconds"]) == (7, 12)


def test_a_short_one_just_asks(desk: Desk):
    desk.write(COMPANY + CARDS)

    assert "will take" not in desk.run("apply", code=1).stderr


def test_a_limit_must_be_one(desk: Desk):
    desk.write(COMPANY)

    assert "0" in desk.run("plan", "--max-rps", "0", code=None).stderr
