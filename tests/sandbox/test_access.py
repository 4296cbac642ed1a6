"""Keys, accounts and addresses."""

import base64

import pytest


@pytest.mark.parametrize("key", ["sk_test_abc", "rk_test_abc", "sk_test_51NvPjF2SSJdH5vn2"])
def test_any_test_key_is_let_in_as_bearer_and_as_basic(api, key) -> None:
    basic = base64.b64encode(f"{key}:".encode()).decode()
    assert api.with_headers(Authorization=f"Bearer {key}").get("/v1/balance").status == 200
    assert api.with_headers(Authorization=f"Basic {basic}").get("/v1/balance").status == 200


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401),
        ("Bearer ", 401),
        ("Bearer nonsense", 401),
        ("Bearer sk_test_", 401),
        ("Bearer sk_live_abcdefgh", 401),
        ("Bearer rk_live_abcdefgh", 401),
        ("Bearer pk_test_abcdefgh", 403),
        ("Basic !!!", 401),
        ("Digest sk_test_abc", 401),
    ],
)
def test_other_keys_are_refused(api, authorization, status) -> None:
    reply = api.with_headers(Authorization=authorization).get("/v1/balance")

    assert (reply.status, reply.error["type"]) == (status, "invalid_request_error")
    assert reply.headers["Request-Id"].startswith("req_")
    assert "abcdefgh" not in reply.error["message"]


def test_an_unknown_address_is_told_as_stripe_does(api) -> None:
    reply = api.get("/v1/charges")
    assert (reply.status, reply.error["type"]) == (404, "invalid_request_error")
    assert "GET: /v1/charges" in reply.error["message"]
    assert api.delete("/v1/topups").status == 404


def test_headers_of_an_answer(api) -> None:
    reply = api.with_headers(Stripe_Version="2024-06-20").get("/v1/balance")
    assert reply.headers["Stripe-Version"] == "2024-06-20"
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Request-Id"] != api.get("/v1/balance").headers["Request-Id"]


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("2024-09-30.acacia", 200),
        ("2026-02-25.preview", 200),
        ("2027-01-27.fig", 200),  # newer than the sandbox: not known to be wrong
        ("latest", 400),
        ("2024-06-21", 400),
        ("2024-09-30.basil", 400),
        ("2024-13-45", 400),
        ("2027-02-30.fig", 400),
    ],
)
def test_a_version_that_never_was_is_refused(api, version, status) -> None:
    assert api.with_headers(Stripe_Version=version).get("/v1/balance").status == status


def test_the_account_is_the_same_for_every_key(api) -> None:
    account = api.read("/v1/account")
    assert account["id"].startswith("acct_")
    assert api.with_headers(Authorization="Bearer sk_test_other").read("/v1/account") == account
    assert api.read(f"/v1/accounts/{account['id']}") == account


def test_a_connected_account_is_isolated(api) -> None:
    connected = api.connected()
    there = api.with_headers(Stripe_Account=connected)
    holder, here = there.cardholder(), api.cardholder()
    there.ok("/v1/topups", {"amount": 500, "currency": "usd", "destination_balance": "issuing"})
    api.advance(10)

    assert [h["id"] for h in there.read("/v1/issuing/cardholders")["data"]] == [holder["id"]]
    assert [h["id"] for h in api.read("/v1/issuing/cardholders")["data"]] == [here["id"]]
    assert (there.issuing(), api.issuing()) == (500, 0)
    assert there.read("/v1/account")["id"] == connected
    assert api.get(f"/v1/issuing/cardholders/{holder['id']}").status == 404
    assert there.get("/v1/balance").headers["Stripe-Account"] == connected


def test_an_account_without_issuing_is_refused_all_of_it(api) -> None:
    plain = api.ok("/v1/accounts", {"capabilities": {"transfers": {"requested": True}}})
    there = api.with_headers(Stripe_Account=plain["id"])

    assert plain["capabilities"] == {"transfers": "active"}
    for reply in (there.get("/v1/issuing/cards"), there.post("/v1/issuing/cardholders", {"name": "X"})):
        assert (reply.status, reply.error["type"]) == (400, "invalid_request_error")
        assert "not set up to use Issuing" in reply.error["message"]
    assert "issuing" not in there.read("/v1/balance")
    funds = {"amount": 500, "currency": "usd"}
    assert (
        there.refused("/v1/topups", {**funds, "destination_balance": "issuing"})["code"]
        == "parameter_unknown"
    )
    assert there.ok("/v1/topups", funds)["status"] == "pending"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"country": "BR"}, "country"),
        ({"country": "ZZ"}, "country"),
        ({"capabilities": {"wings": {"requested": True}}}, "capabilities[wings]"),
        ({"metadata": {"k" * 41: "v"}}, f"metadata[{'k' * 41}]"),
    ],
)
def test_what_an_account_cannot_be(api, params, param) -> None:
    assert api.refused("/v1/accounts", params)["param"] == param


def test_an_unknown_connected_account_is_403(api) -> None:
    reply = api.with_headers(Stripe_Account="acct_unknown").get("/v1/balance")
    assert (reply.status, reply.error["code"]) == (403, "account_invalid")


def test_a_restricted_key_is_told_what_it_lacks(api) -> None:
    api.control("keys", {"key": "rk_test_reader", "permissions": {"issuing_card": "read", "topup": "write"}})
    reader = api.with_headers(Authorization="Bearer rk_test_reader")

    assert reader.get("/v1/issuing/cards").status == 200
    assert reader.post("/v1/topups", {"amount": 5, "currency": "usd"}).status == 200
    written = reader.post("/v1/issuing/cards", {"type": "virtual"})
    unread = reader.get("/v1/issuing/cardholders")
    assert (written.status, unread.status) == (403, 403)
    assert "rak_issuing_card_write" in written.error["message"]
    assert "rak_issuing_cardholder_read" in unread.error["message"]
    connected = api.connected()
    assert reader.with_headers(Stripe_Account=connected).get("/v1/issuing/cards").status == 403


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_" + "*" * 20 + "p7dc"),
        ("sk_live_1234", "sk_live_****"),
        ("undefined", "*****ined"),
        ("s3cr", "****"),
    ],
)
def test_a_refused_key_is_shown_as_stripe_shows_it(api, key, shown) -> None:
    said = api.with_headers(Authorization=f"Bearer {key}").get("/v1/balance").error["message"]
    assert said.startswith(f"Invalid API Key provided: {shown}")
    assert key not in said
