"""
Cardholders: the people and companies that cards are issued to.

Stripe cannot delete them; a retired one is `inactive` (SDK: issuing/_cardholder_service.py).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from provisioner.core.model.currencies import country_of
from provisioner.core.model.requirements import MissingRequirements, Outstanding
from provisioner.core.model.resource import NO_FACTS, ObservedFacts
from provisioner.core.schema.field import Field, OnChange, Shape
from provisioner.core.schema.kind import Fate, FieldFault, Kind, Retirement, Role
from provisioner.core.schema.normal_form import at
from provisioner.kinds.postal import address, personal
from provisioner.kinds.spending_controls import (
    CURRENCY,
    exclusive,
    monthly_pool,
    spending_controls,
    switching,
)

# The pattern lists forbidden characters, because letters of any script are allowed. Stripe's sources disagree
# about companies: one has "cannot contain any special characters or numbers" (SDK:
# params/issuing/_cardholder_create_params.py), another letters, digits and / - & : ( ) . '
PRINTED_NAME = r"^[^\x00-\x1f\x21-\x25\x2a\x2b\x3b-\x40\x5b-\x60\x7b-\x7f]+$"
SIGNS = re.compile(r"[\d&()/:]")
PRINTED_NAME_SAYS = "a printed name is letters, spaces, and . , ' - only"
EMAIL = r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$"
PERSON_NAME = r"^[A-Za-zÀ-ÖØ-öø-ɏ.,' \-]+$"
PERSON_NAME_SAYS = "only Latin letters, spaces, and . , - ' (no digits)"


LONGEST_COUNTRY_CODE = 3


def same_phone(declared: str, live: str) -> bool:
    """
    Return true if both are the same number: Stripe returns E.164, with a country code that may have been
    omitted.
    """
    wanted, had = _digits(declared), _digits(live)
    if declared.strip().startswith(("+", "00")):
        return wanted.removeprefix("00") == had
    return had.endswith(wanted.lstrip("0")) and len(had) - len(wanted.lstrip("0")) <= LONGEST_COUNTRY_CODE


def _digits(phone: str) -> str:
    return "".join(character for character in phone if character.isdigit())


DOB = Field(
    "dob",
    Shape.HASH,
    doc="Date of birth. Cardholders must be older than 13.",
    sent_whole=True,
    fields=(
        Field("day", Shape.INTEGER, doc="1 to 31.", required=True, low=1, high=31, personal=True),
        Field("month", Shape.INTEGER, doc="1 to 12.", required=True, low=1, high=12, personal=True),
        Field("year", Shape.INTEGER, doc="Four digits.", required=True, low=1900, high=2100, personal=True),
    ),
)

TERMS = Field(
    "user_terms_acceptance",
    Shape.HASH,
    doc="When and from where the person accepted the Authorized User Terms. Record only a real acceptance.",
    fields=(
        Field("date", Shape.INTEGER, doc="Unix time in seconds.", low=0, personal=True, clearable=False),
        personal("ip", "The IP address.", clearable=False),
        personal("user_agent", "The browser's user agent."),
    ),
)

DOCUMENT = Field(
    "document",
    Shape.HASH,
    doc="A passport or identity card, uploaded with the purpose `identity_document`.",
    fields=(
        Field("front", doc="File id of the front.", secret=True, clearable=False, example="file_1Abc"),
        Field("back", doc="File id of the back.", secret=True, clearable=False, example="file_1Abc"),
    ),
)

INDIVIDUAL = Field(
    "individual",
    Shape.HASH,
    doc="Details of an `individual`. US programs need them before cards can be activated.",
    fields=(
        personal(
            "first_name", "First name.", pattern=PERSON_NAME, pattern_says=PERSON_NAME_SAYS, clearable=False
        ),
        personal(
            "last_name", "Last name.", pattern=PERSON_NAME, pattern_says=PERSON_NAME_SAYS, clearable=False
        ),
        DOB,
        Field("card_issuing", Shape.HASH, doc="Information for the card program.", fields=(TERMS,)),
        Field("verification", Shape.HASH, doc="Identity documents.", fields=(DOCUMENT,)),
    ),
)


def check(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield faults for combinations of fields that Stripe would reject."""
    yield from exclusive(fields)
    if fields.get("type", "individual") == "individual" and _has_signs(fields):
        yield FieldFault(("name",), f"'name': {PRINTED_NAME_SAYS} when type is individual")
    if fields.get("type") == "company" and "individual" in fields:
        yield FieldFault(("individual",), "'individual' is only for type individual; use 'company'")
    individual = fields.get("individual")
    born = individual.get("dob") if isinstance(individual, Mapping) else None
    parts = [born.get(part, 0) for part in ("year", "month", "day")] if isinstance(born, Mapping) else []
    if parts and all(isinstance(part, int) and part for part in parts):
        try:
            date(int(parts[0]), int(parts[1]), int(parts[2]))
        except ValueError:
            yield FieldFault(("individual", "dob"), "this date does not exist")
    if fields.get("type", "individual") == "individual" and "company" in fields:
        yield FieldFault(("company",), "'company' is only for type company; use 'individual'")


def doubts(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield a fault for a company name that one of Stripe's sources allows and another does not."""
    if fields.get("type") == "company" and _has_signs(fields):
        text = "'name': Stripe may reject digits and & ( ) / : in a printed name; its sources disagree"
        yield FieldFault(("name",), text)


def _has_signs(fields: Mapping[str, Any]) -> bool:
    return SIGNS.search(fields.get("name", "")) is not None


def currency(_address: object, fields: Mapping[str, Any]) -> str | None:
    """Return the currency of the cardholder's limits, if it is configured."""
    controls = fields.get("spending_controls")
    named = controls.get("spending_limits_currency") if isinstance(controls, Mapping) else None
    return named if isinstance(named, str) else None


MEANS = "its cards cannot be activated, and their purchases are declined"
NAMES = ("individual.first_name", "individual.last_name")
ACCEPTANCE = tuple(f"individual.card_issuing.user_terms_acceptance.{part}" for part in ("date", "ip"))


def missing_requirements(fields: Mapping[str, Any], country: str) -> MissingRequirements:
    """
    Return what Stripe will require before a card of a cardholder can be active.

    It requires an individual's names (SDK: params/issuing/_cardholder_create_params.py), and what the country
    requires; whether it also requires a date of birth is not documented [?].
    """
    country = country or str(at(fields, "billing.address.country") or "")
    person = fields.get("type", "individual") == "individual"
    wanted = [*NAMES, *(ACCEPTANCE if country_of(country).asks_acceptance else ())] if person else []
    wanted += ["phone_number"] if country and country_of(country).asks_phone else []
    perhaps = ["individual.dob"] if person else []
    missing, maybe = ([path for path in paths if at(fields, path) is None] for paths in (wanted, perhaps))
    return MissingRequirements(missing, maybe, MEANS)


def identities(fields: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """
    Yield the values that two cardholders for the same person or company have in common.

    A name alone is not enough: people may have the same name, and so may departments of one company. A
    company's email address is not enough either, but two people hardly ever share one.
    """
    name = " ".join(str(fields.get("name", "")).casefold().split())
    email, phone = str(fields.get("email", "")).casefold(), _digits(str(fields.get("phone_number", "")))
    if name and email:
        yield "name and e-mail address", name, email
    if name and phone:
        yield "name and phone number", name, phone.lstrip("0")
    if email and fields.get("type", "individual") == "individual":
        yield "e-mail address", email


def observe(raw: Mapping[str, Any]) -> ObservedFacts:
    """
    Return Stripe's requirements for a cardholder, or why Stripe restricts it (SDK:
    issuing/_cardholder.py).
    """
    wanted = raw.get("requirements")
    if not wanted or not (wanted.get("past_due") or wanted.get("disabled_reason")):
        return NO_FACTS
    missing, reason = tuple(wanted.get("past_due") or ()), wanted.get("disabled_reason") or ""
    return ObservedFacts(outstanding=Outstanding(missing, reason, MEANS))


def consequences(fate: Fate, _fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the other effects of replacing or deactivating a cardholder."""
    if fate is Fate.REPLACED:
        yield "the old cardholder is deactivated as soon as its cards are replaced"
    if fate is Fate.DEACTIVATED:
        yield "all purchases with its cards are declined; it works again once it is back in the configuration"


KIND = Kind(
    name="cardholder",
    section="cardholders",
    service="issuing.cardholders",
    resource="issuing/cardholders",
    doc="A person or company that holds cards.",
    rank=0,
    object_name="issuing.cardholder",
    created_event="issuing_cardholder.created",
    updated_event="issuing_cardholder.updated",
    id_prefix="ich_",
    role=Role.HOLDER,
    retirement=Retirement(deactivate={"status": "inactive"}),
    outline=("type", "status", "spending_controls.spending_limits"),
    consequences=consequences,
    dashboard="issuing/cardholders",
    check=check,
    doubts=doubts,
    currency=currency,
    pool=monthly_pool,
    observe=observe,
    identities=identities,
    missing_requirements=missing_requirements,
    answered=(
        Field("requirements", Shape.HASH, fields=(Field("past_due", Shape.LIST), Field("disabled_reason"))),
    ),
    fields=(
        Field(
            "name",
            doc="The name printed on the cards: up to 24 characters; no digits or & ( ) / : for a person.",
            required=True,
            longest=24,
            pattern=PRINTED_NAME,
            pattern_says="a printed name is letters, digits, spaces, and / - & : ( ) . , ' only",
            on_change=OnChange.REPLACE,
            personal=True,
            example="Acme Inc",
        ),
        Field(
            "type",
            doc="Whether the cardholder is a person or a company.",
            choices=("individual", "company"),
            default="individual",
            on_change=OnChange.REPLACE,
        ),
        Field(
            "status",
            doc="Whether the cardholder's cards can be used at all.",
            choices=("active", "inactive"),
            default="active",
            stripe_only_values=("blocked",),
            direction=switching,
        ),
        personal(
            "email",
            "E-mail address.",
            pattern=EMAIL,
            pattern_says="an e-mail address",
            clearable=False,
        ),
        personal(
            "phone_number",
            "Phone number with its country code, such as +18008675309. Required for cards in the EU.",
            pattern=r"^\+?[\d ().\-]{8,}$",
            pattern_says='a phone number in quotes, such as "+18008675309"',
            clearable=False,
            equivalent=same_phone,
        ),
        Field(
            "billing",
            Shape.HASH,
            doc="Where the cardholder is billed.",
            required=True,
            fields=(address("The billing address."),),
        ),
        Field(
            "company",
            Shape.HASH,
            doc="Details of a `company`.",
            fields=(
                Field(
                    "tax_id",
                    doc="The business's tax number. Stripe never returns it.",
                    secret=True,
                    write_only=True,
                    clearable=False,
                ),
            ),
        ),
        INDIVIDUAL,
        Field(
            "preferred_locales",
            Shape.LIST,
            clearable=False,
            doc="Languages for 3D Secure and one-time passwords, the preferred one first.",
            choices=("de", "en", "es", "fr", "it", "da", "pl", "sv"),
            open_choices=True,
        ),
        spending_controls(CURRENCY),
        Field("metadata", Shape.MAP, doc="Your own keys. Keys that begin with `provisioner_` are reserved."),
    ),
)
