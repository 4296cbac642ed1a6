"""What the kinds say of Stripe, held against the SDK's own types: the oracle that is not of our making."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import pytest
import stripe
from stripe import RequestOptions
from stripe import params as sdk

from provisioner.core.schema.field import Field, OnChange, Shape
from provisioner.core.schema.kind import Kind
from provisioner.kinds import (
    KINDS,
    balance_target,
    card,
    cardholder,
    personalization_design,
    webhook_endpoint,
)
from provisioner.kinds.categories import CATEGORIES
from provisioner.stripe_api.client import API_VERSION

if stripe.api_version < API_VERSION:
    pytest.skip("this SDK knows an older version of Stripe's API", allow_module_level=True)

OURS = [
    (cardholder.KIND, sdk.issuing.CardholderCreateParams, sdk.issuing.CardholderUpdateParams),
    (card.KIND, sdk.issuing.CardCreateParams, sdk.issuing.CardUpdateParams),
    (balance_target.KIND, sdk.TopupCreateParams, sdk.TopupModifyParams),
    (
        personalization_design.KIND,
        sdk.issuing.PersonalizationDesignCreateParams,
        sdk.issuing.PersonalizationDesignUpdateParams,
    ),
    (webhook_endpoint.KIND, sdk.WebhookEndpointCreateParams, sdk.WebhookEndpointUpdateParams),
]
LISTS = {
    "personalization design": sdk.issuing.PersonalizationDesignListParams,
    "cardholder": sdk.issuing.CardholderListParams,
    "card": sdk.issuing.CardListParams,
    "balance target": sdk.TopupListParams,
    "webhook endpoint": sdk.WebhookEndpointListParams,
}
OBJECTS = [each for each in OURS if each[0].is_owned]
STRIPES = (
    stripe.issuing.Card,
    stripe.issuing.Cardholder,
    stripe.issuing.PersonalizationDesign,
    stripe.Topup,
    stripe.WebhookEndpoint,
)
OF_REQUESTS = {"expand", *RequestOptions.__annotations__}
# Set by the tool itself.
OURS_ALONE = {"amount", "currency"}
# What to pull by is an account's matter; the SDK lists it, no guide of Issuing's uses it.
NOT_OFFERED = {"payment_method_options"}
# `canceled` ends a card, which `on_remove` and `retire` do; never a state to declare. Its reason likewise.
ENDS = {"canceled"}
ONLY_TO_END = {"cancellation_reason"}
# The looks of a design can be updated once its review has rejected them; a design that was approved stays.
ONLY_AFTER_A_REJECTION = {"card_logo", "carrier_text", "physical_bundle"}
# SDK: "provide an empty value to unset" for some of these; the types do not allow "", Stripe does (the
# encoder drops []), docs.stripe.com/issuing/controls/spending-controls.
CLEARED_ALL_THE_SAME = "spending_controls."
# Stripe shows locales that the SDK's list does not have; ours is open.
MORE_THAN_THE_SDK = {"preferred_locales": {"da", "pl", "sv"}}

by_kind = pytest.mark.parametrize(
    ("kind", "create", "update"), OURS, ids=lambda item: getattr(item, "name", "")
)
by_object = pytest.mark.parametrize(
    ("kind", "create", "update"), OBJECTS, ids=lambda item: getattr(item, "name", "")
)


@cache
def hints(typed: Any) -> dict[str, Any]:
    return get_type_hints(typed, localns={"StripeContext": Any, "Mapping": Mapping})


def inner(annotation: Any) -> Iterator[Any]:
    """All that a type is made of, below NotRequired, unions and lists."""
    yield annotation
    for part in get_args(annotation):
        if not isinstance(part, str):
            yield from inner(part)


def shape_below(annotation: Any) -> Any | None:
    return next((part for part in inner(annotation) if is_typeddict(part)), None)


def choices(annotation: Any) -> set[str]:
    return {word for part in inner(annotation) if get_origin(part) is Literal for word in get_args(part)}


def pairs(fields: tuple[Field, ...], typed: Any, prefix: str = "") -> Iterator[tuple[str, Field, Any]]:
    """Each field with the SDK's type of it, where the SDK has it."""
    known = hints(typed)
    for field in fields:
        if field.name not in known:
            continue
        yield prefix + field.name, field, known[field.name]
        below = shape_below(known[field.name])
        if below is not None and field.fields:
            yield from pairs(field.fields, below, f"{prefix}{field.name}.")


def test_every_kind_is_held_against_the_sdk() -> None:
    assert {kind.name for kind, _, _ in OURS} == {kind.name for kind in KINDS}


@by_kind
def test_every_parameter_of_stripes_is_a_field(kind: Kind, create: Any, update: Any) -> None:
    names = {field.name for field in (*kind.fields, *kind.unreturned)}
    offered = (hints(create).keys() | hints(update).keys()) - OF_REQUESTS - ONLY_TO_END - NOT_OFFERED
    if not kind.is_owned:
        offered -= OURS_ALONE
        names -= {"target", "top_up_below", "min_top_up", "max_top_up"}

    assert names == offered


@by_object
def test_every_nested_parameter_is_a_field(kind: Kind, create: Any, update: Any) -> None:
    for typed in (create, update):
        for path, field, annotation in pairs(kind.fields, typed):
            below = shape_below(annotation)
            if below is not None:
                assert {sub.name for sub in field.fields} == hints(below).keys(), path


@by_object
def test_what_changes_in_place_is_what_an_update_takes(kind: Kind, create: Any, update: Any) -> None:
    in_place = {field.name for field in kind.fields if field.on_change is OnChange.UPDATE}

    of_creation = {field.name for field in kind.unreturned}
    in_update = hints(update).keys() - OF_REQUESTS - ONLY_TO_END - of_creation
    assert in_place == in_update - (
        ONLY_AFTER_A_REJECTION if kind.name == "personalization design" else set()
    )
    assert {f.name for f in kind.fields} - in_place <= hints(create).keys()


@by_object
def test_what_is_required_is_what_a_creation_requires(kind: Kind, create: Any, update: Any) -> None:
    del update
    required = set(create.__required_keys__ - OF_REQUESTS)
    ours = {field.name for field in kind.fields if field.required}
    # the SDK has it optional for programmes that need none; a card without a holder cannot be declared here
    assert ours - {"cardholder"} == required


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_lists_are_limited_by_time_where_the_sdk_can(kind: Kind) -> None:
    assert kind.lists_by_time == ("created" in hints(LISTS[kind.name]))


@by_object
def test_choices_are_the_sdks(kind: Kind, create: Any, update: Any) -> None:
    for typed in (create, update):
        for path, field, annotation in pairs(kind.fields, typed):
            if field.shape in (Shape.HASH, Shape.TABLE, Shape.MAP):
                continue
            theirs = choices(annotation) - {""} - ENDS
            if theirs:
                assert set(field.choices) - MORE_THAN_THE_SDK.get(path, set()) == theirs, path
            elif path != "spending_controls.spending_limits_currency":
                assert not field.choices, path


@by_object
def test_what_can_be_cleared_is_what_the_sdk_takes_an_empty_value_for(
    kind: Kind, create: Any, update: Any
) -> None:
    del create
    for path, field, annotation in pairs(kind.fields, update):
        if field.fields or field.required or field.default is not None or field.shape is Shape.MAP:
            continue
        around = kind.field(path.partition(".")[0])
        by_leaving_out = around.sent_whole or path.startswith("billing.address.")
        typed = "" in choices(annotation)
        if not by_leaving_out and not path.startswith(CLEARED_ALL_THE_SAME):
            assert field.clearable == typed, path


@by_object
def test_shapes_are_the_sdks(kind: Kind, create: Any, update: Any) -> None:
    for typed in (create, update):
        for path, field, annotation in pairs(kind.fields, typed):
            parts = list(inner(annotation))
            is_list = any(get_origin(part) is list for part in parts)
            assert is_list == (field.shape in (Shape.SET, Shape.LIST, Shape.TABLE)), path
            if field.shape in (Shape.INTEGER, Shape.AMOUNT):
                assert int in parts, path
            if field.shape is Shape.BOOLEAN:
                assert bool in parts, path


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_call_resolves_on_the_sdks_client(kind: Kind) -> None:
    service: Any = stripe.StripeClient("sk_test_x").v1
    for name in kind.service.split("."):
        service = getattr(service, name)
    for verb in ("create", "update", "list") if kind.is_owned else ("create", "cancel", "list"):
        assert callable(getattr(service, verb))
    assert kind.resource == kind.service.replace(".", "/")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_its_objects_and_events_are_called_as_the_sdk_calls_them(kind: Kind) -> None:
    names = {each.OBJECT_NAME for each in STRIPES}
    events = choices(hints(sdk.WebhookEndpointCreateParams)["enabled_events"])

    assert kind.object_name in names
    assert {kind.created_event, kind.updated_event} - {""} <= events


def test_destination_balance_is_still_unknown_to_the_sdk() -> None:
    """When it is typed, the top-up's own check of the answer may be thought over."""
    assert "destination_balance" not in hints(sdk.TopupCreateParams)


def test_there_are_295_categories_and_none_twice() -> None:
    assert len(CATEGORIES) == len(set(CATEGORIES)) == 295


def test_the_version_that_is_asked_for_is_the_one_that_the_kinds_are_held_against():
    assert stripe.api_version == API_VERSION
