"""Connected accounts, as far as Issuing needs them: changes, lists, capabilities, persons."""

import pytest
import stripe

from .conftest import ADDRESS
from .shapes import problems

ACCOUNTS = "/v1/accounts"


@pytest.fixture
def connected(api):
    return api.connected()


def test_connected_accounts_are_listed_newest_first(api):
    first, second = api.connected(), api.connected()
    assert [one["id"] for one in api.read(ACCOUNTS)["data"]] == [second, first]
    assert [one["id"] for one in api.read(ACCOUNTS, {"limit": 1})["data"]] == [second]
    assert api.with_headers(Stripe_Account=first).read(ACCOUNTS)["data"] == []


def test_what_issuing_needs_can_be_given(api, connected):
    client = stripe.StripeClient(api.key, base_addresses={"api": api.base})
    terms = {"date": 1_600_000_000, "ip": "127.0.0.1"}
    client.v1.accounts.update(
        connected,
        {
            "business_profile": {"mcc": "5734", "url": "https://acme.example"},
            "business_type": "company",
            "company": {"name": "Acme", "tax_id": "000000000", "address": ADDRESS},
            "email": "acme@example.com",
            "metadata": {"tier": "gold"},
            "settings": {name: {"tos_acceptance": terms} for name in ("card_issuing", "treasury")},
            "tos_acceptance": terms,
        },
    )
    account = api.read(f"{ACCOUNTS}/{connected}")
    assert problems(account) == []
    for name in ("card_issuing", "treasury"):
        assert account["settings"][name]["tos_acceptance"]["date"] == 1_600_000_000
    assert (account["company"]["tax_id_provided"], "tax_id" in account["company"]) == (True, False)
    assert (account["business_profile"]["mcc"], account["metadata"]) == ("5734", {"tier": "gold"})
    [event] = api.with_headers(Stripe_Account=connected).events("account.updated")
    assert (event["account"], event["data"]["previous_attributes"]["email"]) == (connected, None)


def test_no_account_changes_itself_or_a_stranger(api, connected):
    own = api.read("/v1/account")["id"]
    assert "Only a platform" in api.refused(f"{ACCOUNTS}/{own}", {"email": "a@b.example"})["message"]
    assert api.refused(f"{ACCOUNTS}/acct_unknown", {"email": "a@b.example"}, 403)["code"] == "account_invalid"
    inside = api.with_headers(Stripe_Account=connected)
    assert "Only a platform" in inside.refused(f"{ACCOUNTS}/{own}", {"email": "a@b.example"})["message"]


def test_a_capability_is_requested_and_given_up(api):
    made = api.ok(ACCOUNTS, {"capabilities": {"transfers": {"requested": True}}})["id"]
    inside = api.with_headers(Stripe_Account=made)
    assert inside.get("/v1/issuing/cards").status == 400
    path = f"{ACCOUNTS}/{made}/capabilities"
    assert api.read(f"{path}/card_issuing")["status"] == "unrequested"
    granted = api.ok(f"{path}/card_issuing", {"requested": True})
    assert (granted["status"], granted["requested"], problems(granted)) == ("active", True, [])
    assert inside.get("/v1/issuing/cards").status == 200
    assert [one["id"] for one in api.read(path)["data"]] == ["card_issuing", "transfers"]
    api.ok(f"{ACCOUNTS}/{made}", {"capabilities": {"card_issuing": {"requested": False}}})
    assert inside.get("/v1/issuing/cards").status == 400
    assert api.get(f"{path}/wings").status == 404


def test_treasury_is_only_for_accounts_in_the_us(api):
    asked = {"country": "GB", "capabilities": {"treasury": {"requested": True}}}
    assert api.refused(ACCOUNTS, asked)["param"] == "capabilities[treasury]"
    made = api.ok(ACCOUNTS, {**asked, "country": "US"})
    assert made["capabilities"] == {"treasury": "active"}
    abroad = api.ok(ACCOUNTS, {"country": "GB"})["id"]
    path = f"{ACCOUNTS}/{abroad}/capabilities/treasury"
    assert "not available in GB" in api.refused(path, {"requested": True})["message"]


def test_persons_of_an_account(api, connected):
    path = f"{ACCOUNTS}/{connected}/persons"
    jenny = api.ok(
        path,
        {
            "first_name": "Jenny",
            "last_name": "Rosen",
            "dob": {"day": 1, "month": 11, "year": 1981},
            "address": ADDRESS,
            "relationship": {"representative": True, "title": "CEO"},
            "ssn_last_4": "0000",
        },
    )
    owner = api.ok(path, {"first_name": "Ada", "relationship": {"owner": True, "percent_ownership": 80}})
    assert problems(jenny) == []
    assert (jenny["account"], jenny["ssn_last_4_provided"]) == (connected, True)
    assert [one["id"] for one in api.read(path)["data"]] == [owner["id"], jenny["id"]]
    found = api.read(path, {"relationship": {"representative": "true"}})["data"]
    assert [one["id"] for one in found] == [jenny["id"]]

    one = f"{path}/{jenny['id']}"
    assert api.ok(one, {"email": "jenny@example.com"})["first_name"] == "Jenny"
    assert api.read(one)["email"] == "jenny@example.com"
    assert api.delete(one).body == {"id": jenny["id"], "object": "person", "deleted": True}
    assert api.get(one).status == 404
    events = api.with_headers(Stripe_Account=connected).events("person.updated", "person.deleted")
    assert [event["type"] for event in events] == ["person.deleted", "person.updated"]


def test_a_date_that_is_none_is_refused(api, connected):
    params = {"dob": {"day": 31, "month": 2, "year": 1990}}
    assert api.refused(f"{ACCOUNTS}/{connected}/persons", params)["param"] == "dob"


def test_an_individuals_account_has_a_person(api):
    asked = {"first_name": "Jenny", "dob": {"day": 1, "month": 11, "year": 1981}, "ssn_last_4": "0000"}
    made = api.ok(ACCOUNTS, {"business_type": "individual", "individual": asked})
    assert (problems(made), made["individual"]["ssn_last_4_provided"]) == ([], True)
    [person] = api.read(f"{ACCOUNTS}/{made['id']}/persons")["data"]
    assert (person, person["relationship"]["representative"]) == (made["individual"], True)
    one = f"{ACCOUNTS}/{made['id']}"
    changed = api.ok(one, {"individual": {"last_name": "Rosen", "address": ADDRESS}})["individual"]
    assert (changed["id"], changed["first_name"], changed["last_name"]) == (person["id"], "Jenny", "Rosen")
    api.ok(f"{one}/persons/{person['id']}", {"email": "jenny@example.com"})
    assert api.read(one)["individual"]["email"] == "jenny@example.com"
    assert api.delete(f"{one}/persons/{person['id']}").status == 400
    bad = {"individual": {"dob": {"day": 31, "month": 2, "year": 1990}}}
    assert api.refused(one, bad)["param"] == "individual[dob]"
    assert api.refused(ACCOUNTS, bad)["param"] == "individual[dob]"
    told = api.with_headers(Stripe_Account=made["id"]).events("person.created", "person.updated")
    assert [event["type"] for event in told] == ["person.updated", "person.updated", "person.created"]


def test_a_controller_takes_the_place_of_the_type(api):
    platform = {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "requirement_collection": "application",
        "stripe_dashboard": {"type": "none"},
    }
    made = api.ok(ACCOUNTS, {"controller": platform, "capabilities": {"card_issuing": {"requested": True}}})
    assert (problems(made), made["type"]) == ([], "none")
    assert made["controller"] == {**platform, "is_controller": True, "type": "application"}
    assert api.with_headers(Stripe_Account=made["id"]).get("/v1/issuing/cards").status == 200
    assert api.ok(ACCOUNTS, {"controller": {"fees": {"payer": "account"}}})["controller"]["losses"] == {
        "payments": "stripe"
    }
    assert api.refused(ACCOUNTS, {"controller": platform, "type": "custom"})["param"] == "type"
    unpaid = {"controller": {"losses": {"payments": "application"}}}
    assert api.refused(ACCOUNTS, unpaid)["param"] == "controller[fees][payer]"


def test_a_connected_account_is_deleted_with_what_it_has(start):
    api = start(topup_settle=60)
    connected = api.connected()
    there = api.with_headers(Stripe_Account=connected)
    there.cardholder()
    there.ok("/v1/topups", {"amount": 2000, "currency": "usd"})
    own = api.cardholder()["id"]
    told = {"url": "http://127.0.0.1:9/", "enabled_events": ["*"], "connect": True}
    api.ok("/v1/webhook_endpoints", told)
    one = f"{ACCOUNTS}/{connected}"
    assert api.delete(one).body == {"id": connected, "object": "account", "deleted": True}
    assert there.get("/v1/issuing/cardholders").error["code"] == "account_invalid"
    assert (api.get(one).status, api.delete(one).status) == (403, 403)
    api.advance(3600)  # nothing that was scheduled for it breaks
    api.control("accounts", {"ids": [connected]})
    assert there.read("/v1/issuing/cardholders")["data"] == there.read("/v1/topups")["data"] == []
    assert there.events()[0]["type"] == "account.application.deauthorized"
    assert [one["id"] for one in api.read("/v1/issuing/cardholders")["data"]] == [own]
    assert api.delete(f"{ACCOUNTS}/{api.read('/v1/account')['id']}").status == 400
