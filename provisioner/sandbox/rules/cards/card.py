"""
Cards (docs.stripe.com/api/issuing/cards).

A canceled card stays canceled. The cardholder, currency, type, and expiry never change; the status, controls,
metadata, shipping, PIN, and the like can.
"""

import re
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, action, registered, resource_of
from provisioner.sandbox.rules.cards import controls, design, pan, replacement, shipping
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.common.programs import DEFAULT_LIMIT, program_of
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

_HOLDER = "issuing.cardholder"
_SECOND_LINE = 24
_HELD_BY = re.compile(r'"cardholder":"(ich_\w+)"')


def show(tx: Tx, stored: Json) -> Json:
    """Return a card in the form of responses: with its whole cardholder, without its number."""
    shown = without_private(tx, stored)
    shown["cardholder"] = resource_of(_HOLDER).shown(tx, stored["cardholder"])
    return shown


def texts(tx: Tx, bodies: list[str]) -> list[str] | None:
    """Return several cards in the form of responses; in stored cards, `cardholder` precedes user data."""
    ids = [_HELD_BY.search(body) for body in bodies]
    holders = tx.bodies(resource_of(_HOLDER), {found[1] for found in ids if found})
    return [
        body.replace(found[0], f'"cardholder":{holders[found[1]]}', 1) if found else body
        for body, found in zip(bodies, ids, strict=True)
    ]


def _unredacted(tx: Tx, shown: Json, name: str) -> Json:
    """Return the number and the CVC of a virtual card; physical cards have none (SDK, Card.number)."""
    return {name: tx.fetch(CARD, shown["id"])[f"_{name}"]} if shown["type"] == "virtual" else {}


CARD: Resource = registered(
    Resource(
        "issuing.card",
        "ic_",
        "issuing card",
        filters=(
            "cardholder",
            "exp_month",
            "exp_year",
            "last4",
            "personalization_design",
            "status",
            "type",
            "replacement_for",
        ),
        show=show,
        texts=texts,
        expandable={
            "personalization_design": ("issuing.personalization_design",),
            "replaced_by": ("issuing.card",),
            "replacement_for": ("issuing.card",),
        },
        embedded={"cardholder": "issuing.cardholder"},
        secret={
            "number": lambda tx, shown: _unredacted(tx, shown, "number"),
            "cvc": lambda tx, shown: _unredacted(tx, shown, "cvc"),
        },
        guarded=frozenset({"number", "cvc"}),
    )
)


def create(call: HandlerCall) -> Json:
    """Create a card; it is inactive by default."""
    tx, params = call.tx, call.params
    if "cardholder" not in params:
        raise invalid("Missing required param: cardholder.", "cardholder", "parameter_missing")
    holder = tx.fetch(resource_of(_HOLDER), params["cardholder"], "cardholder")
    own = program_of(tx).currency
    if params["currency"].lower() != own:
        raise invalid(f"This account issues cards in {own}, not in {params['currency']}.", "currency")
    if len(params.get("second_line", "")) > _SECOND_LINE:
        raise invalid(f"The second line can be at most {_SECOND_LINE} characters long.", "second_line")
    after = params.get("lifecycle_controls", {}).get("cancel_after", {})
    if after.get("payment_count", 1) < 1:
        param = "lifecycle_controls[cancel_after][payment_count]"
        raise invalid("Invalid positive integer", param, "parameter_invalid_integer")
    if program_of(tx).card_needs_phone and not holder["phone_number"]:
        raise invalid(
            f"You cannot create a card without a phone number of cardholder {holder['id']}.",
            code="cardholder_phone_number_required",
        )
    replaced = replacement.replaced(tx, CARD, params)
    looks = design.for_card(tx, params, new=True)
    card = _begun(tx, params, pan.number(replaced), looks)
    card |= {"wallets": pan.wallets(tx, holder), **_funded(tx, params)}
    card |= _controlled(tx, {**card, "spending_controls": controls.empty(None)}, params, new=True)
    card["spending_controls"]["spending_limits_currency"] = card["currency"]
    if params.get("status") == "active":
        if card["type"] == "physical":
            raise invalid(
                "A physical card cannot be created active; activate it once it has arrived.", "status"
            )
        card = activated(tx, card)
    shown = keep(tx, CARD, card, "issuing_card.created")
    replacement.point_from(tx, CARD, replaced, card)
    return shown


def _begun(tx: Tx, params: Mapping[str, Any], number: str, looks: Json | None) -> Json:
    month, year = pan.expiry(tx, params)
    return {
        "id": new_id(CARD.prefix),
        "object": "issuing.card",
        "brand": "Visa",
        "cancellation_reason": None,
        "cardholder": params["cardholder"],
        "created": tx.now,
        "currency": params["currency"].lower(),
        "exp_month": month,
        "exp_year": year,
        "last4": number[-4:],
        "latest_fraud_warning": None,
        "lifecycle_controls": params.get("lifecycle_controls"),
        "livemode": False,
        "metadata": merged({}, params),
        "personalization_design": looks["id"] if looks else None,
        "replaced_by": None,
        "replacement_for": params.get("replacement_for"),
        "replacement_reason": params.get("replacement_reason"),
        "second_line": params.get("second_line") or None,
        "shipping": shipping.begun(params),
        "status": "inactive",
        "type": params["type"],
        "_number": number,
        "_cvc": pan.cvc(),
    }


def update(call: HandlerCall) -> Json:
    """Update a card's status, controls, metadata, or shipping."""
    tx, params = call.tx, call.params
    card = tx.fetch(CARD, call.id)
    if card["status"] == "canceled":
        raise invalid(f"Card {call.id} is canceled, which is final; it can no longer be updated.")
    card |= _funded(tx, params)
    card["metadata"] = merged(card["metadata"], params)
    card |= _controlled(tx, card, params, new=False)
    if "shipping" in params:
        card["shipping"] = shipping.changed(card, params["shipping"])
    if "personalization_design" in params:
        looks = design.for_card(
            tx, {**params, "type": card["type"], "second_line": card["second_line"]}, new=False
        )
        shipping.require_pending(card["shipping"], "personalization_design")
        card["personalization_design"] = looks["id"] if looks else None
    status = params.get("status", card["status"])
    if params.get("status") == "active":
        card.pop("_pin_blocked", None)
    if "cancellation_reason" in params and status != "canceled":
        raise invalid("A cancellation reason needs status=canceled.", "cancellation_reason")
    if status == "active" and card["status"] != "active":
        card = activated(tx, card)
    elif status == "canceled":
        card = canceled(card, params.get("cancellation_reason"))
    else:
        card["status"] = status
    return save(tx, CARD, card, "issuing_card.updated")


def activated(tx: Tx, card: Json) -> Json:
    """
    Return the card with the status active, and cancel the damaged or expired card that it replaces.

    Raises ApiError while the cardholder has requirements past due.
    """
    if tx.fetch(resource_of(_HOLDER), card["cardholder"])["requirements"]["disabled_reason"]:
        raise invalid(
            f"The card cannot be activated: cardholder {card['cardholder']} has outstanding requirements.",
            "status",
        )
    if card["replacement_reason"] in {"damaged", "expired"}:
        old = tx.get(CARD, card["replacement_for"])
        if old is not None and old["status"] != "canceled":
            save(tx, CARD, canceled(old, None), "issuing_card.updated")
    return {**card, "status": "active"}


def canceled(card: Json, reason: str | None) -> Json:
    """Return the card with the status canceled; a shipment that has not left is canceled, too."""
    return {
        **card,
        "status": "canceled",
        "cancellation_reason": reason,
        "shipping": shipping.canceled(card["shipping"]),
    }


@action("card.design_rejected")
def design_rejected(tx: Tx, design_id: str) -> None:
    """Cancel the cards, in all accounts, with a rejected design that were not submitted to the printer."""
    having = tx.db.execute(
        "SELECT DISTINCT account FROM lookup WHERE kind='issuing.card' AND field='personalization_design' "
        "AND value=?",
        (design_id,),
    ).fetchall()
    for (account,) in having:
        there = Tx(tx.db, account, tx.now, tx.origin)
        for card in there.find(CARD, "personalization_design", design_id):
            if card["status"] != "canceled" and card["shipping"]["status"] == "pending":
                save(there, CARD, canceled(card, "design_rejected"), "issuing_card.updated")


@action("card.paid")
def paid(tx: Tx, card_id: str) -> None:
    """
    Count one payment (a non-zero authorization or a forced capture); the last allowed one cancels the card.

    docs.stripe.com/issuing/controls/lifecycle-controls
    """
    card = tx.fetch(CARD, card_id)
    after = (card["lifecycle_controls"] or {}).get("cancel_after")
    if after is None or card["status"] == "canceled":
        return
    card["_payments"] = card.get("_payments", 0) + 1
    tx.put(CARD, card)
    if card["_payments"] >= after["payment_count"]:
        save(tx, CARD, canceled(card, None), "issuing_card.updated")


def _controlled(tx: Tx, card: Json, params: Mapping[str, Any], *, new: bool) -> Json:
    """Return the card's controls after a request, with Stripe's default limit if there is no other."""
    given = params.get("spending_controls", {})
    whole = bool(given) and not new and not unknowns.on(tx, "controls_merge")
    before = card["spending_controls"]
    if whole:
        before = {**controls.empty(None), "spending_limits_currency": card["currency"]}
    after = controls.merged(before, given, None)
    if given.get("spending_limits"):
        return {"spending_controls": after, "_default_limit": False}
    if not (new or whole or "spending_limits" in given):
        return {"spending_controls": after, "_default_limit": card["_default_limit"]}
    defaulted = new or unknowns.on(tx, "clearing_restores_default_limit")
    if defaulted and unknowns.on(tx, "default_limit_shown"):
        after["spending_limits"] = [DEFAULT_LIMIT]
    return {"spending_controls": after, "_default_limit": defaulted}


def _funded(tx: Tx, params: Mapping[str, Any]) -> Json:
    """Return the financial account of a request; raises ApiError if cards cannot spend from it."""
    param = "financial_account"
    if param not in params:
        return {}
    account = resource_of("treasury.financial_account").show(
        tx, tx.fetch(resource_of("treasury.financial_account"), params[param], param)
    )
    if account["status"] != "open" or "card_issuing" not in account["active_features"]:
        raise invalid(
            f"Financial account {account['id']} does not have the feature card_issuing active.", param
        )
    return {param: account["id"]}


_URL = "/v1/issuing/cards"
_SCOPE = "issuing_card"
ROUTES = (
    Route("POST", _URL, create, "issuing.CardCreateParams", _SCOPE, CARD),
    Route("GET", _URL, listed(CARD, _URL), "issuing.CardListParams", _SCOPE, CARD),
    Route("GET", _URL + "/{id}", retrieve(CARD), "issuing.CardRetrieveParams", _SCOPE, CARD),
    Route("POST", _URL + "/{id}", update, "issuing.CardUpdateParams", _SCOPE, CARD),
)
