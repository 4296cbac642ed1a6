"""
Test helpers for authorizations: capture, expire, reverse, increment, and finalize.

docs.stripe.com/issuing/testing, docs.stripe.com/issuing/purchases/transactions
"""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, action, run_action
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.purchases import purchase_details
from provisioner.sandbox.rules.purchases.authorization_realtime import by_webhook, settled
from provisioner.sandbox.rules.purchases.authorization_request import (
    held,
    merchant_share,
    released,
    requested,
)
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, EXPIRY
from provisioner.sandbox.rules.purchases.transaction import network_data, record
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]


def capture(call: HandlerCall) -> Json:
    """
    Capture the amount that is held, a part of it, or more.

    Nothing stops a capture: merchants also capture late, again, and what was declined
    (docs.stripe.com/issuing/testing, docs.stripe.com/issuing/purchases/transactions). By default the
    authorization is closed and the rest is released. Otherwise only the captured amount is released, and the
    rest stays held for further captures.
    """
    tx, params = call.tx, call.params
    found = _capturable(tx, call.id)
    # a reversed authorization has no amount any more; then, it is what was approved before
    approved = sum(one["amount"] for one in found["request_history"] if one["approved"])
    amount = params.get("capture_amount", int(found["_held"] or found["amount"] or approved))
    _positive(amount, "capture_amount")
    closing = params.get("close_authorization", True)
    after = released(tx, found, found["_held"] if closing else min(amount, found["_held"]))
    more: Json = {
        "amount_details": found["amount_details"],
        "authorization": found["id"],
        "network_data": network_data(
            tx, found["request_history"][0]["authorization_code"], found["network_data"]["transaction_id"]
        ),
        "_purchase_details": purchase_details.details(params.get("purchase_details")),
    }
    made = record(tx, found, -amount, -merchant_share(found, amount), more)
    if not found["_counted"]:
        run_action("card.paid", tx, found["card"])
    after |= {
        "_captured": found["_captured"] + amount,
        "_counted": True,
        "status": "closed" if closing else found["status"],
        "transactions": [*found["transactions"], made["id"]],
    }
    return _saved(tx, after)


def _capturable(tx: Tx, authorization_id: str) -> Json:
    found = tx.fetch(AUTHORIZATION, authorization_id)
    if found["pending_request"] is not None:
        raise invalid(f"Authorization {authorization_id} has a request that is still being decided.")
    if found["status"] == "reversed" and not unknowns.on(tx, "reversed_can_be_captured"):
        raise invalid(f"Authorization {authorization_id} has been reversed and cannot be captured.")
    return found


def expire(call: HandlerCall) -> Json:
    """Expire an authorization and release the amount that is held."""
    _pending(call.tx, call.id)
    lapse(call.tx, call.id)
    return AUTHORIZATION.shown(call.tx, call.id)


@action(EXPIRY)
def lapse(tx: Tx, authorization_id: str) -> None:
    """
    Expire an authorization that was not captured in time; does nothing if it is no longer pending.

    The amount that may still be captured late remains (docs.stripe.com/issuing/purchases/authorizations).
    """
    found = tx.fetch(AUTHORIZATION, authorization_id)
    if found["status"] == "pending":
        left = found["_held"]
        after = released(tx, found, left)
        after |= {"amount": left, "merchant_amount": merchant_share(found, left), "status": "expired"}
        _saved(tx, after)


def reverse(call: HandlerCall) -> Json:
    """
    Release the amount that is held, or a part of it; if nothing is left, the authorization ends.

    [?] An authorization that was partly captured and then reversed is shown as `closed`.
    """
    found = _pending(call.tx, call.id)
    amount = call.params.get("reverse_amount", found["_held"])
    if "reverse_amount" in call.params:
        _positive(amount, "reverse_amount")
    if amount > found["_held"]:
        raise invalid(
            f"Only {found['_held']} of authorization {call.id} is left to reverse.", "reverse_amount"
        )
    after = released(call.tx, found, amount)
    left = after["amount"] - amount
    after |= {"amount": left, "merchant_amount": merchant_share(after, left)}
    if after["_held"] == 0:
        after["status"] = "closed" if after["_captured"] else "reversed"
    return _saved(call.tx, after)


def increment(call: HandlerCall) -> Json:
    """Request a higher amount, which is decided like a separate purchase; if declined, nothing changes."""
    return settled(call, incremented)


def incremented(call: HandlerCall) -> Json:
    """Return the authorization with a pending request for a higher amount."""
    authorization, amount = _pending(call.tx, call.id), call.params["increment_amount"]
    _positive(amount, "increment_amount")
    currency, share = authorization["currency"], merchant_share(authorization, amount)
    pending = requested(call.params, amount, currency, share, authorization["merchant_currency"])
    return {**authorization, "pending_request": pending}


def finalize_amount(call: HandlerCall) -> Json:
    """
    Set the final amount of an estimated purchase, for example at a fuel pump; the hold changes with it.

    [?] It is undocumented which purchases can be finalized; here, all can. Nothing can decline it, because
    it is not a request.
    """
    tx, params = call.tx, call.params
    found = _pending(tx, call.id)
    final = params["final_amount"]
    _positive(final, "final_amount")
    if found["transactions"]:
        raise invalid(f"Authorization {call.id} has been captured; its amount is final.")
    change = final - found["amount"]
    after = held(tx, found, change) if change > 0 else released(tx, found, -change)
    after |= {"amount": final, "merchant_amount": merchant_share(found, final)}
    for name, shape in (("fuel", purchase_details.fuel), ("fleet", purchase_details.fleet)):
        if name in params:
            after[name] = shape(params[name])
    return _saved(tx, after)


def _pending(tx: Tx, authorization_id: str) -> Json:
    found = tx.fetch(AUTHORIZATION, authorization_id)
    if found["status"] != "pending":
        raise invalid(f"Authorization {authorization_id} is no longer pending but {found['status']}.")
    if found["pending_request"] is not None:
        raise invalid(f"Authorization {authorization_id} has a request that is still being decided.")
    return found


def _positive(amount: int, param: str) -> None:
    if amount <= 0:
        raise invalid("Invalid positive integer", param, "parameter_invalid_integer")


def _saved(tx: Tx, authorization: Json) -> Json:
    return save(tx, AUTHORIZATION, authorization, "issuing_authorization.updated")


_TEST = "/v1/test_helpers/issuing/authorizations/{id}"
_OF = "test_helpers.issuing.Authorization"
_SCOPE = "issuing_authorization"
ROUTES = tuple(
    Route("POST", f"{_TEST}/{path}", handler, f"{_OF}{name}Params", _SCOPE, AUTHORIZATION, prepare)
    for path, handler, name, prepare in (
        ("capture", capture, "Capture", None),
        ("expire", expire, "Expire", None),
        ("reverse", reverse, "Reverse", None),
        ("increment", increment, "Increment", by_webhook(incremented)),
        ("finalize_amount", finalize_amount, "FinalizeAmount", None),
    )
)
