"""The list of all endpoints of the sandbox."""

from provisioner.sandbox.registry import Route
from provisioner.sandbox.rules.accounts import account
from provisioner.sandbox.rules.cards import card, cardholder, shipping_steps
from provisioner.sandbox.rules.events import event, webhook_endpoint
from provisioner.sandbox.rules.money import balance, balance_settings, funding, payout, topup
from provisioner.sandbox.rules.purchases import (
    authorization,
    authorization_helpers,
    fraud_challenges,
    transaction,
    transaction_helpers,
)

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *balance.ROUTES,
    *balance_settings.ROUTES,
    *payout.ROUTES,
    *topup.ROUTES,
    *cardholder.ROUTES,
    *card.ROUTES,
    *shipping_steps.ROUTES,
    *authorization.ROUTES,
    *authorization_helpers.ROUTES,
    *fraud_challenges.ROUTES,
    *transaction.ROUTES,
    *transaction_helpers.ROUTES,
    *funding.ROUTES,
    *event.ROUTES,
    *webhook_endpoint.ROUTES,
)
