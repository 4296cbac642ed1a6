"""Makes test purchases with Stripe's test helpers (docs.stripe.com/issuing/testing)."""

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.core.model.errors import StripeError
from provisioner.core.model.scenario import Course, Purchase, Scenario, Verdict
from provisioner.core.plan.call import Call
from provisioner.engine.ports import Writer

AUTHORIZATIONS = "test_helpers.issuing.authorizations"
# The merchant of Stripe's integration guides.
MERCHANT = {"name": "Rocket Rides", "network_id": "1234567890"}
PLACE = {"city": "San Francisco", "postal_code": "94107", "state": "CA"}

Authorization = Mapping[str, Any]


def authorize(writer: Writer, card_id: str, purchase: Purchase) -> Authorization:
    """
    Make a test purchase and return its authorization, approved or declined.

    Raises StripeError or AccessError.
    """
    merchant = {**MERCHANT, "category": purchase.category, "country": purchase.country}
    params = {
        "card": card_id,
        "amount": purchase.amount,
        "authorization_method": purchase.method,
        "merchant_data": merchant | (PLACE if purchase.country == "US" else {}),
    }
    return writer.perform(Call(AUTHORIZATIONS, "create", None, params)).object


def capture(writer: Writer, authorization: Authorization) -> Authorization:
    """Capture the whole held amount of an authorization; raises StripeError or AccessError."""
    return writer.perform(Call(AUTHORIZATIONS, "capture", str(authorization["id"]), {})).object


def reverse(writer: Writer, authorization: Authorization) -> Authorization:
    """Reverse the whole held amount of an authorization; raises StripeError or AccessError."""
    return writer.perform(Call(AUTHORIZATIONS, "reverse", str(authorization["id"]), {})).object


def verdict_of(authorization: Authorization) -> Verdict:
    """Return Stripe's decision from the authorization's history; raises StripeError if there is none."""
    history = authorization.get("request_history") or ()
    if not history:
        raise StripeError(f"Stripe's authorization {authorization.get('id')} does not contain a decision")
    last = history[-1]
    return Verdict(
        bool(authorization["approved"]), str(last["reason"]), str(last.get("reason_message") or "")
    )


def play(
    writer: Writer,
    scenario: Scenario,
    card_id: str,
    before: Callable[[Purchase], None],
    then: Callable[[Authorization], None],
) -> tuple[Course, Authorization]:
    """
    Make the purchases of a scenario on a card, up to the first that is declined, and return the last one.

    `before` is called before each purchase, and `then` with the authorization of each approved one. Raises
    StripeError or AccessError.
    """
    made = []
    for place, purchase in enumerate(scenario.purchases):
        before(purchase)
        authorization = authorize(writer, card_id, purchase)
        answer = verdict_of(authorization)
        made.append((Course(place, answer), authorization))
        if not answer.approved:
            break
        then(authorization)
    return made[-1]


def on_applied(writer: Writer, scenario: Scenario, card_id: str) -> tuple[Course, int]:
    """
    Make the purchases on a card without changing it, and always release all held amounts.

    Also returns the time of the last purchase by Stripe's clock, in Unix seconds. Raises StripeError or
    AccessError.
    """
    held: list[Authorization] = []
    try:
        course, last = play(writer, scenario, card_id, lambda _purchase: None, held.append)
    finally:
        for authorization in held:
            reverse(writer, authorization)
    return course, int(last["created"])
