"""Every endpoint that the sandbox has."""

from provisioner.sandbox.route import Route
from provisioner.sandbox.rules import (
    account,
    authorization,
    authorization_helpers,
    authorization_realtime,
    balance,
    card,
    cardholder,
    event,
    funding,
    ledger,
    shipping_steps,
    topup,
    transaction,
    transaction_helpers,
    webhook_endpoint,
)

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *balance.ROUTES,
    *topup.ROUTES,
    *cardholder.ROUTES,
    *card.ROUTES,
    *shipping_steps.ROUTES,
    *authorization.ROUTES,
    *authorization_helpers.ROUTES,
    *authorization_realtime.ROUTES,
    *transaction.ROUTES,
    *transaction_helpers.ROUTES,
    *ledger.ROUTES,
    *funding.ROUTES,
    *event.ROUTES,
    *webhook_endpoint.ROUTES,
)
