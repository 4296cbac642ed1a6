"""The law of the books: balance transactions add up to the balance, whatever happens."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ENTRIES = "/v1/balance_transactions"
AUTHORIZATIONS = "/v1/test_helpers/issuing/authorizations"
TRANSACTIONS = "/v1/test_helpers/issuing/transactions"

amounts = st.integers(1, 30_000)
steps = st.one_of(
    st.tuples(st.just("buy"), amounts),
    st.tuples(st.just("capture"), amounts, st.booleans()),
    st.tuples(st.sampled_from(["reverse", "increment", "finalize_amount"]), amounts),
    st.tuples(st.just("expire")),
    st.tuples(st.sampled_from(["force_capture", "unlinked_refund"]), amounts),
    st.tuples(st.just("refund"), amounts),
    st.tuples(st.just("top_up"), amounts),
    st.tuples(st.just("wait"), st.sampled_from([60, 86_400, 8 * 86_400])),
)


class World:
    """One card, the newest authorization and the newest capture; steps that make no sense are refused."""

    def __init__(self, api):
        api.control("reset")
        self.api = api
        api.fund(50_000)
        self.card = api.card()["id"]
        self.authorization = self.capture = "none"

    def post(self, path, **params):
        reply = self.api.post(path, params)
        assert reply.status in {200, 400, 404}, reply.body
        return reply.body if reply.status == 200 else {}

    def do(self, name, *values):
        match name, values:
            case "buy", (amount,):
                made = self.post(AUTHORIZATIONS, card=self.card, amount=amount)
                self.authorization = made.get("id", self.authorization)
            case "capture", (amount, close):
                path = f"{AUTHORIZATIONS}/{self.authorization}/capture"
                done = self.post(path, capture_amount=amount, close_authorization=close)
                self.capture = done["transactions"][-1]["id"] if done else self.capture
            case "expire", ():
                self.post(f"{AUTHORIZATIONS}/{self.authorization}/expire")
            case (("force_capture" | "unlinked_refund"), (amount,)):
                made = self.post(f"{TRANSACTIONS}/create_{name}", card=self.card, amount=amount)
                self.capture = made["id"]
            case "refund", (amount,):
                self.post(f"{TRANSACTIONS}/{self.capture}/refund", refund_amount=amount)
            case "top_up", (amount,):
                self.post("/v1/topups", amount=amount, currency="usd", destination_balance="issuing")
            case "wait", (seconds,):
                self.api.advance(seconds)
            case _, (amount,):
                param = {"reverse": "reverse_amount", "increment": "increment_amount"}.get(
                    name, "final_amount"
                )
                self.post(f"{AUTHORIZATIONS}/{self.authorization}/{name}", **{param: amount})

    def entries(self):
        found, more = [], {}
        while True:
            page = self.api.read(ENTRIES, {"limit": 100, **more})
            found += page["data"]
            if not page["has_more"]:
                return found
            more = {"starting_after": found[-1]["id"]}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(script=st.lists(steps, max_size=20))
def test_the_books_balance(api, script):
    world = World(api)
    for name, *values in script:
        world.do(name, *values)

    entries = world.entries()
    assert sum(one["net"] for one in entries) == api.issuing()
    assert all(one["net"] == one["amount"] - one["fee"] for one in entries)

    held = Counter()
    for one in entries:
        if one["type"].startswith("issuing_authorization"):
            held[one["source"]] -= one["amount"]
    authorizations = api.read("/v1/issuing/authorizations", {"limit": 100})["data"]
    for one in authorizations:
        assert held[one["id"]] >= 0
        assert one["status"] == "pending" or held[one["id"]] == 0

    transactions = api.read("/v1/issuing/transactions", {"limit": 100})["data"]
    booked = {one["id"]: (one["source"], one["amount"]) for one in entries}
    assert all(booked[one["balance_transaction"]] == (one["id"], one["amount"]) for one in transactions)
    assert len(transactions) == sum(one["type"] == "issuing_transaction" for one in entries)


@pytest.fixture
def lived(api):
    """An account with a top-up, a hold, its release and a capture; and the authorization."""
    api.fund(1_000)
    made = api.purchase(api.card(), 300)
    return api.ok(f"{AUTHORIZATIONS}/{made['id']}/capture")


def test_the_list_is_narrowed(api, lived):
    def found(**filters):
        return [one["type"] for one in api.read(ENTRIES, filters)["data"]]

    hold, release = "issuing_authorization_hold", "issuing_authorization_release"
    assert found() == ["issuing_transaction", release, hold, "topup"]
    assert found(type=hold) == [hold]
    assert found(source=lived["id"]) == [release, hold]
    assert found(currency="USD", limit=1) == ["issuing_transaction"]
    assert found(currency="eur") == []
    assert found(created={"lt": 1_000_000_000}) == []
    assert api.get(ENTRIES, {"payout": "po_none"}).error["param"] == "payout"


def test_what_moved_the_balance_is_expanded(api) -> None:
    api.fund(10_000)
    bought = api.purchase(api.card(), 500)
    api.ok(f"/v1/test_helpers/issuing/authorizations/{bought['id']}/capture")
    listed = api.read("/v1/balance_transactions", {"expand": ["data.source"]})["data"]
    kinds = {"topup", "issuing.authorization", "issuing.transaction"}
    assert {entry["source"]["object"] for entry in listed} == kinds
    further = api.read("/v1/balance_transactions", {"expand": ["data.source.cardholder"]})["data"]
    holders = [entry["source"].get("cardholder", {}).get("object") for entry in further]
    assert set(holders) == {"issuing.cardholder", None}
    assert api.get("/v1/balance_transactions", {"expand": ["data.source.colour"]}).status == 400
    one = api.read(f"/v1/balance_transactions/{listed[-1]['id']}", {"expand": ["source"]})
    assert one["source"]["amount"] == 10_000


def test_one_is_read(api, lived):
    [entry] = api.read(ENTRIES, {"type": "issuing_transaction"})["data"]
    assert api.read(f"{ENTRIES}/{entry['id']}") == entry
    assert (entry["balance_type"], entry["reporting_category"]) == ("issuing", "issuing_transaction")
    assert lived["transactions"][0]["balance_transaction"] == entry["id"]
    assert api.get(f"{ENTRIES}/txn_none").status == 404
