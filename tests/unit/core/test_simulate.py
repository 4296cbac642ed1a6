"""What the offline simulator says of purchases, in words that a person can act upon."""

import pytest
from support.purchases import CARD, CATEGORIES, limit, limits, scenario, time, world

from provisioner.core.model.scenario import Course, Purchase, Unsure
from provisioner.core.purchases.generate import declared_facts
from provisioner.core.purchases.simulator import room, simulate

ADS, FOOD, TAXI = CATEGORIES


def told(declared, asked):
    return simulate(asked, declared_facts(CARD, declared, asked.balance))


@pytest.mark.parametrize(
    ("declared", "asked", "answer"),
    [
        (world(), scenario(50_000), "approved: "),
        (
            world(),
            scenario(50_001),
            "declined (spending_controls): the card's limit is $500.00 per day",
        ),
        (
            world({"status": "inactive"}),
            scenario(1),
            "declined (card_inactive): the card is inactive",
        ),
        (
            world(holder={"status": "inactive"}),
            scenario(1),
            "declined (cardholder_inactive): the cardholder is inactive",
        ),
        (
            world(holder={"type": "individual", "individual": {"first_name": "Ada"}}),
            scenario(1),
            (
                "declined (cardholder_verification_required): "
                "Stripe requires more information about the cardholder"
            ),
        ),
        (
            world({"exp_month": 2, "exp_year": 2024}),
            scenario(1),
            "declined (card_expired): the card expires at the end of 02/2024",
        ),
        (
            world({"lifecycle_controls": {"cancel_after": {"payment_count": 2}}}),
            scenario(1, 0, 1, 1),
            "declined (card_canceled): Stripe cancels the card after 2 payments",
        ),
        (
            world(),
            scenario(100, balance=99),
            "declined (insufficient_funds): the Issuing balance has $0.99 available",
        ),
        (
            world(controls={"allowed_categories": (FOOD,)}),
            scenario(1),
            f"declined (spending_controls): the card does not allow the category {ADS}",
        ),
        (
            world(held={"blocked_merchant_countries": ("FR",)}),
            scenario(1, country="FR"),
            "declined (spending_controls): the cardholder blocks the country FR",
        ),
        (
            world(controls={"allowed_card_presences": ("not_present",)}),
            scenario(1, method="contactless"),
            "declined (spending_controls): the card does not allow the card presence present",
        ),
        (
            world(controls=limits(limit(2_000_000))),
            scenario(1_000_001),
            "declined (spending_controls): Stripe approves at most $10,000.00 per purchase",
        ),
        (
            world(controls=limits(limit(300)), held=limits(limit(200, "all_time"))),
            scenario(150, 51),
            (
                "declined (spending_controls): the cardholder's limit is $2.00 lifetime, "
                "and $1.50 of it is spent"
            ),
        ),
        (
            world(controls=limits(limit(100, "weekly", FOOD, TAXI))),
            scenario(900, 900),
            "approved: ",
        ),
        (
            world(controls=limits(limit(0))),
            scenario(0),
            "approved: ",
        ),
        (
            world(controls=limits(limit(0))),
            scenario(1),
            "declined (spending_controls): the card's limit is $0.00 per month",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_answer_and_why(declared, asked, answer):
    course = told(declared, asked)

    assert f"{course.answer}: {course.answer.why}" == answer
    assert course.place == len(asked.after)


@pytest.mark.parametrize(
    ("interval", "before", "after"),
    [
        ("daily", "2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"),
        ("weekly", "2026-03-07T23:59:59Z", "2026-03-08T00:00:00Z"),  # a Sunday begins the week
        ("monthly", "2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z"),
        ("yearly", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_a_limit_begins_anew_at_midnight_utc(interval, before, after):
    declared = world(controls=limits(limit(100, interval)))
    early, late = (Purchase(100, ADS, at=time(moment)) for moment in (before, after))

    def bought(*purchases):
        one = scenario(1)
        return told(declared, type(one)("one", CARD, purchases[-1], approved=True, after=purchases[:-1]))

    assert bought(early, late).answer.approved
    assert not bought(early, early).answer.approved
    assert bought(early, early).place == 1


def test_it_stops_at_the_first_earlier_purchase_that_is_declined():
    course = told(world(controls=limits(limit(100))), scenario(60, 60, 60))

    assert (course.place, course.answer.approved) == (1, False)
    assert not course.fulfils(scenario(60, 60, 60, approved=False))


def test_nobody_knows_stripes_rate_of_exchange():
    held = {"spending_limits": (limit(100),), "spending_limits_currency": "eur"}

    course = told(world(controls=limits(limit(500)), held=held), scenario(50))
    declined = told(world(controls=limits(limit(20)), held=held), scenario(50))

    assert isinstance(course.answer, Unsure)
    assert str(declined.answer) == "declined (spending_controls)"


@pytest.mark.parametrize(
    ("expected", "reason", "fulfilled"),
    [
        (False, "", True),
        (False, "spending_controls", True),
        (False, "card_inactive", False),
        (True, "", False),
    ],
)
def test_what_fulfils_an_expectation(expected, reason, fulfilled):
    asked = scenario(101, approved=expected, reason=reason)

    assert told(world(controls=limits(limit(100))), asked).fulfils(asked) is fulfilled


def test_two_courses_agree_when_they_say_the_same():
    declared = world(controls=limits(limit(100)))
    approved, declined = told(declared, scenario(100)), told(declared, scenario(101))
    inactive = told(world({"status": "inactive"}), scenario(101))

    assert approved.agrees(approved)
    assert not approved.agrees(declined)
    assert not declined.agrees(inactive)
    assert not declined.agrees(told(declared, scenario(101, 1)).__class__(1, declined.answer))
    assert declined.agrees(Course(0, Unsure("who knows")))


def test_nobody_knows_whether_an_account_may_withdraw_cash():
    answer = told(world(), scenario(100, category="automated_cash_disburse")).answer
    assert isinstance(answer, Unsure)
    assert "cash withdrawals" in answer.why
    assert not isinstance(told(world(), scenario(50_001, category="automated_cash_disburse")).answer, Unsure)


def test_room_is_what_the_tightest_limit_leaves():
    declared = world(
        controls=limits(limit(300), limit(250, "daily", ADS)), held=limits(limit(1_000, "all_time"))
    )

    assert room(Purchase(0, ADS), declared_facts(CARD, declared)) == 250
    assert room(Purchase(0, FOOD), declared_facts(CARD, declared)) == 300
