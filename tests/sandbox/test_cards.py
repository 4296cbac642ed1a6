"""Cards: what they are, how their status moves, how they are replaced and shipped."""

import time

import pytest

from .conftest import ADDRESS

URL = "/v1/issuing/cards"
SHIPPING = {"name": "Jenny Rosen", "address": ADDRESS, "service": "express"}
DEFAULT_LIMITS = [{"amount": 50_000, "categories": [], "interval": "daily"}]


def status(api, card) -> str:
    return api.read(f"{URL}/{card['id']}")["status"]


def test_a_new_card_is_inactive_and_has_its_whole_cardholder(api) -> None:
    holder = api.person()
    card = api.ok(URL, {"cardholder": holder["id"], "currency": "usd", "type": "virtual"})
    assert (card["status"], card["cardholder"]) == ("inactive", holder)
    assert card["spending_controls"]["spending_limits"] == DEFAULT_LIMITS
    assert card["spending_controls"]["spending_limits_currency"] == "usd"
    assert not {"number", "cvc"} & card.keys()
    assert api.events("issuing_card.created")[0]["data"]["object"] == card


def test_a_virtual_card_may_expire_when_asked_to(api) -> None:
    year = int(time.strftime("%Y", time.gmtime())) + 2
    card = api.card(exp_month=7, exp_year=year)
    assert (card["exp_month"], card["exp_year"]) == (7, year)


def test_the_number_is_told_only_when_asked_for_one_card(api) -> None:
    card = api.card()
    told = api.read(f"{URL}/{card['id']}", {"expand": ["number", "cvc"]})
    assert (told["number"][-4:], len(told["number"]), len(told["cvc"])) == (card["last4"], 16, 3)
    assert api.get(URL, {"expand": ["data.number"]}).status == 400
    new = {"cardholder": card["cardholder"]["id"], "currency": "usd", "type": "virtual"}
    assert api.refused(URL, {**new, "expand": ["number"]})["param"] == "expand"
    assert api.refused(f"{URL}/{card['id']}", {"expand": ["cvc"]})["param"] == "expand"
    assert api.get(f"{URL}/{card['id']}", {"expand": ["pin"]}).error["param"] == "expand"


def test_the_number_of_a_physical_card_is_never_told(api) -> None:
    card = api.card(type="physical", status="inactive", shipping=SHIPPING)
    told = api.read(f"{URL}/{card['id']}", {"expand": ["number", "cvc"]})
    assert {"number", "cvc"} & told.keys() == set()


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"cardholder": "ich_unknown"}, "cardholder"),
        ({"currency": "eur"}, "currency"),
        ({"exp_month": 5}, "exp_year"),
        ({"exp_month": 13, "exp_year": 2030}, "exp_month"),
        ({"exp_month": 1, "exp_year": 2020}, "exp_year"),
        ({"exp_month": 12, "exp_year": 2099}, "exp_year"),
        ({"type": "physical", "shipping": SHIPPING, "exp_month": 1, "exp_year": 2030}, "exp_month"),
        (
            {
                "type": "physical",
                "shipping": {**SHIPPING, "type": "bulk", "address": {**ADDRESS, "country": "FR"}},
            },
            "shipping[customs][eori_number]",
        ),
        ({"second_line": "x" * 25}, "second_line"),
        ({"type": "physical"}, "shipping"),
        ({"shipping": SHIPPING}, "shipping"),
        ({"type": "physical", "shipping": SHIPPING, "status": "active"}, "status"),
        ({"financial_account": "fa_1"}, "financial_account"),
        ({"personalization_design": "ipcd_1"}, "personalization_design"),
        ({"replacement_reason": "lost"}, "replacement_for"),
        ({"replacement_for": "ic_unknown", "replacement_reason": "lost"}, "replacement_for"),
        (
            {"lifecycle_controls": {"cancel_after": {"payment_count": 0}}},
            "lifecycle_controls[cancel_after][payment_count]",
        ),
        (
            {"spending_controls": {"spending_limits_currency": "usd"}},
            "spending_controls[spending_limits_currency]",
        ),
        ({"status": "canceled"}, "status"),
    ],
)
def test_what_a_card_cannot_be(api, change, param) -> None:
    good = {"cardholder": api.cardholder()["id"], "currency": "usd", "type": "virtual"}
    assert api.refused(URL, {**good, **change})["param"] == param


def test_a_card_needs_a_cardholder(api) -> None:
    error = api.refused(URL, {"currency": "usd", "type": "virtual"})
    assert (error["code"], error["param"]) == ("parameter_missing", "cardholder")


@pytest.mark.parametrize(
    "field",
    ["cardholder", "currency", "type", "exp_month", "second_line", "lifecycle_controls", "replacement_for"],
)
def test_what_never_changes(api, field) -> None:
    assert api.refused(f"{URL}/{api.card()['id']}", {field: "1"})["code"] == "parameter_unknown"


def test_status_goes_back_and_forth_until_canceled_which_is_final(api) -> None:
    card = api.card(status="inactive")
    url = f"{URL}/{card['id']}"
    for step in ("active", "inactive", "active"):
        assert api.ok(url, {"status": step})["status"] == step
    canceled = api.ok(url, {"status": "canceled", "cancellation_reason": "lost"})
    assert (canceled["status"], canceled["cancellation_reason"]) == ("canceled", "lost")
    for change in ({"status": "active"}, {"status": "canceled"}, {"metadata": {"a": "b"}}):
        assert api.refused(url, change)["type"] == "invalid_request_error"


def test_a_reason_to_cancel_needs_a_cancellation(api) -> None:
    url = f"{URL}/{api.card()['id']}"
    assert api.refused(url, {"cancellation_reason": "lost"})["param"] == "cancellation_reason"
    assert (
        api.refused(url, {"status": "canceled", "cancellation_reason": "bored"})["param"]
        == "cancellation_reason"
    )


def test_limits_replace_the_default_one(api) -> None:
    limits = [{"amount": 0, "interval": "monthly", "categories": []}]
    card = api.card(spending_controls={"spending_limits": limits})
    assert card["spending_controls"]["spending_limits"] == limits
    url = f"{URL}/{card['id']}"
    assert (
        api.ok(url, {"spending_controls": {"spending_limits": ""}})["spending_controls"]["spending_limits"]
        == []
    )
    api.control("switches", {"clearing_restores_default_limit": True})
    cleared = api.ok(url, {"spending_controls": {"spending_limits": ""}})
    assert cleared["spending_controls"]["spending_limits"] == DEFAULT_LIMITS


def test_no_limits_at_all_cannot_be_asked_for_at_creation(api) -> None:
    assert (
        api.card(spending_controls={"spending_limits": ""})["spending_controls"]["spending_limits"]
        == DEFAULT_LIMITS
    )


@pytest.mark.parametrize(("merge", "limits"), [(True, 1), (False, 0)])
def test_controls_that_are_not_named_stay_or_go_as_switched(api, merge, limits) -> None:
    api.control("switches", {"controls_merge": merge})
    card = api.card(spending_controls={"spending_limits": [{"amount": 5, "interval": "daily"}]})
    named = {"spending_controls": {"allowed_categories": ["bakeries"]}}
    controls = api.ok(f"{URL}/{card['id']}", named)["spending_controls"]
    assert (controls["allowed_categories"], len(controls["spending_limits"])) == (["bakeries"], limits)
    assert controls["spending_limits_currency"] == "usd"
    same = api.ok(f"{URL}/{card['id']}", {"metadata": {"a": "b"}})["spending_controls"]
    assert same == controls


def test_the_default_limit_may_be_hidden(api) -> None:
    api.control("switches", {"default_limit_shown": False})
    assert api.card()["spending_controls"]["spending_limits"] == []


@pytest.mark.parametrize("reason", ["lost", "stolen"])
def test_a_lost_card_is_canceled_first_and_its_replacement_has_another_number(api, reason) -> None:
    old = api.card()
    params = {
        "cardholder": old["cardholder"]["id"],
        "replacement_for": old["id"],
        "replacement_reason": reason,
    }
    good = {"currency": "usd", "type": "virtual", **params}
    assert api.refused(URL, good)["param"] == "replacement_for"
    other = {"lost": "stolen", "stolen": "lost"}[reason]
    api.ok(f"{URL}/{old['id']}", {"status": "canceled", "cancellation_reason": reason})
    assert api.refused(URL, {**good, "replacement_reason": other})["param"] == "replacement_for"
    new = api.ok(URL, {**good, "expand": ["replacement_for"]})
    assert (new["replacement_for"]["replaced_by"], new["replacement_reason"]) == (new["id"], reason)


def test_a_card_that_was_canceled_for_no_reason_was_not_lost(api) -> None:
    old = api.card()
    api.ok(f"{URL}/{old['id']}", {"status": "canceled"})
    new = {"cardholder": old["cardholder"]["id"], "currency": "usd", "type": "virtual"}
    for reason in ("lost", "stolen"):
        refused = api.refused(URL, {**new, "replacement_for": old["id"], "replacement_reason": reason})
        assert refused["param"] == "replacement_for"


def test_only_a_physical_card_is_damaged(api) -> None:
    old = api.card()
    new = {"cardholder": old["cardholder"]["id"], "currency": "usd", "type": "virtual"}
    refused = api.refused(URL, {**new, "replacement_for": old["id"], "replacement_reason": "damaged"})
    assert refused["param"] == "replacement_reason"


@pytest.mark.parametrize(("reason", "kind"), [("damaged", "physical"), ("expired", "virtual")])
def test_activating_the_replacement_of_a_damaged_card_cancels_the_old_one(api, reason, kind) -> None:
    over = {"type": kind, **({"shipping": SHIPPING} if kind == "physical" else {})}
    old = api.card(status="inactive", **over)
    api.ok(f"{URL}/{old['id']}", {"status": "active"})
    new = api.card(
        cardholder=old["cardholder"]["id"],
        status="inactive",
        replacement_for=old["id"],
        replacement_reason=reason,
        **over,
    )
    assert (new["last4"], status(api, old)) == (old["last4"], "active")
    api.ok(f"{URL}/{new['id']}", {"status": "active"})
    assert (status(api, old), status(api, new)) == ("canceled", "active")
    assert api.read(f"{URL}/{old['id']}")["replaced_by"] == new["id"]


def test_a_replacement_is_of_the_same_cardholder_and_of_a_card_that_lives(api) -> None:
    old = api.card()
    good = {
        "currency": "usd",
        "type": "virtual",
        "replacement_for": old["id"],
        "replacement_reason": "expired",
    }
    assert api.refused(URL, {**good, "cardholder": api.cardholder()["id"]})["param"] == "cardholder"
    api.ok(f"{URL}/{old['id']}", {"status": "canceled"})
    assert api.refused(URL, {**good, "cardholder": old["cardholder"]["id"]})["param"] == "replacement_for"


def physical(api):
    holder = api.person()["id"]
    return api.ok(URL, {"cardholder": holder, "currency": "usd", "type": "physical", "shipping": SHIPPING})


def test_a_physical_card_is_shipped_step_by_step(api) -> None:
    card = physical(api)
    assert (card["status"], card["shipping"]["status"]) == ("inactive", "pending")
    helpers = f"/v1/test_helpers/issuing/cards/{card['id']}/shipping"
    moved = {**SHIPPING, "address": {**ADDRESS, "line1": "1 New Street"}}
    changed = api.ok(f"{URL}/{card['id']}", {"shipping": moved})
    assert changed["shipping"]["address"]["line1"] == "1 New Street"
    assert api.refused(f"{helpers}/deliver")
    older = api.with_headers(Stripe_Version="2024-06-20")
    assert "2024-09-30 or later" in older.refused(f"{helpers}/submit")["message"]
    assert api.ok(f"{helpers}/submit")["shipping"]["status"] == "submitted"
    assert api.refused(f"{URL}/{card['id']}", {"shipping": SHIPPING})["param"] == "shipping"
    shipped = api.ok(f"{helpers}/ship")["shipping"]
    assert (shipped["status"], bool(shipped["tracking_number"])) == ("shipped", True)
    assert api.ok(f"{helpers}/deliver")["shipping"]["status"] == "delivered"
    assert api.refused(f"{helpers}/fail")
    assert api.ok(f"{URL}/{card['id']}", {"status": "active"})["status"] == "active"


@pytest.mark.parametrize(("step", "end"), [("return", "returned"), ("fail", "failure")])
def test_a_shipment_may_go_wrong(api, step, end) -> None:
    helpers = f"/v1/test_helpers/issuing/cards/{physical(api)['id']}/shipping"
    api.ok(f"{helpers}/ship")
    assert api.ok(f"{helpers}/{step}")["shipping"]["status"] == end


def test_canceling_a_card_stops_a_shipment_that_has_not_left(api) -> None:
    card = physical(api)
    assert api.ok(f"{URL}/{card['id']}", {"status": "canceled"})["shipping"]["status"] == "canceled"
    assert api.refused(f"/v1/test_helpers/issuing/cards/{api.card()['id']}/shipping/ship")


def test_what_stripe_does_to_cards(api) -> None:
    card = api.card()
    api.control("act", {"act": "warn_of_fraud", "id": card["id"], "value": "card_testing_exposure"})
    assert api.read(f"{URL}/{card['id']}")["latest_fraud_warning"]["type"] == "card_testing_exposure"
    api.control("act", {"act": "deactivate_card", "id": card["id"]})
    assert status(api, card) == "inactive"
    api.control("act", {"act": "cancel_card", "id": card["id"], "value": "design_rejected"})
    assert api.read(f"{URL}/{card['id']}")["cancellation_reason"] == "design_rejected"


def test_cards_are_issued_in_the_accounts_own_currency(start) -> None:
    api = start(country="GB")
    holder = api.person(billing={"address": {**ADDRESS, "country": "GB"}})
    good = {"cardholder": holder["id"], "type": "virtual", "status": "active"}
    assert api.refused(URL, {**good, "currency": "gbp"})["code"] == "cardholder_phone_number_required"
    with_phone = api.ok(f"/v1/issuing/cardholders/{holder['id']}", {"phone_number": "07700 900000"})
    assert with_phone["phone_number"] == "+447700900000"
    assert api.ok(URL, {**good, "currency": "gbp"})["currency"] == "gbp"
    assert api.refused(URL, {**good, "currency": "usd"})["param"] == "currency"


def test_a_pin_is_accepted_and_never_shown(api) -> None:
    card = api.card(pin={"encrypted_number": "encrypted"})
    changed = api.ok(f"{URL}/{card['id']}", {"pin": {"encrypted_number": "encrypted again"}})
    assert "pin" not in card.keys() | changed.keys()
    assert api.refused(f"{URL}/{card['id']}", {"pin": {"number": "1234"}})["code"] == "parameter_unknown"
