"""
What nobody outside Stripe knows, as switches: a client must come out right either way.

Read with `on`; set through `POST /_sandbox/switches`. Each default says why it was chosen.
"""

from collections.abc import Mapping

from provisioner.sandbox.state.objects import Tx

_KEPT = "switches"

DEFAULTS: Mapping[str, bool] = {
    # A card made without limits gets 500 a day. Whether the object shows it: an older sample object of
    # Stripe's does (docs.stripe.com/api/issuing/cards). Off: it counts all the same, unseen.
    "default_limit_shown": True,
    # Whether clearing all limits brings the default one back: not documented.
    "clearing_restores_default_limit": False,
    # Whether a US individual's missing date of birth blocks activation: the parameter is among the possible
    # requirements, yet Stripe's CLI activates cards of holders without one (stripe-cli, issuing triggers).
    "birth_date_required": False,
    # Whether an account may send money to Issuing with `destination_balance`; newer accounts cannot.
    "issuing_top_ups": True,
    # Whether the answer of a top-up tells its `destination_balance`; not in the API reference.
    "destination_balance_shown": True,
    # Whether controls that an update does not name stay; documented nowhere, seen by others. Off: they go.
    "controls_merge": True,
    # Whether a balance shows the account's own currency before any money has come; Stripe leaves some out.
    "empty_balance_shown": True,
    # Whether a test purchase that says its fraud risk is the highest is declined as suspected fraud: Stripe
    # blocks above some level, but test helpers may want the webhook to see that level and decide.
    "highest_fraud_risk_declines": False,
    # What the account has chosen to happen when its authorization webhook does not answer as it should.
    "webhook_failure_approves": False,
}


def on(tx: Tx, name: str) -> bool:
    """Whether a switch is on; `name` is one of `DEFAULTS`."""
    chosen: dict[str, bool] = tx.at_home().recall(_KEPT, {})
    return chosen.get(name, DEFAULTS[name])


def choose(own: Tx, chosen: Mapping[str, bool]) -> dict[str, bool]:
    """Set some switches and return all; raises KeyError for a name that is none."""
    unknown = sorted(chosen.keys() - DEFAULTS.keys())
    if unknown:
        raise KeyError(unknown[0])
    after = {**own.recall(_KEPT, {}), **chosen}
    own.remember(_KEPT, after)
    return {**DEFAULTS, **after}
