"""Writes that are answered 200 and not carried out: each is a failed step that names the field."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from e2e.conftest import BARE_CARD, CARD, COMPANY, Desk
from support.liar import Answer, Asked, Liar, Lie, as_it_was, changed, lying, not_done, replay, without_empty

SYNC = "No changes. Stripe matches the configuration.\n"
HOLDER = """
cardholders:
  jenny:
    type: individual
    name: Jenny Rosen
    email: jenny@example.com
    phone_number: "+18008675309"
    status: active
    billing:
      address: {line1: 1 Main St, line2: Floor 2, city: Reno, state: NV, postal_code: "89501", country: US}
    individual:
      first_name: Jenny
      last_name: Rosen
      dob: {day: 1, month: 2, year: 1990}
      card_issuing: {user_terms_acceptance: {date: 1700000000, ip: 127.0.0.1, user_agent: Firefox}}
    preferred_locales: [en]
    spending_controls:
      allowed_categories: [advertising_services]
      allowed_merchant_countries: [US]
      blocked_card_presences: [present]
      spending_limits: [{amount: 5000, interval: monthly}]
      spending_limits_currency: usd
    metadata: {team: a}
"""
PHYSICAL = """
cards:
  ads:
    cardholder: jenny
    type: physical
    currency: usd
    status: inactive
    second_line: Marketing
    spending_controls:
      blocked_categories: [advertising_services]
      blocked_merchant_countries: [CA]
      allowed_card_presences: [present]
      spending_limits: [{amount: 7000, interval: weekly, categories: [book_stores]}]
    shipping:
      name: Jenny Rosen
      address: {line1: 1 Main St, line2: Floor 2, city: Reno, state: NV, postal_code: "89501", country: US}
      service: express
      type: individual
      phone_number: "+18008675309"
      business_name: Rosen Inc
      require_signature: true
      address_validation: {mode: disabled}
    metadata: {team: a}
"""
LIMIT = [{"amount": 1, "interval": "daily", "categories": []}]
# what is asked of each kind, and another value
HOLDER_FIELDS: dict[str, Any] = {
    "name": "Jane Rosen",
    "type": "company",
    "status": "inactive",
    "email": "other@example.com",
    "phone_number": "+18008675310",
    **{
        f"billing.address.{part}": "Zz"
        for part in ("line1", "line2", "city", "state", "postal_code", "country")
    },
    "individual.first_name": "Jane",
    "individual.last_name": None,
    "individual.dob.day": 2,
    "individual.dob.month": 3,
    "individual.dob.year": 1991,
    "individual.card_issuing.user_terms_acceptance.date": 1700000001,
    "individual.card_issuing.user_terms_acceptance.ip": "127.0.0.2",
    "individual.card_issuing.user_terms_acceptance.user_agent": None,
    "preferred_locales": ["de"],
    "spending_controls.allowed_categories": [],
    "spending_controls.allowed_merchant_countries": ["US", "CA"],
    "spending_controls.blocked_card_presences": None,
    "spending_controls.spending_limits": LIMIT,
    "spending_controls.spending_limits_currency": "eur",
    "metadata.team": "b",
}
CARD_FIELDS: dict[str, Any] = {
    "cardholder": "ich_1Another",
    "type": "virtual",
    "currency": "eur",
    "status": "active",
    "second_line": None,
    "spending_controls.blocked_categories": None,
    "spending_controls.blocked_merchant_countries": [],
    "spending_controls.allowed_card_presences": ["present", "not_present"],
    "spending_controls.spending_limits": LIMIT,
    "shipping.name": "Jane Rosen",
    **{
        f"shipping.address.{part}": "Zz"
        for part in ("line1", "line2", "city", "state", "postal_code", "country")
    },
    "shipping.service": "standard",
    "shipping.type": "bulk",
    "shipping.phone_number": None,
    "shipping.business_name": None,
    "shipping.require_signature": None,
    "shipping.address_validation.mode": "normalization_only",
    "metadata.team": "b",
}


@pytest.fixture
def liar(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    with lying(desk.base) as liar:
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        yield liar


def apply(desk: Desk, text: str, code: int = 0) -> str:
    desk.write(text)
    return desk.run("apply", "--auto-approve", code=code).output


def finishes(desk: Desk, liar: Liar) -> None:
    """Told the truth, the same command ends as if nothing had been."""
    liar.honestly()
    desk.run("apply", "--auto-approve")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


@pytest.mark.parametrize(
    ("service", "path", "other"),
    [
        *(("issuing/cardholders", path, other) for path, other in HOLDER_FIELDS.items()),
        *(("issuing/cards", path, other) for path, other in CARD_FIELDS.items()),
    ],
)
def test_a_creation_is_held_to_each_of_its_fields(
    desk: Desk, liar: Liar, service: str, path: str, other: Any
) -> None:
    liar.lie(f"POST /v1/{service}", changed(path, other))

    said = apply(desk, HOLDER + PHYSICAL, code=5)

    assert (
        f"FAILED to create: Stripe accepted the request, but did not carry it out: {path} is not as requested"
        in said
    )
    assert "Rosen" not in said
    finishes(desk, liar)
    assert len(desk.live("cardholders")) == len(desk.live()) == 1


def without_metadata(asked: Asked) -> Answer:
    """Passed on without its metadata."""
    kept = [(name, value) for name, value in parse_qsl(asked.body) if not name.startswith("metadata")]
    asked.body = urlencode(kept, quote_via=quote, safe="[]")
    return asked.pass_on()


def test_a_creation_without_its_marks_names_the_object_that_nobody_looks_after(
    desk: Desk, liar: Liar
) -> None:
    apply(desk, COMPANY)
    liar.lie("POST /v1/issuing/cards", without_metadata)

    said = apply(desk, COMPANY + CARD, code=5)

    (card,) = desk.sdk.v1.issuing.cards.list()
    assert (
        f"cards.ads: FAILED to create: Stripe created {card.id} without the requested ownership metadata"
        in said
    )


def test_every_field_is_among_these() -> None:
    from provisioner.core.schema.field import Field, Shape  # noqa: PLC0415
    from provisioner.kinds import card, cardholder  # noqa: PLC0415

    def paths(fields: tuple[Field, ...], prefix: str = "") -> Iterator[str]:
        for field in fields:
            if field.shape is Shape.HASH:
                yield from paths(field.fields, f"{prefix}{field.name}.")
            elif not field.write_only:
                yield prefix + field.name + (".team" if field.shape is Shape.MAP else "")

    for kind, tried in ((cardholder.KIND, HOLDER_FIELDS), (card.KIND, CARD_FIELDS)):
        # the other half of a pair, what a virtual card alone has, and what the sandbox has none of
        elsewhere = ("spending_controls.", "exp_", "lifecycle_controls", "individual.verification")
        none = ("financial_account", "personalization_design", "shipping.customs", "replacement_")
        others = {path for path in paths(kind.fields) if path.startswith((*elsewhere, *none))}
        assert {*paths(kind.fields)} - others <= tried.keys()


UPDATES = [
    ("issuing/cardholders", "status", "status: active", "status: inactive"),
    ("issuing/cardholders", "email", "jenny@example.com", "rosen@example.com"),
    ("issuing/cardholders", "phone_number", '"+18008675309"\n    status', '"+18008675311"\n    status'),
    ("issuing/cardholders", "billing.address.line1", "1 Main St", "2 Main St"),
    ("issuing/cardholders", "individual.first_name", "first_name: Jenny", "first_name: Jane"),
    ("issuing/cardholders", "individual.dob.day", "day: 1,", "day: 2,"),
    (
        "issuing/cardholders",
        "individual.card_issuing.user_terms_acceptance.ip",
        "ip: 127.0.0.1",
        "ip: 127.0.0.2",
    ),
    ("issuing/cardholders", "preferred_locales", "[en]", "[en, de]"),
    ("issuing/cardholders", "spending_controls.allowed_categories", "[advert", "[book_stores, advert"),
    ("issuing/cardholders", "spending_controls.spending_limits", "amount: 5000", "amount: 4000"),
    ("issuing/cardholders", "metadata.team", "team: a}\n\ncards", "team: b}\n\ncards"),
    ("issuing/cards", "spending_controls.blocked_merchant_countries", "[CA]", "[CA, MX]"),
    ("issuing/cards", "spending_controls.spending_limits", "amount: 7000", "amount: 6000"),
    ("issuing/cards", "shipping.service", "service: express", "service: priority"),
    ("issuing/cards", "shipping.business_name", "Rosen Inc", "Rosen Corp"),
    (
        "issuing/cards",
        "metadata.provisioner_lifecycle",
        "cardholder: jenny",
        "cardholder: jenny\n    lifecycle: {protect: true}",
    ),
]


@pytest.mark.parametrize(("service", "path", "old", "new"), UPDATES)
@pytest.mark.parametrize("lie", [as_it_was, replay])
def test_an_update_is_held_to_each_of_its_fields(
    desk: Desk, liar: Liar, service: str, path: str, old: str, new: str, lie: Lie
) -> None:
    text = HOLDER + PHYSICAL
    assert old in text
    apply(desk, text)
    if lie is replay:  # an earlier answer to the same path
        apply(desk, text.replace("team: a", "team: c"))
        apply(desk, text)
    liar.lie(f"POST /v1/{service}/*", lie, count=None)

    said = apply(desk, text.replace(old, new), code=5)

    assert "Stripe accepted the request, but did not carry it out" in said
    assert path in said
    finishes(desk, liar)


@pytest.mark.parametrize(
    ("words", "does"),
    [
        (["retire", "cards.ads", "--auto-approve"], "deactivate"),
        (["retire", "cards.ads", "--cancel", "--auto-approve"], "cancel"),
        (["destroy", "--auto-approve"], "deactivate"),
        (["apply", "--auto-approve"], "deactivate"),
    ],
)
def test_what_is_to_end_and_does_not_is_a_failed_step(
    desk: Desk, liar: Liar, words: list[str], does: str
) -> None:
    apply(desk, COMPANY + CARD)
    desk.write(COMPANY)
    liar.lie("POST /v1/issuing/cards/*", as_it_was)

    said = desk.run(*words, code=5).output

    assert (
        f"cards.ads: FAILED to {does}: Stripe accepted the request, but did not carry it out: status" in said
    )
    desk.run(*words)
    assert desk.live()["cards.ads"]["status"] != "active"


def test_a_lowered_limit_is_looked_at_before_what_it_goes_with_is_raised(desk: Desk) -> None:
    holder = COMPANY + "    spending_controls: {spending_limits: [{amount: 1000, interval: daily}]}\n"
    apply(desk, holder + CARD)
    fault = {"effect": "unwritten", "match": "POST /v1/issuing/cards/*", "count": 1}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())

    said = apply(desk, holder.replace("1000", "900000") + CARD.replace("2,000.00", "1,000.00"), code=5)

    assert "cards.ads: FAILED to update: Stripe accepted the request, but did not carry it out" in said
    assert "spending_controls.spending_limits is not as requested. Its response said otherwise" in said
    acme = desk.live("cardholders")["cardholders.acme"]
    assert [limit["amount"] for limit in acme["spending_controls"]["spending_limits"]] == [1000]
    desk.run("apply", "--auto-approve")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_an_import_that_writes_no_marks_is_a_failed_step(desk: Desk, liar: Liar) -> None:
    apply(desk, COMPANY + CARD)
    card = desk.live()["cards.ads"]["id"]
    desk.sdk.v1.issuing.cards.update(card, {"metadata": {"provisioner_project": ""}})
    liar.lie("POST /v1/issuing/cards/*", as_it_was)

    said = desk.run("import", "cards.ads", card, "--auto-approve", code=5).output

    assert "cards.ads: FAILED to import" in said
    desk.run("import", "cards.ads", card, "--auto-approve")
    assert SYNC in desk.run("plan").stdout


# --- a replacement


@pytest.mark.parametrize("lie", [as_it_was, not_done], ids=["answered as it was", "answered as asked"])
def test_a_replaced_card_that_does_not_end_leaves_one_that_can_spend(
    desk: Desk, liar: Liar, lie: Lie
) -> None:
    apply(desk, COMPANY + BARE_CARD)
    old = desk.live()["cards.ads"]["id"]
    liar.lie(f"POST /v1/issuing/cards/{old}", lie)

    said = apply(desk, COMPANY + BARE_CARD + "    second_line: Marketing\n", code=5)

    assert "cards.ads: FAILED to " in said
    cards = {card.id: card.status for card in desk.sdk.v1.issuing.cards.list().data}
    assert cards.pop(old) == "active"
    assert [*cards.values()] == ["inactive"]
    finishes(desk, liar)
    assert sorted(c.status for c in desk.sdk.v1.issuing.cards.list().data) == ["active", "canceled"]


def test_a_worn_card_that_its_successor_does_not_end_is_ended_by_us(desk: Desk, liar: Liar) -> None:
    apply(desk, COMPANY + BARE_CARD)
    old = desk.live()["cards.ads"]["id"]

    def does_not_end_it(asked: Asked) -> Answer:
        answer = asked.pass_on()
        if "status=active" in asked.body:
            liar.lie(f"GET /v1/issuing/cards/{old}", changed("status", "active"))
        return answer

    liar.lie("POST /v1/issuing/cards/*", does_not_end_it)
    said = apply(desk, COMPANY + BARE_CARD + "    lifecycle: {reissue: {number: 1, reason: expired}}\n")

    assert "Apply complete: 0 created, 0 updated, 1 replaced" in said
    assert liar.asked.count(f"POST /v1/issuing/cards/{old}") == 1


@pytest.mark.parametrize("reason", ["lost", "stolen"])
def test_a_lost_card_that_does_not_end_has_no_successor(desk: Desk, liar: Liar, reason: str) -> None:
    apply(desk, COMPANY + BARE_CARD)
    liar.lie("POST /v1/issuing/cards/*", as_it_was)

    reissue = f"    lifecycle: {{reissue: {{number: 1, reason: {reason}}}}}\n"
    said = apply(desk, COMPANY + BARE_CARD + reissue, code=5)

    assert "cancellation_reason and status are not as requested" in said or "status" in said
    assert len(desk.sdk.v1.issuing.cards.list().data) == 1
    finishes(desk, liar)


def test_a_rename_that_is_not_done_is_a_failed_step(desk: Desk, liar: Liar) -> None:
    apply(desk, COMPANY + CARD)
    liar.lie("POST /v1/issuing/cards/*", as_it_was)
    renamed = CARD.replace("  ads:", "  search:") + "    lifecycle: {previously: [ads]}\n"

    said = apply(desk, COMPANY + renamed, code=5)

    assert "cards.search: FAILED to rename" in said
    assert "metadata.provisioner_address and metadata.provisioner_lifecycle are not as requested" in said
    finishes(desk, liar)


# --- what is not done first stops what gives power


def test_a_limit_that_is_not_lowered_stops_what_gives_power(desk: Desk, liar: Liar) -> None:
    more = CARD.replace("cards:\n", "").replace("ads:", "travel:")
    apply(desk, COMPANY + CARD + more)
    liar.lie(f"POST /v1/issuing/cards/{desk.live()['cards.ads']['id']}", as_it_was)

    said = apply(
        desk, COMPANY + CARD.replace("2,000.00", "1,000.00") + more.replace("2,000.00", "9,000.00"), code=5
    )

    assert "cards.ads: FAILED to update" in said
    assert "cards.travel: skipped (update): it raises spending, and another step failed" in said
    finishes(desk, liar)


# --- Stripe takes "" and clears nothing


def test_controls_that_are_not_cleared_are_named_each_time(desk: Desk, liar: Liar) -> None:
    apply(desk, COMPANY + CARD)
    liar.lie("POST /v1/issuing/cards/*", without_empty, count=None)
    fewer = CARD.replace("      allowed_categories: [advertising_services]\n", "")

    desk.write(COMPANY + fewer)
    for _ in range(2):  # the record was written: nothing tells this from an edit by somebody else
        said = desk.run("apply", "--auto-approve", "--allow", "reverted=1", code=5).output
        assert "spending_controls.allowed_categories is not cleared" in said
    liar.honestly()
    desk.run("apply", "--auto-approve", "--allow", "reverted=1")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_metadata_that_is_not_cleared_is_named(desk: Desk, liar: Liar) -> None:
    apply(desk, COMPANY + CARD + "    metadata: {team: a}\n")
    liar.lie("POST /v1/issuing/cards/*", without_empty)

    assert "metadata.team is not cleared" in apply(desk, COMPANY + CARD, code=5)


# --- the answer itself


@pytest.mark.parametrize(
    ("path", "value"),
    [("id", "ic_1Another"), ("metadata.provisioner_project", "bakery"), ("metadata", {})],
)
def test_an_answer_about_something_else_is_a_failed_step(
    desk: Desk, liar: Liar, path: str, value: Any
) -> None:
    apply(desk, COMPANY + CARD)
    liar.lie("POST /v1/issuing/cards/*", changed(path, value))

    assert "cards.ads: FAILED to update" in apply(desk, COMPANY + CARD.replace("2,000", "1,000"), code=5)
    finishes(desk, liar)


def test_what_stripe_writes_in_its_own_way_is_as_asked(desk: Desk, liar: Liar) -> None:
    """Another order of a set, a phone number in another spelling, null for what is not set: no failure."""
    controls = "[advertising_services, book_stores]"
    text = (COMPANY + CARD).replace("[advertising_services]", controls)
    text = text.replace("    email:", '    phone_number: "1 (800) 867-5309"\n    email:')
    liar.lie(
        "POST /v1/issuing/cards",
        changed("spending_controls.allowed_categories", ["book_stores", "advertising_services"]),
    )

    apply(desk, text)

    assert SYNC in desk.run("plan").stdout
