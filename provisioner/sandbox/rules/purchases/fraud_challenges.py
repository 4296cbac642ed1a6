"""
Fraud challenges: a text message asks the cardholder of a declined purchase whether it was theirs.

docs.stripe.com/issuing/controls/fraud-challenges. If it was, they try again, and the second purchase passes
the fraud checks.
"""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, resource_of
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, CARDHOLDER
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

_SENT = "fraud_challenges_sent"


def sent(tx: Tx, authorization: Json) -> list[Json]:
    """Return the challenges of a declined authorization; without a phone number none can be delivered."""
    tx.remember(_SENT, True)
    reachable = tx.fetch(resource_of(CARDHOLDER), authorization["cardholder"])["phone_number"] is not None
    return [
        {
            "channel": "sms",
            "status": "pending" if reachable else "undeliverable",
            "undeliverable_reason": None if reachable else "no_phone_number",
        }
    ]


def verified(tx: Tx, card_id: str, merchant: Json) -> bool | None:
    """
    Return True if the cardholder has confirmed an earlier purchase at this merchant, else None.

    [?] It is undocumented how long a confirmation counts; here, it counts for one further purchase.
    """
    if not tx.recall(_SENT):
        return None
    for earlier in tx.find(AUTHORIZATION, "card", card_id):
        if earlier["merchant_data"]["network_id"] != merchant["network_id"]:
            continue
        if earlier["verified_by_fraud_challenge"]:
            return None
        if any(one["status"] == "verified" for one in earlier["_fraud_challenges"] or []):
            return True
    return None


def respond(call: HandlerCall) -> Json:
    """Respond to a fraud challenge as the cardholder."""
    found = call.tx.fetch(AUTHORIZATION, call.id)
    challenges = found["_fraud_challenges"] or []
    if not any(one["status"] == "pending" for one in challenges):
        raise invalid(f"Authorization {call.id} has no pending fraud challenge.")
    status = "verified" if call.params["confirmed"] else "rejected"
    found["_fraud_challenges"] = [{**one, "status": status} for one in challenges]
    return save(call.tx, AUTHORIZATION, found, "issuing_authorization.updated")


ROUTES = (
    Route(
        "POST",
        "/v1/test_helpers/issuing/authorizations/{id}/fraud_challenges/respond",
        respond,
        "test_helpers.issuing.AuthorizationRespondParams",
        "issuing_authorization",
        AUTHORIZATION,
    ),
)
