"""Cardholders: what can be said of them, what is required, what never changes."""

import pytest

from .conftest import ADDRESS
from .uploads import PDF, upload

URL = "/v1/issuing/cardholders"


def test_a_company(api) -> None:
    holder = api.cardholder(
        email="company@example.com", phone_number="+18008675309", company={"tax_id": "123"}
    )
    assert holder["id"].startswith("ich_")
    assert (holder["status"], holder["type"], holder["individual"]) == ("active", "company", None)
    assert holder["company"] == {"tax_id_provided": True}
    assert holder["requirements"] == {"disabled_reason": None, "past_due": []}
    assert api.read(f"{URL}/{holder['id']}") == holder
    event = api.events("issuing_cardholder.created")[0]
    assert event["data"] == {"object": holder}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("+1 (800) 867-5309", "+18008675309"),
        ("(800) 867-5309", "+18008675309"),
        ("1-800-867-5309", "+18008675309"),
        ("011 49 30 901820", "+4930901820"),
        ("+447700900000", "+447700900000"),
        ("+39 06 1234 5678", "+390612345678"),
    ],
)
def test_phone_numbers_are_kept_in_e164(api, given, kept) -> None:
    assert api.cardholder(phone_number=given)["phone_number"] == kept


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"name": "A" * 25}, "name"),
        ({"name": "Team 7"}, "name"),
        ({"name": "R&D"}, "name"),
        ({"name": "Research\n"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "jenny@example.com\n"}, "email"),
        ({"email": '"<jenny@example.com'}, "email"),
        ({"phone_number": "12"}, "phone_number"),
        ({"phone_number": "+1555"}, "phone_number"),
        ({"phone_number": "+11111111111"}, "phone_number"),
        ({"phone_number": "+44770090000"}, "phone_number"),
        ({"phone_number": "0049 30 901820"}, "phone_number"),  # as dialed in Germany, by a holder in the US
        ({"phone_number": "1-800-FLOWERS"}, "phone_number"),
        ({"phone_number": "+18008675309 ext. 5"}, "phone_number"),
        ({"billing": {"address": {**ADDRESS, "country": "XX"}}}, "billing[address][country]"),
        ({"billing": {"address": {**ADDRESS, "country": "USA"}}}, "billing[address][country]"),
        ({"individual": {"first_name": "J3nny"}}, "individual[first_name]"),
        ({"individual": {"last_name": "Розен"}}, "individual[last_name]"),
        ({"individual": {"dob": {"day": 31, "month": 2, "year": 1990}}}, "individual[dob]"),
        ({"individual": {"dob": {"day": 1, "month": 2, "year": 2025}}}, "individual[dob]"),
        (
            {
                "individual": {
                    "card_issuing": {"user_terms_acceptance": {"date": 99_999_999_999, "ip": "127.0.0.1"}}
                }
            },
            "individual[card_issuing][user_terms_acceptance][date]",
        ),
        (
            {"individual": {"card_issuing": {"user_terms_acceptance": {"date": 1, "ip": "home"}}}},
            "individual[card_issuing][user_terms_acceptance][ip]",
        ),
        (
            {"spending_controls": {"allowed_categories": ["bakeries"], "blocked_categories": ["bakeries"]}},
            "spending_controls[allowed_categories]",
        ),
        (
            {"spending_controls": {"allowed_merchant_countries": ["US", "ZZ"]}},
            "spending_controls[allowed_merchant_countries][1]",
        ),
        (
            {"spending_controls": {"spending_limits_currency": "zzz"}},
            "spending_controls[spending_limits_currency]",
        ),
        (
            {"spending_controls": {"spending_limits": [{"amount": -1, "interval": "daily"}]}},
            "spending_controls[spending_limits][0][amount]",
        ),
    ],
)
def test_what_a_cardholder_cannot_be(api, change, param) -> None:
    good = {"name": "Jenny Rosen", "type": "individual", "billing": {"address": ADDRESS}}
    assert api.refused(URL, {**good, **change})["param"] == param


@pytest.mark.parametrize("name", ["Jenny Rosen", "Jean-Luc O'Neil Jr.", "Müller, Anna", "X"])
def test_names_that_can_be_printed(api, name) -> None:
    assert api.cardholder(name=name)["name"] == name


@pytest.mark.parametrize("name", ["Johnson & Johnson", "Route 66", "A/B (C): D", "3M Co."])
def test_names_of_companies_that_stripes_sources_disagree_about(api, name) -> None:
    assert api.cardholder(name=name)["name"] == name
    api.control("switches", {"narrow_company_names": True})
    company = {"name": name, "type": "company", "billing": {"address": ADDRESS}}
    assert api.refused(URL, company)["param"] == "name"


@pytest.mark.parametrize("name", ["Acme!", "Acme_Inc", "& Co", "A" * 25])
def test_names_of_companies_that_no_source_allows(api, name) -> None:
    company = {"name": name, "type": "company", "billing": {"address": ADDRESS}}
    assert api.refused(URL, company)["param"] == "name"


@pytest.mark.parametrize(
    "change", [{"name": "Other"}, {"type": "individual"}, {"requirements": {"past_due": ""}}]
)
def test_what_never_changes(api, change) -> None:
    holder = api.cardholder()
    assert api.refused(f"{URL}/{holder['id']}", change)["code"] == "parameter_unknown"


def test_an_update_changes_what_it_names_and_tells_what_was_there(api) -> None:
    holder = api.cardholder(email="old@example.com", metadata={"team": "ads", "cost": "7"})
    params = {"email": "new@example.com", "metadata": {"team": "", "site": "Bonn"}, "status": "inactive"}
    changed = api.ok(f"{URL}/{holder['id']}", params)

    assert (changed["email"], changed["status"]) == ("new@example.com", "inactive")
    assert changed["metadata"] == {"cost": "7", "site": "Bonn"}
    assert changed["billing"] == holder["billing"]
    event = api.events("issuing_cardholder.updated")[0]
    assert event["data"]["previous_attributes"] == {
        "email": "old@example.com",
        "metadata": {"site": None, "team": "ads"},
        "status": "active",
    }


def test_an_update_that_changes_nothing_is_no_event(api) -> None:
    holder = api.cardholder(email="same@example.com")
    api.ok(f"{URL}/{holder['id']}", {"email": "same@example.com"})
    assert api.events("issuing_cardholder.updated") == []


def test_spending_controls_are_replaced_list_by_list_and_cleared_by_an_empty_value(api) -> None:
    limits = [{"amount": 5000, "interval": "monthly", "categories": ["bakeries"]}]
    holder = api.cardholder(
        spending_controls={
            "allowed_categories": ["bakeries", "taxicabs_limousines"],
            "spending_limits": limits,
            "spending_limits_currency": "USD",
        }
    )
    url = f"{URL}/{holder['id']}"
    one = api.ok(url, {"spending_controls": {"allowed_categories": ["bakeries"]}})["spending_controls"]
    assert (one["allowed_categories"], one["spending_limits"]) == (["bakeries"], limits)
    assert one["spending_limits_currency"] == "usd"
    two = api.ok(url, {"spending_controls": {"spending_limits": ""}})["spending_controls"]
    assert (two["allowed_categories"], two["spending_limits"]) == (["bakeries"], [])
    switch = {"allowed_categories": "", "blocked_categories": ["car_washes"]}
    three = api.ok(url, {"spending_controls": switch})["spending_controls"]
    assert (three["allowed_categories"], three["blocked_categories"]) == ([], ["car_washes"])
    assert (
        api.refused(url, {"spending_controls": {"allowed_categories": ["bakeries"]}})["code"]
        == "parameters_exclusive"
    )


def test_requirements_of_an_individual_in_the_us(api) -> None:
    bare = api.cardholder(name="Jenny Rosen", type="individual")
    terms = "individual.card_issuing.user_terms_acceptance"
    assert bare["requirements"] == {
        "disabled_reason": "requirements.past_due",
        "past_due": [f"{terms}.date", f"{terms}.ip", "individual.first_name", "individual.last_name"],
    }
    card = api.card(cardholder=bare["id"], status="inactive")
    params = {"cardholder": bare["id"], "currency": "usd", "type": "virtual", "status": "active"}
    assert api.refused("/v1/issuing/cards", params)["param"] == "status"
    assert api.refused(f"/v1/issuing/cards/{card['id']}", {"status": "active"})["param"] == "status"

    accepted = {"user_terms_acceptance": {"date": 1_600_000_000, "ip": "127.0.0.1"}}
    who = {"first_name": "Jenny", "last_name": "Rosen", "card_issuing": accepted}
    full = api.ok(f"{URL}/{bare['id']}", {"individual": who})
    assert full["requirements"] == {"disabled_reason": None, "past_due": []}
    assert api.ok(f"/v1/issuing/cards/{card['id']}", {"status": "active"})["status"] == "active"


def test_a_birth_date_is_required_when_so_switched(api) -> None:
    api.control("switches", {"birth_date_required": True})
    past_due = api.person(individual={"first_name": "Jenny", "last_name": "Rosen"})["requirements"][
        "past_due"
    ]
    assert [r for r in past_due if "dob" in r] == [
        f"individual.dob.{part}" for part in ("day", "month", "year")
    ]


def test_what_stripe_does_to_cardholders(api) -> None:
    holder = api.cardholder()
    card = api.card(cardholder=holder["id"], status="inactive")
    api.control("act", {"act": "disable_cardholder", "id": holder["id"], "value": "under_review"})
    assert api.read(f"{URL}/{holder['id']}")["requirements"]["disabled_reason"] == "under_review"
    assert api.refused(f"/v1/issuing/cards/{card['id']}", {"status": "active"})
    api.control("act", {"act": "block_cardholder", "id": holder["id"]})
    assert api.read(URL, {"status": "blocked"})["data"][0]["id"] == holder["id"]
    assert api.refused(f"{URL}/{holder['id']}", {"status": "active"})["param"] == "status"


def test_a_rejected_cardholder_is_blocked_and_the_cards_are_canceled(api) -> None:
    card, other = api.card(), api.card()
    holder = card["cardholder"]["id"]
    act = {"act": "disable_cardholder", "id": holder, "value": "rejected.listed"}
    rejected = api.control("act", act)
    assert (rejected["status"], rejected["requirements"]["disabled_reason"]) == ("blocked", "rejected.listed")
    assert api.read(f"/v1/issuing/cards/{card['id']}")["status"] == "canceled"
    assert api.read(f"/v1/issuing/cards/{other['id']}")["status"] == other["status"]
    assert [e["data"]["object"]["id"] for e in api.events("issuing_card.updated")] == [card["id"]]
    assert [e["data"]["object"]["id"] for e in api.events("issuing_cardholder.updated")] == [holder]


def test_a_name_stays_during_a_review(api) -> None:
    terms = {"user_terms_acceptance": {"date": 1_600_000_000, "ip": "127.0.0.1"}}
    who = {"first_name": "Jenny", "last_name": "Rosen", "card_issuing": terms}
    holder = api.person(individual=who)
    url = f"{URL}/{holder['id']}"
    review = lambda value: api.control(  # noqa: E731
        "act", {"act": "disable_cardholder", "id": holder["id"], "value": value}
    )
    review("under_review")
    born = {"dob": {"day": 1, "month": 2, "year": 1990}}
    assert api.ok(url, {"individual": born})["individual"]["dob"]["year"] == 1990  # missing until now
    for change, word in (({"first_name": "Ann"}, "name"), ({"last_name": "Roe"}, "name"), (born, "dob")):
        refused = api.refused(url, {"individual": change})
        assert refused["message"].startswith(f"You can't update the {word} for a cardholder under review. ")
        assert "disabled_reason" in refused["message"]
    assert api.ok(url, {"metadata": {"a": "1"}})["metadata"] == {"a": "1"}
    review(None)
    assert api.ok(url, {"individual": {"first_name": "Ann"}})["individual"]["first_name"] == "Ann"

    bare = api.person(individual={"first_name": "Jenny", "last_name": "Rosen"})
    api.control("act", {"act": "disable_cardholder", "id": bare["id"], "value": "under_review"})
    refused = api.refused(f"{URL}/{bare['id']}", {"individual": {"last_name": "Roe"}})
    assert "past_due" in refused["message"]


def test_metadata_has_stripes_limits(api) -> None:
    holder = api.cardholder(metadata={f"k{i}": "v" for i in range(50)})
    url = f"{URL}/{holder['id']}"
    assert api.refused(url, {"metadata": {"one_more": "v"}})["param"] == "metadata"
    assert api.ok(url, {"metadata": {"k0": "", "one_more": "v"}})["metadata"]["one_more"] == "v"
    assert api.refused(url, {"metadata": {"k" * 41: "v"}})["param"] == f"metadata[{'k' * 41}]"
    assert api.refused(url, {"metadata": {"k1": "v" * 501}})["param"] == "metadata[k1]"
    assert api.ok(url, {"metadata": {"k1": "v" * 500}})["metadata"]["k1"] == "v" * 500
    assert api.ok(url, {"metadata": ""})["metadata"] == {}


def test_there_is_no_way_to_delete_one(api) -> None:
    assert api.delete(f"{URL}/{api.cardholder()['id']}").status == 404
    missing = api.get(f"{URL}/ich_unknown")
    assert (missing.status, missing.error["code"], missing.error["param"]) == (404, "resource_missing", "id")


def test_identity_documents_are_files(api) -> None:
    sides = {side: upload(api, "identity_document", PDF)["id"] for side in ("front", "back")}
    holder = api.person()
    url = f"{URL}/{holder['id']}"
    kept = api.ok(url, {"individual": {"verification": {"document": sides}}})["individual"]
    assert (kept["verification"]["document"], kept["first_name"]) == (sides, "Jenny")
    for wrong in ("passport.png", "file_unknown", upload(api)["id"]):
        refused = api.refused(url, {"individual": {"verification": {"document": {"front": wrong}}}})
        assert refused["param"] == "individual[verification][document][front]"


def test_a_switch_takes_documents_that_were_not_uploaded(api) -> None:
    api.control("switches", {"identity_documents_checked": False})
    document = {"front": "file_1", "back": "file_2"}
    assert api.ok(f"{URL}/{api.person()['id']}", {"individual": {"verification": {"document": document}}})
