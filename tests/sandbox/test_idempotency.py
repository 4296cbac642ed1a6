"""Idempotency keys: one execution, one answer, for a day."""

from concurrent.futures import ThreadPoolExecutor

TOPUP = {"amount": 2000, "currency": "usd"}
DAY = 24 * 3600


def count(api) -> int:
    return len(api.read("/v1/topups", {"limit": 100})["data"])


def test_the_same_request_is_executed_once(api) -> None:
    first = api.post("/v1/topups", TOPUP, key="k")
    again = api.post("/v1/topups", TOPUP, key="k")
    assert (again.status, again.body, count(api)) == (200, first.body, 1)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert again.headers["Idempotency-Key"] == "k"
    assert len(api.events("topup.created")) == 1
    assert api.events("topup.created")[0]["request"] == {
        "id": first.headers["Request-Id"],
        "idempotency_key": "k",
    }


def test_another_request_under_the_same_key_is_refused(api) -> None:
    api.post("/v1/topups", TOPUP, key="k")
    for path, params in (("/v1/topups", {**TOPUP, "amount": 5}), ("/v1/issuing/cardholders/ich_1", {})):
        reply = api.post(path, params, key="k")
        assert (reply.status, reply.error["type"]) == (400, "idempotency_error")


def test_the_order_of_parameters_does_not_matter(api) -> None:
    keyed = api.with_headers(Idempotency_Key="k")
    first = keyed.send("POST", "/v1/topups", "amount=500&currency=usd&metadata[a]=1&metadata[b]=2")
    again = keyed.send("POST", "/v1/topups", "metadata[b]=2&currency=usd&metadata[a]=1&amount=500")
    assert (again.status, again.body) == (200, first.body)


def test_a_key_is_free_again_after_a_day_of_the_sandboxs_clock(api) -> None:
    api.post("/v1/topups", TOPUP, key="k")
    api.advance(DAY - 60)
    assert "Idempotent-Replayed" in api.post("/v1/topups", TOPUP, key="k").headers
    api.advance(60)
    api.post("/v1/topups", TOPUP, key="k")
    assert count(api) == 2


def test_a_refusal_is_replayed_once_execution_has_begun(api) -> None:
    card = api.card(status="inactive")
    url = f"/v1/issuing/cards/{card['id']}"
    refused = api.post(url, {"cancellation_reason": "lost"}, key="k")
    again = api.post(url, {"cancellation_reason": "lost"}, key="k")
    assert (refused.status, again.body) == (400, refused.body)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_what_is_refused_before_execution_is_not_kept(api) -> None:
    assert api.post("/v1/topups", {**TOPUP, "colour": "red"}, key="k").status == 400
    assert api.with_headers(Authorization="Bearer nobody").post("/v1/topups", TOPUP, key="k").status == 401
    assert api.post("/v1/topups", TOPUP, key="k").status == 200


def test_a_failure_of_stripes_own_is_replayed_even_when_something_was_written(api) -> None:
    api.control("faults", {"faults": [{"effect": "500_after", "match": "POST /v1/topups"}]})
    first, again = (api.post("/v1/topups", TOPUP, key="k") for _ in range(2))
    assert (first.status, again.status, count(api)) == (500, 500, 1)
    assert again.headers["Idempotent-Replayed"] == "true"

    api.control("faults", {"faults": [{"effect": "500_began", "match": "POST /v1/topups"}]})
    assert [api.post("/v1/topups", TOPUP, key="l").status for _ in range(2)] == [500, 500]
    assert count(api) == 1


def test_a_failure_before_execution_is_not_kept(api) -> None:
    api.control("faults", {"faults": [{"effect": "500_before", "match": "POST /v1/topups"}]})
    assert [api.post("/v1/topups", TOPUP, key="k").status for _ in range(2)] == [500, 200]


def test_keys_are_of_one_account(api) -> None:
    other = api.with_headers(Stripe_Account=api.ok("/v1/accounts")["id"])
    one, two = (
        api.post("/v1/topups", TOPUP, key="k"),
        other.post("/v1/topups", {**TOPUP, "amount": 7}, key="k"),
    )
    assert (one.body["amount"], two.body["amount"]) == (2000, 7)


def test_keys_may_be_255_characters_long_and_mean_nothing_on_a_read(api) -> None:
    assert api.post("/v1/topups", TOPUP, key="k" * 255).status == 200
    assert api.post("/v1/topups", TOPUP, key="k" * 256).status == 400
    reading = api.with_headers(Idempotency_Key="k" * 255)
    assert "Idempotent-Replayed" not in reading.get("/v1/topups").headers


def test_a_key_in_flight_is_in_use(api) -> None:
    """The first request waits inside the sandbox while the others come."""
    api.control("faults", {"faults": [{"effect": "delay", "seconds": 1.5, "match": "POST /v1/topups"}]})
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.post, "/v1/topups", TOPUP, key="k")
        while not api.control("faults/hit")["hit"]:
            pass
        others = [api.post("/v1/topups", TOPUP, key="k") for _ in range(3)]
        free = api.post("/v1/topups", TOPUP, key="l")
    assert (first.result().status, free.status) == (200, 200)
    assert {(reply.status, reply.error["code"]) for reply in others} == {(409, "idempotency_key_in_use")}
    assert api.post("/v1/topups", TOPUP, key="k").headers["Idempotent-Replayed"] == "true"
    assert count(api) == 2


def test_latency_makes_every_request_that_slow(start) -> None:
    """Seen by what it lets happen: the key of the first of two requests is still in use."""
    api = start(latency=1.0)
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: api.post("/v1/topups", TOPUP, key="k").status, range(2)))
    assert sorted(replies) == [200, 409]
