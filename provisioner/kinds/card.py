"""
Cards: virtual or physical, each issued to one cardholder.

The fields in `CardUpdateParams` of the Stripe SDK can change in place; all others force replacement.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.model.resource import NO_FACTS, ObservedFacts
from provisioner.core.schema.field import Field, OnChange, Shape
from provisioner.core.schema.kind import (
    Fate,
    FieldFault,
    Kind,
    Replacement,
    Retirement,
    Role,
    Spending,
)
from provisioner.kinds.granted import GRANT_FIELDS, grant_faults, granted
from provisioner.kinds.postal import address, personal
from provisioner.kinds.spending_controls import (
    exclusive,
    monthly_exposure,
    spending_controls,
    switching,
)

SHIPPING = Field(
    "shipping",
    Shape.HASH,
    doc="Where a physical card is shipped. Can be changed until the card goes to the printer.",
    sent_whole=True,
    clearable=False,
    fields=(
        personal("name", "The recipient's name.", required=True),
        address("The shipping address."),
        Field(
            "service",
            doc="The shipping speed.",
            choices=("standard", "express", "priority"),
            default="standard",
        ),
        Field(
            "type",
            doc="A single card, or many cards in one package.",
            choices=("individual", "bulk"),
            default="individual",
        ),
        personal("phone_number", "The recipient's phone number."),
        personal("business_name", "The name of the recipient's business."),
        Field("require_signature", Shape.BOOLEAN, doc="Whether the recipient must sign.", default=False),
        Field(
            "address_validation",
            Shape.HASH,
            doc="How Stripe checks the address.",
            fields=(
                Field(
                    "mode",
                    doc="Whether to normalize the address, and whether to validate it as well.",
                    required=True,
                    choices=("disabled", "normalization_only", "validation_and_normalization"),
                ),
            ),
        ),
        Field(
            "customs",
            Shape.HASH,
            doc="Customs information, for bulk shipments to Europe.",
            fields=(personal("eori_number", "The EORI number."),),
        ),
    ),
)


def check(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield faults for combinations of fields that Stripe would reject."""
    yield from exclusive(fields)
    if fields.get("type") == "physical" and "shipping" not in fields:
        yield FieldFault((), "a physical card needs 'shipping' with a name and an address")
    if fields.get("type") == "virtual" and "shipping" in fields:
        yield FieldFault(("shipping",), "a virtual card is not shipped; 'shipping' is only for type physical")
    if fields.get("type") == "physical" and "exp_month" in fields:
        yield FieldFault(("exp_month",), "Stripe allows a custom expiry date for virtual cards only")
    for one, other in (("exp_month", "exp_year"), ("exp_year", "exp_month")):
        if one in fields and other not in fields:
            yield FieldFault((one,), f"{one!r} requires {other!r}")
    if fault := replacement_error(fields, str(fields.get("replacement_reason", ""))):
        yield FieldFault(("replacement_reason",), fault)
    if ("replacement_for" in fields) != ("replacement_reason" in fields):
        one = "replacement_for" if "replacement_for" in fields else "replacement_reason"
        yield FieldFault((one,), "'replacement_for' and 'replacement_reason' require each other")


def replacement_error(fields: Mapping[str, Any], reason: str) -> str:
    """Return why Stripe would not replace a card for a reason (docs.stripe.com/api/issuing/cards/create)."""
    if reason == "damaged" and fields.get("type") == "virtual":
        return (
            "only a physical card can be replaced as damaged; a virtual card can be lost, stolen, or expired"
        )
    return ""


def currency(_address: object, fields: Mapping[str, Any]) -> str | None:
    """Return the currency of a card's limits: the card's own, because Stripe accepts no other."""
    named = fields.get("currency")
    return named if isinstance(named, str) else None


def deferred_fields(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Defer the activation of a physical card, which is created inactive (docs.stripe.com/issuing/cards)."""
    if fields.get("type") == "physical" and fields.get("status") == "active":
        return {"status": "active"}
    return {}


def observe(raw: Mapping[str, Any]) -> ObservedFacts:
    """
    Return how a card has ended, and whether it has been shipped.

    Its own controls may have ended it (SDK: issuing/_card.py, lifecycle_controls). Stripe does not say who
    has canceled a card [?]; if there is a reason, such as lost, its controls did not end it.

    A shipment can be changed until the printer has it (docs.stripe.com/issuing/cards/physical/ship-cards).
    Whether one that failed or was returned can be changed is not documented [?]; it counts as shipped.
    """
    reason, controls = raw.get("cancellation_reason") or "", raw.get("lifecycle_controls") or {}
    is_spent = raw.get("status") == "canceled" and not reason and controls.get("cancel_after")
    shipment = (raw.get("shipping") or {}).get("status") or ""
    is_shipped = shipment not in ("", "pending")
    if not (reason or is_spent or shipment):
        return NO_FACTS
    return ObservedFacts(
        self_canceled="canceled by Stripe, as configured in lifecycle_controls" if is_spent else "",
        canceled_as=reason,
        frozen_fields=("shipping",) if is_shipped else (),
        shipment=shipment,
    )


FATES = {
    Fate.RECREATED: "the new card has a new number",
    Fate.REPLACED: "the new card has a new number; the old card is canceled as soon as the new one exists",
    Fate.RENEWED: "the new card keeps the number, with a new expiry date and CVC; the old card is canceled",
    Fate.ENDED_FIRST: "the old card is canceled first; the new card has a new number",
    Fate.DEACTIVATED: "all purchases are declined; the same card works again once it is back in the "
    "configuration",
    Fate.CANCELED: "all purchases are declined for good; back in the configuration, it will be a new card "
    "with a new number",
}


def consequences(fate: Fate, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the other effects: a new number, a shipment (docs.stripe.com/issuing/cards/replacements)."""
    if fate in FATES:
        yield FATES[fate]
    if fate.is_new and fields.get("type") == "physical":
        yield "a physical card is printed and shipped"


KIND = Kind(
    name="card",
    section="cards",
    service="issuing.cards",
    resource="issuing/cards",
    doc="A card, virtual or physical.",
    rank=1,
    object_name="issuing.card",
    created_event="issuing_card.created",
    updated_event="issuing_card.updated",
    id_prefix="ic_",
    role=Role.SPENDER,
    retirement=Retirement(
        deactivate={"status": "inactive"},
        cancel={"status": "canceled"},
        final_statuses=frozenset({"canceled"}),
        ends_by="lifecycle_controls.cancel_after.payment_count",
    ),
    spending=Spending(
        exposure=monthly_exposure,
        grant_fields=GRANT_FIELDS,
        granted=granted,
        grant_faults=grant_faults,
    ),
    replacement=Replacement(
        predecessor="replacement_for",
        reason="replacement_reason",
        ends_first=frozenset({"lost", "stolen"}),
        ends_as="cancellation_reason",
        shared_fields=("cardholder", "type", "currency"),
        replacement_error=replacement_error,
    ),
    outline=("cardholder", "type", "status", "spending_controls.spending_limits"),
    consequences=consequences,
    dashboard="issuing/cards",
    check=check,
    currency=currency,
    deferred_fields=deferred_fields,
    observe=observe,
    answered=(
        Field("cancellation_reason"),
        Field("shipping", Shape.HASH, fields=(Field("status"),)),
    ),
    fields=(
        Field(
            "cardholder",
            Shape.REF,
            doc="The cardholder: its name under `cardholders`, or the ich_ id of an unmanaged one.",
            required=True,
            refers_to="cardholders",
            on_change=OnChange.REPLACE,
            example="acme",
        ),
        Field(
            "currency",
            doc="The card's currency.",
            required=True,
            pattern="^[a-z]{3}$",
            pattern_says="a currency is three lowercase letters, such as usd",
            on_change=OnChange.REPLACE,
            example="usd",
        ),
        Field(
            "type",
            doc="Whether the card is virtual or physical.",
            required=True,
            choices=("virtual", "physical"),
            on_change=OnChange.REPLACE,
        ),
        Field(
            "status",
            doc="Whether the card can be used. Stripe's default is inactive.",
            choices=("active", "inactive"),
            default="inactive",
            direction=switching,
        ),
        spending_controls(),
        Field(
            "exp_month",
            Shape.INTEGER,
            exported=False,
            doc="Month of a custom expiry date, 1 to 12.",
            low=1,
            high=12,
            on_change=OnChange.REPLACE,
        ),
        Field(
            "exp_year",
            Shape.INTEGER,
            exported=False,
            doc="Year of a custom expiry date, four digits.",
            low=2000,
            high=2100,
            on_change=OnChange.REPLACE,
        ),
        Field(
            "lifecycle_controls",
            Shape.HASH,
            doc="When Stripe cancels the card automatically.",
            on_change=OnChange.REPLACE,
            fields=(
                Field(
                    "cancel_after",
                    Shape.HASH,
                    doc="Cancel the card after this much use.",
                    required=True,
                    fields=(
                        Field(
                            "payment_count",
                            Shape.INTEGER,
                            doc="The number of payments. Payments of zero do not count.",
                            required=True,
                            low=1,
                        ),
                    ),
                ),
            ),
        ),
        Field(
            "financial_account",
            doc="The financial account behind the card.",
            id_of="treasury/financial_accounts",
            clearable=False,
            example="fa_1Abc",
        ),
        Field(
            "personalization_design",
            Shape.REF,
            doc="The design of a physical card: its name under `personalization_designs`, or the ipcd_ id of "
            "an unmanaged one.",
            refers_to="personalization_designs",
            clearable=False,
            example="ipcd_1Abc",
        ),
        Field(
            "pin",
            Shape.HASH,
            doc="The card's PIN.",
            fields=(
                Field(
                    "encrypted_number",
                    doc="The PIN, encrypted for Stripe. Stripe never returns it.",
                    secret=True,
                    write_only=True,
                    clearable=False,
                ),
            ),
        ),
        Field(
            "second_line",
            doc="A second line to print on the card.",
            longest=24,
            on_change=OnChange.REPLACE,
            personal=True,
        ),
        Field(
            "replacement_for",
            exported=False,
            doc="The id of the card that this one replaces. `lifecycle.reissue` sets it automatically.",
            id_of="issuing/cards",
            on_change=OnChange.REPLACE,
            example="ic_1Abc",
        ),
        Field(
            "replacement_reason",
            exported=False,
            doc="Why that card is replaced. Only a physical card can be damaged.",
            choices=("damaged", "expired", "lost", "stolen"),
            on_change=OnChange.REPLACE,
        ),
        SHIPPING,
        Field("metadata", Shape.MAP, doc="Your own keys. Keys that begin with `provisioner_` are reserved."),
    ),
)
