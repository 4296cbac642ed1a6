"""Requests of an authorization, the first or an incremental one, and the effect of decisions."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common import currencies, ledger, treasury_ledger, unknowns
from provisioner.sandbox.rules.purchases import merchant, purchase_details
from provisioner.sandbox.rules.purchases.decide import Judgement
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx, new_digits, new_id

Json = dict[str, Any]

_PRESENT = ("chip", "contactless", "swipe")
# docs.stripe.com/issuing/purchases/authorizations, fuel dispensers: a request for 1 USD holds 100 USD.
_FUEL_CHECK = 100
_FUEL_HOLD = 10_000
_CHECKS = ("address_line1_check", "address_postal_code_check", "cvc_check", "expiry_check")


def begun(tx: Tx, card: Json, params: Mapping[str, Any]) -> Json:
    """
    Return a new authorization (stored form) with a pending request and nothing held.

    `_held` is the amount that is held, `_captured` the amount that was captured. Raises ApiError for invalid
    amounts and currencies.
    """
    amount, merchant_amount, merchant_currency = _amounts(params, card["currency"])
    told = _told(params)
    if _is_fuel_check(params, amount, told["merchant_data"]) and card["currency"] == "usd":
        amount = _FUEL_HOLD if unknowns.on(tx, "fuel_check_holds_default") else amount
    return {
        "id": new_id(AUTHORIZATION.prefix),
        "object": "issuing.authorization",
        "amount": 0,
        "approved": False,
        "balance_transactions": [],
        "card": card["id"],
        "cardholder": card["cardholder"],
        "created": tx.now,
        "currency": card["currency"],
        "livemode": False,
        "merchant_amount": 0,
        "merchant_currency": merchant_currency,
        "metadata": {},
        "pending_request": requested(params, amount, card["currency"], merchant_amount, merchant_currency),
        "request_history": [],
        "status": "pending",
        "token": _token(tx, card["id"], params.get("wallet")),
        "transactions": [],
        "verified_by_fraud_challenge": None,
        "_captured": 0,
        "_financial_account": card.get("financial_account"),
        "_counted": False,
        "_fraud_challenges": None,
        "_fraud_risk": params.get("risk_assessment", {}).get("fraud_risk", {}).get("level"),
        "_held": 0,
        **told,
    }


def _is_fuel_check(params: Mapping[str, Any], amount: int, merchant_data: Json) -> bool:
    """Return True for the request of 1 USD that a fuel dispenser sends before the fuel flows."""
    return (
        amount == _FUEL_CHECK
        and "merchant_amount" not in params
        and merchant_data["category"] == "automated_fuel_dispensers"
        and merchant_data["country"] == "US"
    )


def requested(
    params: Mapping[str, Any], amount: int, currency: str, merchant_amount: int, merchant_currency: str
) -> Json:
    """Return a pending request."""
    return {
        "amount": amount,
        "amount_details": _details(params),
        "currency": currency,
        "is_amount_controllable": params.get("is_amount_controllable", False),
        "merchant_amount": merchant_amount,
        "merchant_currency": merchant_currency,
        "network_risk_score": None,
    }


def _told(params: Mapping[str, Any]) -> Json:
    """Return the data of the merchant and the card network for a purchase."""
    method = params.get("authorization_method", "online")
    checks = params.get("verification_data", {})
    return {
        "amount_details": _details(params),
        "authorization_method": method,
        "card_presence": "present" if method in _PRESENT else "not_present",
        "fleet": purchase_details.fleet(params.get("fleet")),
        "fuel": purchase_details.fuel(params.get("fuel")),
        "merchant_data": merchant.described(params),
        "network_data": {
            "acquiring_institution_id": params.get("network_data", {}).get("acquiring_institution_id"),
            "system_trace_audit_number": new_digits(6),
            "transaction_id": network_id(),
        },
        "verification_data": {
            **{name: checks.get(name, "not_provided") for name in _CHECKS},
            "authentication_exemption": checks.get("authentication_exemption"),
            "postal_code": None,
            "three_d_secure": checks.get("three_d_secure"),
        },
        "wallet": params.get("wallet"),
    }


def network_id() -> str:
    """Return the card network's identifier of a new authorization: 15 digits."""
    return new_digits(15)


def answered(tx: Tx, authorization: Json, verdict: Judgement) -> Json:
    """
    Return the authorization after the decision about its pending request; an approved amount is held.

    A declined first request closes the authorization; a declined increment does not change it.
    """
    pending = authorization["pending_request"]
    asked = pending["amount"]
    amount = asked if verdict.amount is None else verdict.amount
    after = {
        **authorization,
        "metadata": {**authorization["metadata"], **verdict.metadata},
        "pending_request": None,
        "request_history": [
            *authorization["request_history"],
            {
                "amount": amount,
                "amount_details": pending["amount_details"],
                "approved": verdict.approved,
                "authorization_code": f"S{new_digits(6)}" if verdict.approved else None,
                "created": tx.now,
                "currency": pending["currency"],
                "merchant_amount": pending["merchant_amount"],
                "merchant_currency": pending["merchant_currency"],
                "network_risk_score": pending["network_risk_score"],
                "reason": verdict.reason,
                "reason_message": verdict.message,
                "requested_at": tx.now,
            },
        ],
    }
    if verdict.approved:
        after = held(tx, {**after, "approved": True}, amount)
        after["amount"] += amount
        after["merchant_amount"] += pending["merchant_amount"] * amount // asked if asked else 0
    elif not authorization["approved"]:
        after |= {"amount": asked, "merchant_amount": pending["merchant_amount"], "status": "closed"}
    return after


def held(tx: Tx, authorization: Json, amount: int) -> Json:
    """Hold more of the Issuing balance, and return the authorization."""
    return _moved(tx, authorization, -amount, "issuing_authorization_hold", "Hold for authorization")


def released(tx: Tx, authorization: Json, amount: int) -> Json:
    """Hold less of the Issuing balance, and return the authorization."""
    return _moved(tx, authorization, amount, "issuing_authorization_release", "Release for authorization")


def merchant_share(authorization: Json, amount: int) -> int:
    """Convert an amount of an authorization to the merchant's currency, at the rate of its first request."""
    first = authorization["request_history"][0]
    if authorization["currency"] == authorization["merchant_currency"] or not first["amount"]:
        return amount
    share: int = round(amount * first["merchant_amount"] / first["amount"])
    return share


def _amounts(params: Mapping[str, Any], currency: str) -> tuple[int, int, str]:
    """Return the amount in the card's currency and in the merchant's, and the merchant's currency."""
    if params.get("currency", currency).lower() != currency:
        raise invalid(f"The currency of an authorization must be its card's, {currency}.", "currency")
    theirs = currencies.currency(params.get("merchant_currency", currency), "merchant_currency")
    if "amount" not in params and "merchant_amount" not in params:
        raise invalid("Missing required param: amount.", "amount", "parameter_missing")
    for name in ("amount", "merchant_amount"):
        if params.get(name, 0) < 0:
            raise invalid("Invalid non-negative integer", name, "parameter_invalid_integer")
    if "amount" not in params:
        asked = params["merchant_amount"]
        return currencies.converted(asked, theirs, currency), asked, theirs
    amount = params["amount"]
    return amount, params.get("merchant_amount", currencies.converted(amount, currency, theirs)), theirs


def _token(tx: Tx, card_id: str, wallet: str | None) -> str | None:
    """Return the token of a card in a wallet, an active one if there is one; None without a token."""
    tokens = tx.find(resource_of("issuing.token"), "card", card_id) if wallet else ()
    found = [one for one in tokens if one["wallet_provider"] == wallet]
    found.sort(key=lambda one: one["status"] != "active")
    return str(found[0]["id"]) if found else None


def _details(params: Mapping[str, Any]) -> Json:
    given = params.get("amount_details", {})
    return {"atm_fee": given.get("atm_fee"), "cashback_amount": given.get("cashback_amount")}


def _moved(tx: Tx, authorization: Json, amount: int, kind: str, description: str) -> Json:
    if amount == 0:
        return authorization
    currency, own = authorization["currency"], authorization["id"]
    after = {**authorization, "_held": authorization["_held"] - amount}
    if (account := authorization["_financial_account"]) is not None:
        return {**after, "_treasury_transaction": treasury_ledger.hold(tx, account, authorization, amount)}
    entry = ledger.book(tx, "issuing", amount, currency, kind, own, description)
    return {
        **after,
        "balance_transactions": [*authorization["balance_transactions"], entry["id"]],
    }
