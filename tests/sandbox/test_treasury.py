"""Financial accounts, and cards that spend from them (docs.stripe.com/treasury)."""

from typing import Any

import pytest

from .shapes import problems
from .uploads import client

URL = "/v1/treasury/financial_accounts"
TEST = "/v1/test_helpers"
CARDS = {"card_issuing": {"requested": "true"}}
FRAUD = {"reason": "fraudulent", "fraudulent": {"explanation": "a"}}


def account(api, **more: Any) -> dict[str, Any]:
    return api.ok(URL, {"supported_currencies": ["usd"], "features": CARDS, **more})


def credited(api, account: dict[str, Any], amount: int) -> dict[str, Any]:
    asked = {"financial_account": account["id"], "amount": amount, "currency": "usd", "network": "ach"}
    return api.ok(f"{TEST}/treasury/received_credits", asked)


def debited(api, account: dict[str, Any], amount: int) -> dict[str, Any]:
    asked = {"financial_account": account["id"], "amount": amount, "currency": "usd", "network": "ach"}
    return api.ok(f"{TEST}/treasury/received_debits", asked)


def balance(api, account: dict[str, Any]) -> tuple[int, int]:
    """What can be spent, and what is held."""
    found = api.read(f"{URL}/{account['id']}")["balance"]
    return found["cash"]["usd"], found["outbound_pending"]["usd"]


def everything(api, account: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return api.read(f"/v1/treasury/{kind}", {"financial_account": account["id"], "limit": 100})["data"]


@pytest.fixture
def funded(api) -> dict[str, Any]:
    made = account(api)
    credited(api, made, 5_000)
    return made


@pytest.fixture
def card(api, funded) -> dict[str, Any]:
    return api.card(financial_account=funded["id"])


def test_a_new_account_is_empty_and_its_bank_address_takes_a_moment(api) -> None:
    features = {**CARDS, "financial_addresses": {"aba": {"requested": "true"}}}
    made = account(api, features=features, nickname="Ours", metadata={"a": "b"})
    assert problems(made) == []
    assert (made["status"], made["nickname"], made["balance"]["cash"]) == ("open", "Ours", {"usd": 0})
    assert made["active_features"] == ["card_issuing"]
    assert made["pending_features"] == ["financial_addresses.aba"]
    api.advance(6)
    after = api.read(f"{URL}/{made['id']}")
    assert after["active_features"] == ["card_issuing", "financial_addresses.aba"]
    assert after["financial_addresses"][0]["type"] == "aba"
    assert [event["type"].rpartition(".")[2] for event in api.events()] == [
        "features_status_updated",
        "created",
    ]


def test_the_account_number_is_told_only_when_asked_for(api) -> None:
    number = "financial_addresses.aba.account_number"
    made = account(api, features={"financial_addresses": {"aba": {"requested": "true"}}}, expand=[number])
    assert made["financial_addresses"] == []
    api.advance(6)
    whole = api.read(f"{URL}/{made['id']}", {"expand": [number]})
    told = whole["financial_addresses"][0]["aba"]
    assert problems(whole) == []
    assert (len(told["account_number"]), told["account_number"][-4:]) == (12, told["account_number_last4"])
    assert api.read(URL, {"expand": [f"data.{number}"]})["data"] == [whole]
    for one in (api.read(f"{URL}/{made['id']}"), *api.read(URL)["data"]):
        assert "account_number" not in one["financial_addresses"][0]["aba"]


def test_features_are_requested_and_restricted(api) -> None:
    made = account(api, features={})
    one = f"{URL}/{made['id']}"
    assert made["features"] == {"object": "treasury.financial_account_features"}
    changed = api.ok(f"{one}/features", {**CARDS, "outbound_payments": {"ach": {"requested": "true"}}})
    assert changed["outbound_payments"]["ach"]["status"] == "pending"
    assert (api.read(f"{one}/features"), problems(changed)) == (changed, [])
    api.advance(6)
    assert api.read(one)["active_features"] == ["card_issuing", "outbound_payments.ach"]
    api.ok(one, {"platform_restrictions": {"outbound_flows": "restricted"}})
    after = api.read(one)
    assert after["restricted_features"] == ["card_issuing", "outbound_payments.ach"]
    assert after["features"]["card_issuing"]["status_details"][0]["code"] == "restricted_by_platform"
    assert (
        api.ok(f"{one}/features", {"card_issuing": {"requested": "false"}})["card_issuing"]["status"]
        == "restricted"
    )


def test_a_feature_that_is_given_up_while_it_is_pending_stays_off(api) -> None:
    features = {
        "financial_addresses": {"aba": {"requested": "true"}},
        "intra_stripe_flows": {"requested": "true"},
    }
    one = f"{URL}/{account(api, features=features)['id']}"
    api.ok(f"{one}/features", {"financial_addresses": {"aba": {"requested": "false"}}})
    api.advance(6)
    after = api.read(one)
    assert (after["active_features"], after["financial_addresses"]) == (["intra_stripe_flows"], [])


def test_what_an_account_cannot_be(api, start) -> None:
    assert api.refused(URL, {"supported_currencies": ["eur"]})["param"] == "supported_currencies"
    assert api.refused(URL)["code"] == "parameter_missing"
    assert api.get(f"{URL}/fa_unknown").status == 404
    assert start(country="GB").post(URL, {"supported_currencies": ["gbp"]}).status == 400


def test_a_connected_account_has_up_to_three_if_it_has_treasury(api) -> None:
    other = api.connected()
    connected = api.with_headers(Stripe_Account=other)
    asked = {"supported_currencies": ["usd"], "features": CARDS}
    assert "treasury capability" in connected.refused(URL, asked)["message"]
    api.ok(f"/v1/accounts/{other}/capabilities/treasury", {"requested": True})
    made = [account(connected) for _ in "123"]
    assert connected.post(URL, {"supported_currencies": ["usd"]}).status == 400
    assert [one["id"] for one in connected.read(URL, {"status": "open"})["data"]] == [
        one["id"] for one in made[::-1]
    ]
    assert api.read(URL)["data"] == []


def test_money_arrives_as_a_received_credit(api) -> None:
    made = account(api)
    credit = credited(api, made, 700)
    assert (credit["status"], credit["network"], balance(api, made)) == ("succeeded", "ach", (700, 0))
    [transaction] = everything(api, made, "transactions")
    found = api.read(
        f"/v1/treasury/transactions/{transaction['id']}", {"expand": ["entries", "flow_details"]}
    )
    assert (found["status"], found["amount"], found["flow"]) == ("posted", 700, credit["id"])
    assert found["flow_details"]["received_credit"]["id"] == credit["id"]
    assert [entry["type"] for entry in found["entries"]["data"]] == ["received_credit"]
    asked = {"financial_account": made["id"], "expand": ["data.entries", "data.flow_details"]}
    assert api.read("/v1/treasury/transactions", asked)["data"] == [found]
    assert [problems(one) for one in (credit, found, *everything(api, made, "transaction_entries"))] == [
        [],
        [],
        [],
    ]
    assert {"treasury.received_credit.created", "treasury.received_credit.succeeded"} <= {
        event["type"] for event in api.events()
    }


def test_money_that_cannot_move_fails(api) -> None:
    made = account(api)
    assert debited(api, made, 1)["failure_code"] == "insufficient_funds"
    api.ok(f"{URL}/{made['id']}", {"platform_restrictions": {"inbound_flows": "restricted"}})
    assert credited(api, made, 1)["failure_code"] == "account_frozen"
    api.ok(f"{URL}/{made['id']}/close")
    failed = credited(api, made, 1)
    assert (failed["status"], failed["failure_code"], failed["transaction"]) == (
        "failed",
        "account_closed",
        None,
    )
    assert everything(api, made, "transactions") == []


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"currency": "eur"}, "currency"),
        ({"network": "rtp"}, "network"),
        ({"financial_account": "fa_unknown"}, "financial_account"),
    ],
)
def test_what_cannot_be_received(api, funded, change, param) -> None:
    asked = {"financial_account": funded["id"], "amount": 1, "currency": "usd", "network": "ach", **change}
    assert api.refused(f"{TEST}/treasury/received_credits", asked)["param"] == param


def test_a_card_spends_from_its_financial_account_and_from_nothing_else(api, funded, card) -> None:
    api.fund(100_000)
    held = api.purchase(card, 3_000)
    assert (held["approved"], balance(api, funded), api.issuing()) == (True, (2_000, 3_000), 100_000)
    assert (held["balance_transactions"], problems(held)) == ([], [])
    assert api.purchase(card, 2_001)["request_history"][0]["reason"] == "insufficient_funds"

    captured = api.ok(f"{TEST}/issuing/authorizations/{held['id']}/capture")
    [transaction] = captured["transactions"]
    assert (balance(api, funded), api.issuing()) == ((2_000, 0), 100_000)
    debit = api.read(f"/v1/treasury/received_debits/{transaction['treasury']['received_debit']}")
    assert (debit["amount"], debit["network"], problems(debit)) == (3_000, "card", [])
    assert debit["linked_flows"]["issuing_transaction"] == transaction["id"]
    assert captured["treasury"]["received_debits"] == [debit["id"]]
    hold = api.read(f"/v1/treasury/transactions/{held['treasury']['transaction']}", {"expand": ["entries"]})
    types = [entry["type"] for entry in hold["entries"]["data"]]
    assert (hold["status"], types) == (
        "void",
        ["issuing_authorization_release", "issuing_authorization_hold"],
    )


def test_a_refund_and_a_reversal_bring_the_money_back(api, funded, card) -> None:
    api.ok(f"{TEST}/issuing/authorizations/{api.purchase(card, 400)['id']}/reverse")
    assert balance(api, funded) == (5_000, 0)
    taken = api.ok(f"{TEST}/issuing/transactions/create_force_capture", {"card": card["id"], "amount": 6_000})
    assert balance(api, funded) == (-1_000, 0)
    refund = api.ok(f"{TEST}/issuing/transactions/{taken['id']}/refund")
    assert (refund["balance_transaction"], balance(api, funded)) == (None, (5_000, 0))
    credits_ = everything(api, funded, "received_credits")
    assert credits_[0]["id"] == refund["treasury"]["received_credit"]
    total = sum(entry["balance_impact"]["cash"] for entry in everything(api, funded, "transaction_entries"))
    assert total == 5_000


def test_a_purchase_stays_with_the_account_that_it_was_made_from(api, funded) -> None:
    api.fund(1_000)
    card = api.card()
    held = api.purchase(card, 400)
    api.ok(f"/v1/issuing/cards/{card['id']}", {"financial_account": funded["id"]})
    later = api.purchase(card, 300)
    assert (api.issuing(), balance(api, funded)) == (600, (4_700, 300))
    other = account(api)["id"]
    api.ok(f"/v1/issuing/cards/{card['id']}", {"financial_account": other})
    for one in (held, later):
        api.ok(f"{TEST}/issuing/authorizations/{one['id']}/capture", {"capture_amount": 100})
    assert (api.issuing(), balance(api, funded)) == (900, (4_900, 0))
    assert everything(api, {"id": other}, "transactions") == []


def test_money_arrives_although_the_balance_is_below_zero(api, funded, card) -> None:
    api.ok(f"{TEST}/issuing/transactions/create_force_capture", {"card": card["id"], "amount": 6_000})
    assert (credited(api, funded, 1)["status"], balance(api, funded)) == ("succeeded", (-999, 0))


def test_a_card_needs_an_open_account_with_cards_among_its_features(api) -> None:
    asked = {"cardholder": api.cardholder()["id"], "currency": "usd", "type": "virtual"}
    for unfit in ("fa_unknown", account(api, features={})["id"]):
        refused = api.refused("/v1/issuing/cards", {**asked, "financial_account": unfit})
        assert refused["param"] == "financial_account"
    one = f"/v1/issuing/cards/{api.card()['id']}"
    other = account(api)["id"]
    assert "financial_account" not in api.read(one)
    assert api.ok(one, {"financial_account": other})["financial_account"] == other


def test_only_an_empty_account_without_working_cards_is_closed(api, funded, card) -> None:
    close = f"{URL}/{funded['id']}/close"
    assert card["id"] in api.refused(close)["message"]
    api.ok(f"/v1/issuing/cards/{card['id']}", {"status": "canceled"})
    assert "zero" in api.refused(close)["message"]
    debited(api, funded, 5_000)
    closed = api.ok(close)
    assert (closed["status"], closed["status_details"]["closed"]["reasons"]) == (
        "closed",
        ["closed_by_platform"],
    )
    assert api.post(close).status == 400
    assert api.post(f"{URL}/{funded['id']}", {"nickname": "a"}).status == 400
    assert api.events("treasury.financial_account.closed")[0]["data"]["object"]["id"] == funded["id"]


@pytest.mark.parametrize(
    ("outcome", "status", "cash"), [("win", "succeeded", 5_000), ("lose", "failed", 2_000)]
)
def test_a_dispute_reverses_the_received_debit(api, funded, card, outcome, status, cash) -> None:
    taken = api.ok(f"{TEST}/issuing/transactions/create_force_capture", {"card": card["id"], "amount": 3_000})
    assert api.refused("/v1/issuing/disputes", {"transaction": taken["id"], "evidence": FRAUD})
    debit = {"received_debit": taken["treasury"]["received_debit"]}
    dispute = api.ok("/v1/issuing/disputes", {"treasury": debit, "evidence": FRAUD})
    assert dispute["treasury"] == {"debit_reversal": None, **debit}
    submitted = api.ok(f"/v1/issuing/disputes/{dispute['id']}/submit")
    assert problems(submitted) == []
    one = f"/v1/treasury/debit_reversals/{submitted['treasury']['debit_reversal']}"
    assert api.read(one)["status"] == "processing"
    api.control("act", {"act": f"{outcome}_dispute", "id": dispute["id"]})
    assert (api.read(one)["status"], balance(api, funded)) == (status, (cash, 0))
    assert problems(api.read(one)) == []
    resolution = {"win": "won", "lose": "lost"}[outcome]
    listed = {"financial_account": funded["id"], "resolution": resolution}
    assert [found["id"] for found in api.read("/v1/treasury/debit_reversals", listed)["data"]] == [
        api.read(one)["id"]
    ]


def test_a_debit_without_a_card_cannot_be_disputed(api, funded) -> None:
    debit = {"received_debit": debited(api, funded, 5)["id"]}
    assert api.refused("/v1/issuing/disputes", {"treasury": debit, "evidence": FRAUD})["param"]
    unknown = {"treasury": {"received_debit": "rd_unknown"}, "evidence": FRAUD}
    assert api.refused("/v1/issuing/disputes", unknown)["code"] == "resource_missing"


def test_lists_need_an_account_and_are_narrowed(api, funded, card) -> None:
    treasury = client(api).v1.treasury
    api.purchase(card, 100)
    one = {"financial_account": funded["id"]}
    assert api.get("/v1/treasury/transactions").error["code"] == "parameter_missing"
    assert api.get("/v1/treasury/transactions", {"financial_account": "fa_unknown"}).status == 400
    assert [found.flow_type for found in treasury.transactions.list({**one, "status": "open"}).data] == [
        "issuing_authorization"
    ]
    posted = {**one, "status": "posted", "order_by": "posted_at", "status_transitions[posted_at][gte]": 1}
    assert len(api.read("/v1/treasury/transactions", posted)["data"]) == 1
    unordered = {**one, "status_transitions[posted_at][gte]": 1}
    assert api.get("/v1/treasury/transactions", unordered).error["param"] == "status_transitions[posted_at]"
    assert treasury.received_credits.list({**one, "status": "failed"}).data == []
    assert treasury.received_credits.list({**one, "linked_flows": {"source_flow_type": "payout"}}).data == []
    entries = treasury.transaction_entries.list({**one, "limit": 1})
    assert len(list(entries.auto_paging_iter())) == 2
    found = treasury.transaction_entries.retrieve(
        entries.data[0].id, {"expand": ["transaction", "flow_details"]}
    )
    assert (found.transaction.id, found.flow_details.type) == (entries.data[0].transaction, found.flow_type)
    assert treasury.transaction_entries.list({**one, "effective_at": {"lt": 1}}).data == []
