"""Designs of physical cards (docs.stripe.com/issuing/cards/physical/personalization-designs)."""

from typing import Any

import pytest

from .conftest import ADDRESS
from .uploads import client, upload

URL = "/v1/issuing/personalization_designs"
TEST = "/v1/test_helpers/issuing"
STANDARD = "ipcd_SandboxStandard"
BLACK, WHITE = "ics_SandboxStandardBlack", "ics_SandboxStandardWhite"
REASONS = {"rejection_reasons": {"card_logo": ["network_name"], "carrier_text": ["other"]}}


def design(api, **more: Any) -> dict[str, Any]:
    return api.ok(URL, {"physical_bundle": BLACK, **more})


def decided(api, design: dict[str, Any], step: str) -> dict[str, Any]:
    return api.ok(
        f"{TEST}/personalization_designs/{design['id']}/{step}", REASONS if step == "reject" else None
    )


def plastic(api, **more: Any) -> dict[str, Any]:
    """The parameters of a physical card."""
    shipping = {"name": "Jenny", "address": ADDRESS}
    return {
        "currency": "usd",
        "type": "physical",
        "shipping": shipping,
        "cardholder": api.cardholder()["id"],
        **more,
    }


def told(api) -> list[str]:
    kind = "issuing_personalization_design."
    return [e["type"].removeprefix(kind) for e in api.events()[::-1] if e["type"].startswith(kind)]


def custom(api, **features: str) -> str:
    return api.control("act", {"act": "make_bundle", "id": "Ours", "value": features})["id"]


def test_every_account_has_the_standard_bundles(api) -> None:
    bundles = client(api).v1.issuing.physical_bundles
    assert {one.id for one in bundles.list({"limit": 1}).auto_paging_iter()} == {BLACK, WHITE}
    assert bundles.retrieve(BLACK).features.card_logo == "optional"
    connected = api.with_headers(Stripe_Account=api.connected())
    assert (
        len(connected.read("/v1/issuing/physical_bundles", {"type": "standard", "status": "active"})["data"])
        == 2
    )
    assert connected.read("/v1/issuing/physical_bundles", {"type": "custom"})["data"] == []
    assert api.get("/v1/issuing/physical_bundles/ics_unknown").status == 404


def test_an_account_begins_with_a_default_design(api) -> None:
    [first] = api.read(URL)["data"]
    assert (first["id"], first["status"], first["preferences"]["is_default"]) == (STANDARD, "active", True)
    assert api.ok("/v1/issuing/cards", plastic(api))["personalization_design"] == STANDARD
    connected = api.with_headers(Stripe_Account=api.connected())
    assert connected.read(URL)["data"] == []
    assert connected.ok("/v1/issuing/cards", plastic(connected))["personalization_design"] == STANDARD


def test_a_new_design_is_in_review(api) -> None:
    logo = upload(api, "issuing_logo")["id"]
    made = design(
        api,
        name="Ours",
        card_logo=logo,
        carrier_text={"header_title": "Hello"},
        metadata={"a": "b"},
        expand=["card_logo", "physical_bundle"],
    )
    assert (made["status"], made["name"], made["metadata"]) == ("review", "Ours", {"a": "b"})
    assert (made["card_logo"]["id"], made["physical_bundle"]["id"]) == (logo, BLACK)
    assert made["carrier_text"] == {
        "footer_body": None,
        "footer_title": None,
        "header_body": None,
        "header_title": "Hello",
    }
    assert api.get(f"{URL}/ipcd_unknown").status == 404


def test_a_switch_makes_designs_active_that_have_nothing_to_review(api) -> None:
    api.control("switches", {"plain_designs_active": True})
    assert design(api)["status"] == "active"
    assert design(api, carrier_text={"header_title": "Hello"})["status"] == "review"


@pytest.mark.parametrize(
    ("step", "status", "event"),
    [
        ("activate", "active", "activated"),
        ("deactivate", "inactive", "deactivated"),
        ("reject", "rejected", "rejected"),
    ],
)
def test_the_helpers_set_the_status(api, step, status, event) -> None:
    decided_one = decided(api, design(api), step)
    assert decided_one["status"] == status
    reasons = REASONS["rejection_reasons"] if step == "reject" else {"card_logo": [], "carrier_text": []}
    assert decided_one["rejection_reasons"] == reasons
    assert told(api) == ["updated", event]


def test_looks_change_only_after_a_rejection_and_are_reviewed_again(api) -> None:
    one = f"{URL}/{(made := design(api))['id']}"
    for step in (None, "activate", "deactivate"):
        if step:
            decided(api, made, step)
        assert api.refused(one, {"physical_bundle": WHITE})["param"] == "physical_bundle"
        assert api.refused(one, {"carrier_text": {"header_title": "a"}})["param"] == "carrier_text"
    decided(api, made, "reject")
    after = api.ok(one, {"physical_bundle": WHITE, "carrier_text": {"header_title": "a"}})
    assert (after["status"], after["physical_bundle"]) == ("review", WHITE)
    assert after["rejection_reasons"] == {"card_logo": [], "carrier_text": []}
    assert api.ok(one, {"name": "New", "metadata": {"a": "b"}})["name"] == "New"
    assert api.ok(one, {"name": ""})["name"] is None


def test_a_rejection_cancels_the_cards_that_wait_for_the_design(api) -> None:
    made = decided(api, design(api), "activate")
    waiting, shipped = (
        api.ok("/v1/issuing/cards", plastic(api, personalization_design=made["id"])) for _ in "12"
    )
    api.ok(f"{TEST}/cards/{shipped['id']}/shipping/ship")
    decided(api, made, "reject")
    after = api.read(f"/v1/issuing/cards/{waiting['id']}")
    assert (after["status"], after["cancellation_reason"]) == ("canceled", "design_rejected")
    assert api.read(f"/v1/issuing/cards/{shipped['id']}")["status"] == "inactive"
    assert api.events()[0]["data"]["previous_attributes"]["cancellation_reason"] is None
    assert (
        api.read("/v1/issuing/cards", {"personalization_design": made["id"]})["data"][1]["id"]
        == waiting["id"]
    )


def test_a_card_waits_for_the_review_of_its_design(api) -> None:
    made = design(api)
    card = api.ok("/v1/issuing/cards", plastic(api, personalization_design=made["id"]))
    for step in ("submit", "ship"):
        assert "review" in api.refused(f"{TEST}/cards/{card['id']}/shipping/{step}")["message"]
    decided(api, made, "activate")
    assert api.ok(f"{TEST}/cards/{card['id']}/shipping/ship")["shipping"]["status"] == "shipped"


@pytest.mark.parametrize("step", ["deactivate", "reject"])
def test_only_designs_that_are_active_or_in_review_make_cards(api, step) -> None:
    made = decided(api, design(api), step)
    asked = plastic(api, personalization_design=made["id"])
    assert api.refused("/v1/issuing/cards", asked)["param"] == "personalization_design"
    asked["personalization_design"] = "ipcd_unknown"
    assert api.refused("/v1/issuing/cards", asked)["code"] == "resource_missing"


def test_a_virtual_card_has_no_design(api) -> None:
    asked = {"currency": "usd", "type": "virtual", "personalization_design": design(api)["id"]}
    refused = api.refused("/v1/issuing/cards", {**asked, "cardholder": api.cardholder()["id"]})
    assert refused["param"] == "personalization_design"
    assert api.refused(f"/v1/issuing/cards/{api.card()['id']}", {"personalization_design": design(api)["id"]})


def test_the_design_of_a_card_changes_until_it_is_submitted(api) -> None:
    first, second = design(api)["id"], decided(api, design(api), "activate")["id"]
    card = (
        f"/v1/issuing/cards/{api.ok('/v1/issuing/cards', plastic(api, personalization_design=first))['id']}"
    )
    changed = api.ok(
        card, {"personalization_design": second, "expand": ["personalization_design.physical_bundle"]}
    )
    assert changed["personalization_design"]["physical_bundle"]["id"] == BLACK
    api.ok(card.replace("/v1/", "/v1/test_helpers/") + "/shipping/submit")
    assert api.refused(card, {"personalization_design": first})["param"] == "personalization_design"


def test_there_is_one_default_and_cards_without_a_design_get_it(api) -> None:
    first = design(api, preferences={"is_default": True})
    second = design(api, preferences={"is_default": True})
    assert not api.read(f"{URL}/{first['id']}")["preferences"]["is_default"]
    assert [one["id"] for one in api.read(URL, {"preferences": {"is_default": True}})["data"]] == [
        second["id"]
    ]
    assert api.ok("/v1/issuing/cards", plastic(api))["personalization_design"] == second["id"]
    api.ok(f"{URL}/{second['id']}", {"preferences": {"is_default": False}})
    assert api.refused("/v1/issuing/cards", plastic(api))["param"] == "personalization_design"


def test_connected_accounts_use_designs_of_their_platform(api) -> None:
    connected = api.with_headers(Stripe_Account=api.connected())
    made = design(api, preferences={"is_default": True})
    card = connected.ok("/v1/issuing/cards", plastic(connected))
    assert card["personalization_design"] == made["id"]
    assert connected.read(URL)["data"] == []
    assert connected.read(f"{URL}/{made['id']}")["status"] == "review"
    assert connected.post(f"{URL}/{made['id']}", {"name": "Theirs"}).status == 404
    decided(api, made, "reject")
    assert connected.read(f"/v1/issuing/cards/{card['id']}")["cancellation_reason"] == "design_rejected"


def test_a_lookup_key_names_one_design(api) -> None:
    first = design(api, lookup_key="ours")
    assert api.refused(URL, {"physical_bundle": BLACK, "lookup_key": "ours"})["param"] == "lookup_key"
    assert api.refused(URL, {"physical_bundle": BLACK, "lookup_key": "a" * 201})["param"] == "lookup_key"
    second = design(api, lookup_key="ours", transfer_lookup_key="true")
    assert api.read(f"{URL}/{first['id']}")["lookup_key"] is None
    assert [one["id"] for one in api.read(URL, {"lookup_keys": ["ours", "other"]})["data"]] == [second["id"]]
    assert api.ok(f"{URL}/{second['id']}", {"lookup_key": ""})["lookup_key"] is None


def test_a_bundle_says_what_a_design_must_and_may_have(api) -> None:
    needy, plain = (
        custom(api, card_logo="required"),
        custom(api, carrier_text="unsupported", second_line="unsupported"),
    )
    assert api.refused(URL, {"physical_bundle": needy})["param"] == "card_logo"
    assert (
        api.refused(URL, {"physical_bundle": plain, "carrier_text": {"header_body": "a"}})["param"]
        == "carrier_text"
    )
    assert api.refused(URL, {"physical_bundle": "ics_unknown"})["code"] == "resource_missing"
    assert api.refused(URL, {"physical_bundle": custom(api, status="inactive")})["param"] == "physical_bundle"
    made = api.ok(URL, {"physical_bundle": plain})
    asked = plastic(api, personalization_design=made["id"], second_line="Team")
    assert api.refused("/v1/issuing/cards", asked)["param"] == "second_line"


def test_a_design_stays_in_review_while_its_bundle_does(api) -> None:
    made = api.ok(URL, {"physical_bundle": custom(api, status="review")})
    assert api.post(f"{TEST}/personalization_designs/{made['id']}/activate").status == 400


def test_a_logo_is_a_file_for_that_purpose(api) -> None:
    evidence = upload(api)["id"]
    assert api.refused(URL, {"physical_bundle": BLACK, "card_logo": evidence})["param"] == "card_logo"
    assert (
        api.refused(URL, {"physical_bundle": BLACK, "card_logo": "file_unknown"})["code"]
        == "resource_missing"
    )


def test_a_rejection_needs_a_reason(api) -> None:
    one = f"{TEST}/personalization_designs/{design(api)['id']}/reject"
    assert api.refused(one)["code"] == "parameter_missing"
    assert (
        api.refused(one, {"rejection_reasons": {"card_logo": ["taste"]}})["code"] == "parameter_invalid_enum"
    )
