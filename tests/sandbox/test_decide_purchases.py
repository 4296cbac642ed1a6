"""Scripted purchases: each is asked for over HTTP and decided as Stripe's documentation says."""

import pytest

from .purchase_scene import (
    OK,
    Json,
    Scene,
    account_act,
    bought,
    card_act,
    card_is,
    controls,
    expired,
    forced,
    helped,
    holder_is,
    limit,
    lost,
    on,
    other_card,
    refunded,
    replaced,
    stripe_does,
    switched,
    taken,
    until,
)

CONTROLS = "spending_controls"
FUNDS = "insufficient_funds"
INTERVALS = ("per_authorization", "daily", "weekly", "monthly", "yearly", "all_time")

PURCHASES: dict[str, Json] = {
    # status
    "an active card": {"is": OK},
    "an inactive card": {"before": [card_is(status="inactive")], "is": "card_inactive"},
    "a card made active again": {
        "before": [card_is(status="inactive"), card_is(status="active")],
        "is": OK,
    },
    "a canceled card": {"before": [card_is(status="canceled")], "is": "card_canceled"},
    "a card on its last day, and the day after": {"before": [expired], "is": "card_expired"},
    "an inactive holder": {"before": [holder_is(status="inactive")], "is": "cardholder_inactive"},
    "a blocked holder": {"before": [stripe_does("block_cardholder")], "is": "cardholder_blocked"},
    "a holder under review": {
        "before": [stripe_does("disable_cardholder", "under_review")],
        "is": "cardholder_verification_required",
    },
    "a holder no longer under review": {
        "before": [stripe_does("disable_cardholder", "listed"), stripe_does("disable_cardholder")],
        "is": OK,
    },
    # verification, PIN, cash
    "a wrong CVC": {"verification_data": {"cvc_check": "mismatch"}, "is": "verification_failed"},
    "a wrong expiry": {"verification_data": {"expiry_check": "mismatch"}, "is": "verification_failed"},
    "a wrong postal code": {"verification_data": {"address_postal_code_check": "mismatch"}, "is": OK},
    "3D Secure that failed": {
        "verification_data": {"three_d_secure": {"result": "failed"}},
        "is": "verification_failed",
    },
    "a wrong CVC that is left to the webhook": {
        "before": [switched(wrong_details_decline=False)],
        "verification_data": {"cvc_check": "mismatch"},
        "is": OK,
    },
    "a blocked PIN": {"before": [card_act("block_pin")], "method": "chip", "is": "pin_blocked"},
    "a blocked PIN, online": {"before": [card_act("block_pin")], "is": OK},
    "a PIN that is no longer blocked": {
        "before": [card_act("block_pin"), card_is(status="active")],
        "method": "chip",
        "is": OK,
    },
    "cash": {"category": "automated_cash_disburse", "is": "not_allowed"},
    "cash, where Stripe has allowed it": {
        "before": [switched(atm_withdrawals=True)],
        "category": "automated_cash_disburse",
        "is": OK,
    },
    "an account that is disabled": {"before": [account_act("disable_account")], "is": "account_disabled"},
    "an account that is enabled again": {
        "before": [account_act("disable_account"), account_act("disable_account", value=False)],
        "is": OK,
    },
    # funds
    "no money at all": {"funds": 0, "is": FUNDS},
    "all the money": {"funds": 1_000, "amount": 1_000, "is": OK},
    "a cent more than all": {"funds": 1_000, "amount": 1_001, "is": FUNDS},
    "what a hold has left": {"funds": 1_000, "before": [bought(400)], "amount": 600, "is": OK},
    "a cent more than a hold has left": {
        "funds": 1_000,
        "before": [bought(400)],
        "amount": 601,
        "is": FUNDS,
    },
    "what a reversal has freed": {
        "funds": 1_000,
        "before": [bought(900), helped("reverse")],
        "amount": 1_000,
        "is": OK,
    },
    "what a capture has taken": {"funds": 1_000, "before": [taken(900)], "amount": 101, "is": FUNDS},
    "a balance below zero": {"funds": 1_000, "before": [forced(1_500)], "amount": 1, "is": FUNDS},
    # limits that everybody has
    "the default 500 a day": {"amount": 50_000, "is": OK},
    "a cent above the default": {"amount": 50_001, "is": CONTROLS},
    "the default is used up by a day's purchases": {
        "before": [bought(30_000)],
        "amount": 20_001,
        "is": CONTROLS,
    },
    "10,000 at once": {"card": controls(), "funds": 5_000_000, "amount": 1_000_000, "is": OK},
    "a cent above 10,000 at once": {
        "card": controls(),
        "funds": 5_000_000,
        "amount": 1_000_001,
        "is": CONTROLS,
    },
    "a limit of zero": {"card": limit(0), "amount": 1, "is": CONTROLS},
    # limits by category
    "within its category's limit": {
        "card": limit(1_000, "daily", "bakeries"),
        "category": "bakeries",
        "amount": 1_000,
        "is": OK,
    },
    "above its category's limit": {
        "card": limit(1_000, "daily", "bakeries"),
        "category": "bakeries",
        "amount": 1_001,
        "is": CONTROLS,
    },
    "another category is not limited": {
        "card": limit(1_000, "daily", "bakeries"),
        "category": "florists",
        "amount": 40_000,
        "is": OK,
    },
    "other categories do not use a limit up": {
        "card": limit(1_000, "daily", "bakeries", "caterers"),
        "before": [bought(5_000, category="florists"), bought(400, category="caterers")],
        "category": "bakeries",
        "amount": 600,
        "is": OK,
    },
    "all its categories use a limit up": {
        "card": limit(1_000, "daily", "bakeries", "caterers"),
        "before": [bought(400, category="caterers")],
        "category": "bakeries",
        "amount": 601,
        "is": CONTROLS,
    },
    # what counts
    "a captured tip counts": {
        "card": limit(1_000),
        "before": [bought(500), helped("capture", capture_amount=700)],
        "amount": 301,
        "is": CONTROLS,
    },
    "a partial capture frees the rest": {
        "card": limit(1_000),
        "before": [bought(500), helped("capture", capture_amount=200)],
        "amount": 800,
        "is": OK,
    },
    "a capture that stays open frees nothing": {
        "card": limit(1_000),
        "before": [bought(500), helped("capture", capture_amount=200, close_authorization=False)],
        "amount": 501,
        "is": CONTROLS,
    },
    "a partial reversal frees its part": {
        "card": limit(1_000),
        "before": [bought(1_000), helped("reverse", reverse_amount=300)],
        "amount": 300,
        "is": OK,
    },
    "a refund frees nothing": {
        "card": limit(1_000),
        "before": [taken(1_000), refunded],
        "amount": 1,
        "is": CONTROLS,
    },
    "a refused purchase uses nothing up": {
        "card": limit(1_000),
        "before": [lambda scene: scene.buy(1_001)],
        "amount": 1_000,
        "is": OK,
    },
    # which cards count
    "another card has its own limit": {
        "card": limit(1_000),
        "before": [bought(1_000), other_card],
        "amount": 1_000,
        "is": OK,
    },
    "a holder's limit counts all cards": {
        "holder": limit(1_000),
        "before": [bought(600), other_card],
        "amount": 401,
        "is": CONTROLS,
    },
    "a holder's limit leaves the rest to all cards": {
        "holder": limit(1_000),
        "before": [bought(600), other_card],
        "amount": 400,
        "is": OK,
    },
    "a replacement inherits what was spent": {
        "card": limit(1_000),
        "before": [bought(600), replaced],
        "amount": 401,
        "is": CONTROLS,
    },
    "a replacement's replacement as well": {
        "card": limit(1_000),
        "before": [bought(300), replaced, bought(300), lost],
        "amount": 401,
        "is": CONTROLS,
    },
    "a replacement has the rest": {
        "card": limit(1_000),
        "before": [bought(600), lost],
        "amount": 400,
        "is": OK,
    },
    # both levels
    "the card's limit is the tighter one": {
        "card": limit(500),
        "holder": limit(1_000),
        "amount": 501,
        "is": CONTROLS,
    },
    "the holder's limit is the tighter one": {
        "card": limit(1_000),
        "holder": limit(500),
        "amount": 501,
        "is": CONTROLS,
    },
    "both limits at their boundary": {
        "card": limit(500),
        "holder": limit(500, "monthly"),
        "amount": 500,
        "is": OK,
    },
    "allowed by the card, blocked by the holder": {
        "card": controls(allowed_categories=["bakeries"]),
        "holder": controls(blocked_categories=["bakeries"]),
        "category": "bakeries",
        "is": CONTROLS,
    },
    "a holder's limit in euros, on a card in dollars": {
        "holder": {
            "spending_controls": {**limit(1_000)["spending_controls"], "spending_limits_currency": "eur"}
        },
        "amount": 1_101,
        "is": CONTROLS,
    },
    # several reasons at once
    "status comes before funds": {
        "funds": 0,
        "before": [card_is(status="inactive")],
        "is": "card_inactive",
    },
    "funds come before controls": {"funds": 0, "card": limit(0), "is": FUNDS},
}

LISTS = {
    "categories": ("bakeries", "florists", "category"),
    "merchant_countries": ("US", "GB", "country"),
}
for level in ("card", "holder"):
    for name, (mine, theirs, param) in LISTS.items():
        for value, listed in ((mine, True), (theirs, False)):
            PURCHASES[f"{level}: allowed {name}, {value}"] = {
                **on(level, controls(**{f"allowed_{name}": [mine]})),
                param: value,
                "is": OK if listed else CONTROLS,
            }
            PURCHASES[f"{level}: blocked {name}, {value}"] = {
                **on(level, controls(**{f"blocked_{name}": [mine]})),
                param: value,
                "is": CONTROLS if listed else OK,
            }
    for method, present in (
        ("chip", True),
        ("contactless", True),
        ("swipe", True),
        ("online", False),
        ("keyed_in", False),
    ):
        PURCHASES[f"{level}: only present, {method}"] = {
            **on(level, controls(allowed_card_presences=["present"])),
            "method": method,
            "is": OK if present else CONTROLS,
        }
    PURCHASES[f"{level}: not_present is blocked, online"] = {
        **on(level, controls(blocked_card_presences=["not_present"])),
        "method": "online",
        "is": CONTROLS,
    }
    for interval in INTERVALS:
        earlier = [] if interval == "per_authorization" else [bought(600)]
        rest = 1_000 - 600 * len(earlier)
        for amount, reason in ((rest, OK), (rest + 1, CONTROLS)):
            PURCHASES[f"{level}: {interval} limit, {amount}"] = {
                **on(level, limit(1_000, interval)),
                "before": earlier,
                "amount": amount,
                "is": reason,
            }
for interval in INTERVALS[1:5]:
    PURCHASES[f"{interval} limit, used up to the end"] = {
        "card": limit(1_000, interval),
        "before": [until(interval, 3600), taken(1_000), until(interval, 60)],
        "amount": 1,
        "is": CONTROLS,
    }
    PURCHASES[f"{interval} limit, in the next one"] = {
        "card": limit(1_000, interval),
        "before": [until(interval, 60), taken(1_000), until(interval)],
        "amount": 1_000,
        "is": OK,
    }
PURCHASES["all_time limit, next year"] = {
    "card": limit(1_000, "all_time"),
    "before": [taken(1_000), until("yearly")],
    "amount": 1,
    "is": CONTROLS,
}


@pytest.mark.parametrize("name", PURCHASES)
def test_purchase(api, name):
    case = dict(PURCHASES[name])
    scene = Scene(api, case.pop("holder", {}), case.pop("card", {}), case.pop("funds", 200_000))
    for step in case.pop("before", []):
        step(scene)
    reason = case.pop("is")
    assert scene.buy(case.pop("amount", 100), **case) == reason


def test_there_are_enough_of_them():
    assert len(PURCHASES) >= 60
