"""Faults on purpose."""

import http.client
import urllib.error

import pytest

TOPUP = {"amount": 2000, "currency": "usd"}


def topups(api) -> int:
    return len(api.read("/v1/topups", {"limit": 100})["data"])


def fault(api, **what) -> None:
    api.control("faults", {"faults": [{"match": "POST /v1/topups", **what}]})


@pytest.mark.parametrize(("effect", "written"), [("drop_before", 0), ("drop_after", 1)])
def test_the_connection_breaks_before_or_after_the_write(api, effect, written) -> None:
    fault(api, effect=effect)
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected, urllib.error.URLError)):
        api.post("/v1/topups", TOPUP, key="k")
    assert topups(api) == written
    assert api.post("/v1/topups", TOPUP, key="k").status == 200
    assert topups(api) == 1


def test_the_connection_breaks_in_the_middle_of_the_answer(api) -> None:
    fault(api, effect="truncate")
    with pytest.raises(http.client.IncompleteRead):
        api.post("/v1/topups", TOPUP, key="k")
    assert api.post("/v1/topups", TOPUP, key="k").headers["Idempotent-Replayed"] == "true"
    assert topups(api) == 1


def test_a_success_that_is_answered_and_not_carried_out(api) -> None:
    fault(api, effect="unwritten")
    answered = api.post("/v1/topups", TOPUP, key="k")
    assert (answered.status, answered.body["status"]) == (200, "pending")
    assert topups(api) == 0
    assert api.post("/v1/topups", TOPUP, key="k").body["id"] != answered.body["id"]
    assert topups(api) == 1


def test_a_429_of_the_limiter(api) -> None:
    fault(api, effect="429", count=2)
    refused = api.post("/v1/topups", TOPUP, key="k")
    assert (refused.status, refused.headers["Stripe-Rate-Limited-Reason"]) == (429, "endpoint-rate")
    assert [api.post("/v1/topups", TOPUP, key="k").status for _ in range(2)] == [429, 200]


def test_which_requests_and_how_often(api) -> None:
    fault(api, effect="500_before", skip=1, count=2)
    assert [api.post("/v1/topups", TOPUP).status for _ in range(5)] == [200, 500, 500, 200, 200]
    assert api.get("/v1/topups").status == 200


def test_chance_is_the_same_for_the_same_seed(api) -> None:
    def run(seed: int) -> list[int]:
        chance = {"effect": "500_before", "match": "GET /v1/balance", "chance": 0.5, "count": None}
        api.control("faults", {"faults": [chance], "seed": seed})
        return [api.get("/v1/balance").status for _ in range(20)]

    first = run(1)
    assert set(first) == {200, 500}
    assert (run(1), run(2) == first) == (first, False)


def test_a_fault_that_is_none_is_refused(api) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        fault(api, effect="explode")
    with refused.value:
        assert refused.value.code == 400
