"""The decision about a pending request, and everything that follows from it."""

from typing import Any

from provisioner.sandbox.registry import resource_of, run_action
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import emit, save
from provisioner.sandbox.rules.purchases import fraud_challenges
from provisioner.sandbox.rules.purchases.authorization_judgement import NEXT_DECISION, verdict
from provisioner.sandbox.rules.purchases.authorization_request import answered
from provisioner.sandbox.rules.purchases.decide import SMALL, Judgement
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, CARD, EXPIRY
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

# docs.stripe.com/issuing/purchases/transactions: hotels, airlines and car rentals may capture for 31 days.
_LONG = {"airlines_air_carriers", "car_rental_agencies", "hotels_motels_and_resorts"}
_DAY = 86_400


def decided(tx: Tx, authorization: Json, answer: Judgement | None = None) -> Json:
    """
    Decide the pending request of an authorization, store it, and return it in the form of responses.

    `answer` is the account's own decision, if it was asked; it cannot approve what Stripe declines.
    """
    own = verdict(tx, authorization)
    judgement = answer if answer is not None and own.approved else own
    after = answered(tx, authorization, judgement)
    if judgement.challenge and not judgement.approved:
        after["_fraud_challenges"] = fraud_challenges.sent(tx, authorization)
    card_id = after["card"]
    card = tx.fetch(resource_of(CARD), card_id)
    if NEXT_DECISION in card:
        tx.put(resource_of(CARD), {name: value for name, value in card.items() if name != NEXT_DECISION})
    counts = after["amount"] > (0 if unknowns.on(tx, "small_purchases_count") else SMALL)
    is_payment = after["approved"] and counts and not after["_counted"]
    after["_counted"] = after["_counted"] or is_payment
    if authorization["request_history"]:
        shown = save(tx, AUTHORIZATION, after, "issuing_authorization.updated")
    else:
        if after["approved"]:
            days = 31 if after["merchant_data"]["category"] in _LONG else 7
            tx.schedule(tx.now + days * _DAY, EXPIRY, after["id"])
        if tx.get(AUTHORIZATION, after["id"]) is None:  # else the account was asked about it
            shown = keep(tx, AUTHORIZATION, after, "issuing_authorization.created")
        else:
            tx.put(AUTHORIZATION, after)
            shown = AUTHORIZATION.show(tx, after)
            emit(tx, "issuing_authorization.created", shown)
    if is_payment:
        run_action("card.paid", tx, after["card"])
    return shown
