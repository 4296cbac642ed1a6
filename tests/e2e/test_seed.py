"""`sandbox seed`: a believable past, made by the rules of the API, that leaves the configuration applied."""

import re
from pathlib import Path
from typing import Any

import pytest
from support.lists import pages

from e2e.conftest import BARE_CARD, COMPANY, Desk
from provisioner.sandbox.http.app import opened
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

AT = "2026-10-31T12:00:00Z"
END = 1_793_448_000
DAY = 86_400
ESTATE = f"""
version: 1
project: desk
{COMPANY}
{BARE_CARD}
  travel:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
    spending_controls:
      allowed_categories: [airlines_air_carriers, hotels_motels_and_resorts, taxicabs_limousines]
      spending_limits: [{{amount: "4,000.00 USD", interval: monthly}}]
  shop:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
    spending_controls:
      allowed_merchant_countries: [US, GB, JP]
      spending_limits: [{{amount: "900.00 USD", interval: weekly}}]
balance_targets: {{usd: {{target: "500.00 USD"}}}}
"""
ORDER = ("--purchases", "400", "--days", "60", "--at", AT)
STATE = Path(".provisioner/sandbox.db")


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One past for all that look at it: what the command said, and all lists of the sandbox."""
    desk = Desk(tmp_path_factory.mktemp("seeded"), "")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk.folder)
        desk.write(ESTATE)
        desk.run("apply", "--sandbox", "--auto-approve")
        said = desk.run("sandbox", "seed", *ORDER).stdout
        plan = desk.run("plan", "--sandbox").stdout
        with running(Settings(state=desk.folder / STATE, rate_limit=False)) as base:
            names = ("issuing/authorizations", "issuing/transactions", "issuing/cards", "topups", "events")
            lists = {name: pages(base, name) for name in names}
    return {"said": said, "plan": plan, **lists}


def test_purchases_are_spread_over_the_days_and_listed_in_order_of_time(past):
    made = past["issuing/authorizations"]
    times = [each["created"] for each in made]

    assert len(made) == 400
    assert times == sorted(times, reverse=True)
    assert END - 60 * DAY <= times[-1] < END - 58 * DAY
    assert END - 3 * DAY < times[0] <= END
    assert all(card["created"] <= times[-1] for card in past["issuing/cards"] if not card["replacement_for"])
    weekend = sum(((at // DAY + 4) % 7) in (0, 6) for at in times)
    assert weekend < 0.22 * len(times)  # Saturday and Sunday have two days of seven


def test_it_has_all_that_happens_to_purchases(past):
    made, moved = past["issuing/authorizations"], past["issuing/transactions"]
    captured = [sum(each["type"] == "capture" for each in one["transactions"]) for one in made]

    assert {one["status"] for one in made} == {"closed", "reversed", "expired", "pending"}
    assert {each["type"] for each in moved} == {"capture", "refund"}
    assert max(captured) > 1
    assert any(len(one["request_history"]) > 1 for one in made)
    assert any(one["merchant_currency"] != one["currency"] for one in made)
    assert any(card["replacement_for"] for card in past["issuing/cards"])
    assert {one["merchant_data"]["category"] for one in made} > {
        "airlines_air_carriers",
        "taxicabs_limousines",
    }


def test_declines_are_few_and_the_text_counts_them(past):
    said, made = past["said"], past["issuing/authorizations"]
    approved = [one for one in made if one["approved"]]
    declined = [one for one in made if not one["approved"]]

    assert "400 purchases on 3 cards, 2026-09-01 to 2026-10-31:" in said
    assert f"  {len(approved)} approved ($" in said
    assert re.search(rf"  {len(declined)} declined \(\d+ spending_controls, ", said)
    assert re.search(r"  \d+ captures, .* and \d+ reversals\n", said)
    assert 0.01 < len(declined) / len(made) < 0.25


def test_money_comes_in_and_the_configuration_stays_applied(past):
    assert "No changes." in past["plan"]
    assert len(past["topups"]) > 3
    assert {each["status"] for each in past["topups"]} == {"succeeded"}


def test_events_reach_back_as_far_as_stripe_keeps_them(past):
    times = [each["created"] for each in past["events"]]

    assert END - 30 * DAY < times[-1] < END - 28 * DAY
    assert times == sorted(times, reverse=True)


def test_the_same_seed_makes_the_same_past(desk: Desk):
    desk.write(ESTATE)
    desk.run("apply", "--sandbox", "--auto-approve")
    applied = STATE.read_bytes()

    def seeded(seed: str) -> tuple[str, list[tuple[Any, ...]]]:
        for suffix in ("-wal", "-shm"):
            Path(f"{STATE}{suffix}").unlink(missing_ok=True)
        STATE.write_bytes(applied)
        said = desk.run("sandbox", "seed", *ORDER, "--purchases", "60", "--seed", seed).stdout
        store = opened(Settings(state=STATE)).store
        with store.transaction(write=False) as db:
            rows = db.execute("SELECT id, created, body FROM objects ORDER BY seq").fetchall()
        store.close()
        return said, rows

    assert seeded("7") == seeded("7")
    assert seeded("7")[1] != seeded("8")[1]


def test_a_second_past_comes_after_the_first(desk: Desk):
    desk.write(ESTATE)
    desk.run("apply", "--sandbox", "--auto-approve")
    for _ in range(2):
        desk.run("sandbox", "seed", "--purchases", "40", "--days", "10", "--at", AT)

    with running(Settings(state=STATE, rate_limit=False)) as base:
        times = [each["created"] for each in pages(base, "issuing/authorizations")]

    assert len(times) == 80
    assert times == sorted(times, reverse=True)
    assert END - 10 * DAY <= times[39] < END
    assert END - 21 * DAY <= times[79] < times[40] <= END - 10 * DAY


def test_cards_must_be_applied_first(desk: Desk):
    desk.write(ESTATE)

    told = desk.run("sandbox", "seed", code=1).stderr

    assert "provisioner apply . --sandbox" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--at", "yesterday"), "'yesterday' is not a time such as 2026-10-31T12:00:00Z"),
        (("--purchases", "0"), "0 is not in the range x>=1"),
        (("--days", "0"), "0 is not in the range"),
    ],
)
def test_wrong_options_are_explained(desk: Desk, option: tuple[str, str], told: str):
    desk.write(ESTATE)

    assert told in re.sub(r"\s+", " ", desk.run("sandbox", "seed", *option, code=1).stderr)
