"""Stripe's own Python SDK, unchanged but for the address."""

import pytest
import stripe
from stripe import StripeClient


@pytest.fixture
def client(api) -> StripeClient:
    return StripeClient("sk_test_abc", base_addresses={"api": api.base}, max_network_retries=0)


HOLDER = {
    "name": "Jenny Rosen",
    "type": "company",
    "billing": {"address": {"line1": "1 Way", "city": "Bonn", "postal_code": "94111", "country": "US"}},
}


def test_create_update_retrieve(client) -> None:
    holder = client.v1.issuing.cardholders.create(HOLDER)
    card = client.v1.issuing.cards.create({"cardholder": holder.id, "currency": "usd", "type": "virtual"})
    client.v1.issuing.cards.update(card.id, {"status": "active", "metadata": {"team": "ads"}})
    live = client.v1.issuing.cards.retrieve(card.id, {"expand": ["number"]})
    assert (live.status, live.metadata["team"], live.cardholder.id, len(live.number)) == (
        "active",
        "ads",
        holder.id,
        16,
    )


def test_auto_pagination_both_ways(client) -> None:
    ids = [client.v1.topups.create({"amount": 100, "currency": "usd"}).id for _ in range(23)]
    forwards = [topup.id for topup in client.v1.topups.list({"limit": 5}).auto_paging_iter()]
    last = client.v1.topups.list({"limit": 5, "ending_before": ids[0]})
    assert forwards == ids[::-1]
    assert [topup.id for topup in last.auto_paging_iter()] == ids[1:]


def test_an_empty_value_clears(client) -> None:
    holder = client.v1.issuing.cardholders.create({**HOLDER, "metadata": {"a": "1", "b": "2"}})
    controls = {"spending_limits": [{"amount": 5, "interval": "daily"}]}
    made = {"cardholder": holder.id, "currency": "usd", "type": "virtual", "spending_controls": controls}
    card = client.v1.issuing.cards.create(made)
    cleared = client.v1.issuing.cards.update(card.id, {"spending_controls": {"spending_limits": ""}})
    assert cleared.spending_controls.spending_limits == []
    assert client.v1.issuing.cardholders.update(holder.id, {"metadata": {"a": ""}}).metadata.to_dict() == {
        "b": "2"
    }


def test_each_class_of_error(api, client) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.issuing.cards.retrieve("ic_unknown")
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (
        404,
        "resource_missing",
        "id",
    )
    assert refused.value.request_id.startswith("req_")

    with pytest.raises(stripe.AuthenticationError):
        StripeClient("sk_live_abc", base_addresses={"api": api.base}).v1.balance.retrieve()

    with pytest.raises(stripe.PermissionError):
        client.v1.balance.retrieve(options={"stripe_account": "acct_unknown"})

    client.v1.topups.create({"amount": 1, "currency": "usd"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.topups.create({"amount": 2, "currency": "usd"}, {"idempotency_key": "k"})

    api.control("faults", {"faults": [{"effect": "429", "match": "GET *"}]})
    with pytest.raises(stripe.RateLimitError):
        client.v1.balance.retrieve()

    api.control("faults", {"faults": [{"effect": "500_before", "match": "GET *"}]})
    with pytest.raises(stripe.APIError):
        client.v1.balance.retrieve()

    api.control("faults", {"faults": [{"effect": "drop_before", "match": "GET *"}]})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.balance.retrieve()


def test_the_sdks_own_retries_come_out_right(api) -> None:
    retrying = StripeClient("sk_test_abc", base_addresses={"api": api.base}, max_network_retries=2)
    effects = ("drop_after", "500_before")
    api.control("faults", {"faults": [{"effect": effect, "match": "POST *"} for effect in effects]})
    topup = retrying.v1.topups.create({"amount": 100, "currency": "usd"})
    assert [one.id for one in retrying.v1.topups.list().data] == [topup.id]
