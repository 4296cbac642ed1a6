"""The test helpers that carry an authorization on."""

import pytest

TEST = "/v1/test_helpers/issuing/authorizations"


class Held:
    """An authorization of 10,000 cents, on a balance of 100,000."""

    def __init__(self, api):
        self.api = api
        api.fund(100_000)
        self.card = api.card()
        self.id = api.purchase(self.card, 10_000)["id"]

    def do(self, step, **params):
        return self.api.ok(f"{TEST}/{self.id}/{step}", params)

    def refused(self, step, **params):
        return self.api.refused(f"{TEST}/{self.id}/{step}", params)

    def told(self):
        """What the last update changed."""
        return self.api.events("issuing_authorization.updated")[0]["data"]["previous_attributes"]


@pytest.fixture
def held(api):
    return Held(api)


def kinds(authorization):
    return [(one["type"], one["amount"]) for one in authorization["balance_transactions"]]


HOLD = ("issuing_authorization_hold", -10_000)


@pytest.mark.parametrize(
    ("amount", "balance"), [(None, 90_000), (4_000, 96_000), (12_000, 88_000), (150_000, -50_000)]
)
def test_a_capture_takes_its_amount_and_releases_the_hold(held, amount, balance):
    after = held.do("capture", **({} if amount is None else {"capture_amount": amount}))
    assert (after["status"], after["approved"], after["amount"]) == ("closed", True, 10_000)
    assert kinds(after) == [HOLD, ("issuing_authorization_release", 10_000)]
    [transaction] = after["transactions"]
    assert (transaction["type"], transaction["amount"]) == ("capture", -(amount or 10_000))
    assert transaction["authorization"] == held.id
    assert held.api.issuing() == balance
    assert held.told()["status"] == "pending"


def test_captures_one_after_the_other(held):
    first = held.do("capture", capture_amount=3_000, close_authorization=False)
    assert first["status"] == "pending"
    assert kinds(first) == [HOLD, ("issuing_authorization_release", 3_000)]
    assert held.api.issuing() == 90_000
    last = held.do("capture")
    assert (last["status"], [one["amount"] for one in last["transactions"]]) == ("closed", [-3_000, -7_000])
    assert held.api.issuing() == 90_000


def test_a_capture_above_the_hold_may_leave_it_open(held):
    after = held.do("capture", capture_amount=12_000, close_authorization=False)
    assert (after["status"], kinds(after)) == ("pending", [HOLD, ("issuing_authorization_release", 10_000)])
    assert held.api.issuing() == 88_000
    assert held.do("expire")["status"] == "expired"
    assert held.api.issuing() == 88_000


def test_a_capture_needs_neither_status_nor_limits(held):
    held.api.ok(f"/v1/issuing/cards/{held.card['id']}", {"status": "canceled"})
    assert held.do("capture", capture_amount=60_000)["status"] == "closed"


def test_a_capture_tells_of_the_purchase(held):
    given = {
        "flight": {"passenger_name": "Jenny", "segments": [{"carrier": "AB", "stopover_allowed": True}]},
        "lodging": {"nights": 2},
        "receipt": [{"description": "Ride", "quantity": "1.5", "unit_cost": 100, "total": 150}],
        "reference": "order 1",
    }
    [transaction] = held.do("capture", purchase_details=given)["transactions"]
    assert "purchase_details" not in transaction
    path = f"/v1/issuing/transactions/{transaction['id']}"
    told = held.api.read(path, {"expand": ["purchase_details"]})["purchase_details"]
    listed = held.api.read("/v1/issuing/transactions", {"expand": ["data.purchase_details"]})["data"]
    assert listed[0]["purchase_details"] == told
    assert told["receipt"] == [{"description": "Ride", "quantity": 1.5, "unit_cost": 100, "total": 150}]
    assert told["flight"]["segments"][0]["stopover_allowed"] is True
    assert (told["lodging"], told["fuel"]) == ({"check_in_at": None, "nights": 2}, None)


def test_expiry_releases_the_hold_and_keeps_what_may_be_captured_late(held):
    after = held.do("expire")
    assert (after["status"], after["approved"], after["amount"]) == ("expired", True, 10_000)
    assert kinds(after) == [HOLD, ("issuing_authorization_release", 10_000)]
    assert held.api.issuing() == 100_000
    assert held.told() == {"balance_transactions": after["balance_transactions"][:1], "status": "pending"}


def test_what_is_left_after_a_part_expires(held):
    held.do("capture", capture_amount=3_000, close_authorization=False)
    assert held.do("expire")["amount"] == 7_000
    assert held.api.issuing() == 97_000


ENDINGS = {
    "captured": (("capture",), 90_000),
    "expired": (("expire",), 100_000),
    "reversed": (("reverse",), 100_000),
    "open, all captured": (("capture", {"close_authorization": False}), 90_000),
    "open, more than held": (("capture", {"capture_amount": 12_000, "close_authorization": False}), 88_000),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("amount", "taken"), [(None, 10_000), (4_000, 4_000), (15_000, 15_000)])
def test_a_capture_comes_late_or_again(held, ending, amount, taken):
    (step, *params), balance = ENDINGS[ending]
    held.do(step, **(params[0] if params else {}))
    after = held.do("capture", **({} if amount is None else {"capture_amount": amount}))
    assert after["status"] == "closed"
    transaction = after["transactions"][-1]
    assert (transaction["type"], transaction["amount"]) == ("capture", -taken)
    assert (transaction["authorization"], transaction["merchant_amount"]) == (held.id, -taken)
    assert held.api.issuing() == balance - taken
    assert held.told()["transactions"] == after["transactions"][:-1]
    assert sum(one["amount"] for one in after["balance_transactions"]) == 0


def test_a_late_capture_that_stays_open_does_not_open_the_authorization_again(held):
    held.do("expire")
    after = held.do("capture", capture_amount=4_000, close_authorization=False)
    assert (after["status"], held.api.issuing()) == ("expired", 96_000)


def test_a_reversed_authorization_is_not_captured_if_a_switch_says_so(held):
    held.api.control("switches", {"reversed_can_be_captured": False})
    held.do("reverse")
    assert "has been reversed" in held.refused("capture")["message"]
    assert held.api.issuing() == 100_000


def test_a_declined_purchase_is_captured_all_the_same(held):
    declined = held.api.purchase(held.card, 60_000)
    after = held.api.ok(f"{TEST}/{declined['id']}/capture")
    assert (after["approved"], after["status"], after["amount"]) == (False, "closed", 60_000)
    assert [one["amount"] for one in after["transactions"]] == [-60_000]
    assert held.api.issuing() == 30_000
    assert held.api.purchase(held.card, 1)["request_history"][0]["reason"] == "spending_controls"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_refund_comes_in_every_state(held, ending):
    (step, *params), balance = ENDINGS[ending]
    held.do(step, **(params[0] if params else {}))
    late = held.do("capture", capture_amount=5_000)["transactions"][-1]
    refund = held.api.ok(f"/v1/test_helpers/issuing/transactions/{late['id']}/refund")
    assert (refund["type"], refund["amount"], refund["authorization"]) == ("refund", 5_000, held.id)
    assert refund["network_data"] == late["network_data"]
    assert held.api.issuing() == balance


def test_the_networks_identifier_matches_a_purchase_with_its_transactions(held):
    after = held.do("capture")
    [transaction] = after["transactions"]
    network = after["network_data"]
    assert transaction["network_data"]["transaction_id"] == network["transaction_id"]
    assert (len(network["transaction_id"]), len(network["system_trace_audit_number"])) == (15, 6)


def test_what_nobody_captures_expires_by_itself(api):
    api.fund(100_000)
    card = api.card()
    plain = api.purchase(card, 100)["id"]
    hotel = api.purchase(card, 100, merchant_data={"category": "hotels_motels_and_resorts"})["id"]

    def status(authorization_id):
        return api.read(f"/v1/issuing/authorizations/{authorization_id}")["status"]

    api.advance(7 * 86_400 - 60)
    assert (status(plain), status(hotel)) == ("pending", "pending")
    api.advance(120)
    assert (status(plain), status(hotel)) == ("expired", "pending")
    api.advance(24 * 86_400)
    assert status(hotel) == "expired"
    assert api.issuing() == 100_000


def test_a_reversal_in_parts(held):
    part = held.do("reverse", reverse_amount=4_000)
    assert (part["status"], part["amount"], part["merchant_amount"]) == ("pending", 6_000, 6_000)
    assert held.api.issuing() == 94_000
    assert held.refused("reverse", reverse_amount=6_001)["param"] == "reverse_amount"
    rest = held.do("reverse")
    assert (rest["status"], rest["amount"]) == ("reversed", 0)
    assert held.told()["amount"] == 6_000
    assert held.api.issuing() == 100_000


def test_a_reversal_after_a_partial_capture_closes(held):
    held.do("capture", capture_amount=3_000, close_authorization=False)
    after = held.do("reverse")
    assert (after["status"], after["amount"]) == ("closed", 3_000)
    assert held.api.issuing() == 97_000


def test_an_increment_is_decided_again(held):
    more = held.do("increment", increment_amount=5_000)
    assert (more["amount"], more["status"], held.api.issuing()) == (15_000, "pending", 85_000)
    assert [one["amount"] for one in more["request_history"]] == [10_000, 5_000]

    refused = held.do("increment", increment_amount=35_001)
    assert (refused["amount"], refused["approved"], refused["status"]) == (15_000, True, "pending")
    last = refused["request_history"][-1]
    assert (last["approved"], last["reason"], last["amount"]) == (False, "spending_controls", 35_001)

    held.do("capture")
    assert held.api.issuing() == 85_000


def test_an_increment_counts_towards_the_limit_of_one_authorization(held):
    limits = [{"amount": 12_000, "interval": "per_authorization"}]
    held.api.ok(f"/v1/issuing/cards/{held.card['id']}", {"spending_controls": {"spending_limits": limits}})
    assert held.do("increment", increment_amount=2_000)["amount"] == 12_000
    assert held.do("increment", increment_amount=1)["amount"] == 12_000


@pytest.mark.parametrize(("final", "balance"), [(2_500, 97_500), (10_000, 90_000), (14_000, 86_000)])
def test_the_final_amount_moves_the_hold(held, final, balance):
    after = held.do("finalize_amount", final_amount=final, fuel={"type": "diesel"})
    assert (after["amount"], after["status"], after["fuel"]["type"]) == (final, "pending", "diesel")
    assert held.api.issuing() == balance
    held.do("capture")
    assert held.api.issuing() == 100_000 - final


@pytest.mark.parametrize("ending", ["capture", "expire", "reverse"])
@pytest.mark.parametrize(
    ("step", "params"),
    [
        ("expire", {}),
        ("reverse", {}),
        ("increment", {"increment_amount": 1}),
        ("finalize_amount", {"final_amount": 1}),
    ],
)
def test_what_is_over_cannot_go_on(held, ending, step, params):
    held.do(ending)
    before = held.api.issuing()
    assert "no longer pending" in held.refused(step, **params)["message"]
    assert held.api.issuing() == before


@pytest.mark.parametrize(
    ("step", "param"),
    [
        ("capture", "capture_amount"),
        ("reverse", "reverse_amount"),
        ("increment", "increment_amount"),
        ("finalize_amount", "final_amount"),
    ],
)
def test_amounts_are_above_zero(held, step, param):
    assert held.refused(step, **{param: 0})["param"] == param
