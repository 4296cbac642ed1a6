"""Rate limits and object locks."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioner.sandbox.api.limits import AccountLimits
from provisioner.sandbox.state.errors import ApiError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def let_through(limits: AccountLimits, endpoint: str, tries: int) -> int:
    passed = 0
    for _ in range(tries):
        try:
            limits.take("acct_1", endpoint)
        except ApiError:
            continue
        passed += 1
    return passed


def test_25_requests_a_second_on_an_endpoint_and_in_all() -> None:
    clock = Clock()
    limits = AccountLimits(clock)
    assert let_through(limits, "GET /a", 40) == 25
    assert let_through(limits, "GET /b", 40) == 0
    clock.now += 1.0
    assert let_through(limits, "GET /a", 10) + let_through(limits, "GET /b", 40) == 25
    clock.now += 0.5
    assert let_through(limits, "GET /b", 40) == 12


def test_accounts_have_limits_of_their_own() -> None:
    limits = AccountLimits(Clock())
    assert let_through(limits, "GET /a", 25) == 25
    limits.take("acct_2", "GET /a")


@pytest.mark.parametrize(("endpoint", "reason"), [("GET /a", "endpoint-rate"), ("GET /b", "global-rate")])
def test_the_reason_is_told(endpoint, reason) -> None:
    limits = AccountLimits(Clock())
    let_through(limits, "GET /a", 25)
    with pytest.raises(ApiError) as refused:
        limits.take("acct_1", endpoint)
    assert (refused.value.status, refused.value.headers["Stripe-Rate-Limited-Reason"]) == (429, reason)


def test_the_server_limits_unless_told_not_to(start, api) -> None:
    limited = start(rate_limit=True)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: limited.get("/v1/balance"), range(60)))
        free = list(pool.map(lambda _: api.get("/v1/balance").status, range(60)))
    refused = [reply for reply in replies if reply.status == 429]
    assert refused
    assert {(r.error["code"], r.headers["Stripe-Rate-Limited-Reason"]) for r in refused} == {
        ("rate_limit", "endpoint-rate")
    }
    assert set(free) == {200}


def test_two_writers_of_one_object_cannot_be_at_once(api) -> None:
    card = api.card()
    other = api.card(cardholder=card["cardholder"]["id"])
    slow = {"effect": "delay", "seconds": 1.5, "match": f"POST /v1/issuing/cards/{card['id']}"}
    api.control("faults", {"faults": [slow]})
    urls = {
        "card": f"/v1/issuing/cards/{card['id']}",
        "other": f"/v1/issuing/cards/{other['id']}",
        "cardholder": f"/v1/issuing/cardholders/{card['cardholder']['id']}",
    }
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(api.post, urls["card"], {"metadata": {"n": "1"}})
        while not api.control("faults/hit")["hit"]:
            pass
        second = {name: api.post(url, {"metadata": {"n": "2"}}) for name, url in urls.items()}
    assert first.result().status == 200
    assert {name: reply.status for name, reply in second.items()} == {
        "card": 429,
        "other": 200,
        "cardholder": 429,
    }
    assert second["card"].error["code"] == "lock_timeout"
    assert second["card"].headers["Stripe-Should-Retry"] == "true"
    assert "Stripe-Rate-Limited-Reason" not in second["card"].headers
    assert api.post(urls["card"], {"metadata": {"n": "3"}}).status == 200
