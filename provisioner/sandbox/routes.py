"""Every endpoint that the sandbox has."""

from provisioner.sandbox.route import Route
from provisioner.sandbox.rules import (
    account,
    authorization,
    balance,
    card,
    cardholder,
    event,
    topup,
    transaction,
    webhook_endpoint,
)

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *balance.ROUTES,
    *topup.ROUTES,
    *cardholder.ROUTES,
    *card.ROUTES,
    *authorization.ROUTES,
    *transaction.ROUTES,
    *event.ROUTES,
    *webhook_endpoint.ROUTES,
)
