"""
Switches for undocumented behavior of Stripe, so that clients can be tested with both possibilities.

`on` reads a switch, and `POST /_sandbox/switches` sets it. The reason for each default is next to it.
"""

from collections.abc import Mapping

from provisioner.sandbox.state.objects import Tx

_KEPT = "switches"

DEFAULTS: Mapping[str, bool] = {
    # A card without limits gets 500 per day. On: the card shows this limit, as an older sample object of
    # Stripe's does (docs.stripe.com/api/issuing/cards). Off: the limit applies, but is not shown.
    "default_limit_shown": True,
    # On: clearing all limits restores the default one. Undocumented.
    "clearing_restores_default_limit": False,
    # On: a missing date of birth of an individual in the US blocks activation. It is among the possible
    # requirements, but Stripe's CLI activates cards of holders without one (stripe-cli, issuing triggers).
    "birth_date_required": False,
    # On: the account may top up Issuing with `destination_balance`. Newer accounts cannot.
    "issuing_top_ups": True,
    # On: the account may pay out its Issuing balance with `source_balance`, as in
    # docs.stripe.com/issuing/connect/funding. The API reference and the SDK do not know it.
    "issuing_payouts": True,
    # On: a top-up shows its `destination_balance`. This is not in the API reference.
    "destination_balance_shown": True,
    # On: controls that are not in an update stay, as others observed. Off: they are removed. Undocumented.
    "controls_merge": True,
    # On: a balance shows the account's currency before any money has arrived. Stripe leaves some out.
    "empty_balance_shown": True,
    # On: a test purchase with the highest fraud risk is declined as suspected fraud. Stripe blocks purchases
    # above some level, but test helpers may want the webhook to decide.
    "highest_fraud_risk_declines": False,
    # On: names of companies cannot contain digits and & ( ) / : (SDK, CardholderCreateParams.name). Off: they
    # can (docs.stripe.com/issuing/cards/virtual/issue-cards).
    "narrow_company_names": False,
    # On: an approved purchase of up to 1 USD counts towards a card's `cancel_after`, as the SDK says (Card,
    # payment_count). Off: only once it is captured (docs.stripe.com/issuing/controls/lifecycle-controls).
    "small_purchases_count": True,
    # On: a purchase with a wrong CVC or expiry, or with failed 3D Secure, is declined: the SDK speaks of
    # declines for incorrect details (AuthorizationCreateParams.risk_assessment). Off: it is left to the
    # webhook, as in docs.stripe.com/issuing/controls/fraud-protection.
    "wrong_details_decline": True,
    # On: the account may withdraw cash. Stripe enables this on request only, in the US
    # (docs.stripe.com/issuing/purchases/atm-usage).
    "atm_withdrawals": False,
    # On: an authorization that was declined with a fraud challenge shows it, as in Stripe's pages. Off: only
    # `expand[]` shows it, as the API reference has it.
    "fraud_challenges_shown": True,
    # On: a test purchase of 1 USD at a fuel dispenser in the US asks to hold 100 USD, as a real one does
    # (docs.stripe.com/issuing/purchases/authorizations). The test helper may not do so.
    "fuel_check_holds_default": True,
    # On: the test helper captures authorizations in any state (docs.stripe.com/issuing/testing). Off: it does
    # not capture reversed ones (docs.stripe.com/changelog/basil/2025-03-31/issuing-authorizations-expired).
    "reversed_can_be_captured": True,
    # On: an upload records `file.created`, as Stripe's CLI expects (stripe-cli, file.created). The API
    # reference says that only files of Stripe's do.
    "uploads_create_events": True,
    # On: a dispute can only be submitted with the evidence that its reason requires, as the API reference
    # says. Off: with any, as Stripe's CLI does (stripe-cli, issuing_dispute.submitted).
    "dispute_evidence_required": True,
    # On: a dispute must be created with a reason. Off: it can have no evidence yet, all of which is optional
    # in the SDK's types; responses always have a reason, but which one is undocumented: here, `other`.
    "dispute_reason_required": False,
    # On: a design without a logo and a text is active at once, as there is nothing to review
    # (docs.stripe.com/issuing/cards/physical/personalization-designs). Off: it is in review, as Stripe's
    # sample is.
    "plain_designs_active": False,
    # On: an identity document must be an uploaded file, as with Stripe. Off: any id in the form of one will
    # do, for tests that upload nothing.
    "identity_documents_checked": True,
    # On: the account has the agreement with Stripe that digital wallets need; new cards are eligible.
    "wallets_agreed": False,
    # The account's default decision if its authorization webhook gives no valid response.
    "webhook_failure_approves": False,
}


def on(tx: Tx, name: str) -> bool:
    """Return True if a switch is on; `name` is one of `DEFAULTS`."""
    if _KEPT not in tx.cache:
        tx.cache[_KEPT] = tx.at_home().recall(_KEPT, {})
    return bool(tx.cache[_KEPT].get(name, DEFAULTS[name]))


def choose(own: Tx, chosen: Mapping[str, bool]) -> dict[str, bool]:
    """Set some switches and return all; raises KeyError for an unknown name."""
    unknown = sorted(chosen.keys() - DEFAULTS.keys())
    if unknown:
        raise KeyError(unknown[0])
    after = {**own.recall(_KEPT, {}), **chosen}
    own.remember(_KEPT, after)
    return {**DEFAULTS, **after}
