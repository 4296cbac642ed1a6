"""The list of all endpoints of the sandbox."""

from provisioner.sandbox.registry import Route
from provisioner.sandbox.rules.accounts import account, capability, representative
from provisioner.sandbox.rules.cards import (
    bundle,
    card,
    cardholder,
    design,
    ephemeral_key,
    shipping_steps,
    token,
)
from provisioner.sandbox.rules.events import cli_session, event, webhook_endpoint
from provisioner.sandbox.rules.files import file, file_link
from provisioner.sandbox.rules.money import (
    balance,
    balance_settings,
    funding,
    payout,
    settlement,
    topup,
)
from provisioner.sandbox.rules.purchases import (
    authorization,
    authorization_helpers,
    dispute,
    fraud_challenges,
    transaction,
    transaction_helpers,
)
from provisioner.sandbox.rules.treasury import financial_account, received

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *capability.ROUTES,
    *representative.ROUTES,
    *balance.ROUTES,
    *balance_settings.ROUTES,
    *payout.ROUTES,
    *topup.ROUTES,
    *cardholder.ROUTES,
    *card.ROUTES,
    *shipping_steps.ROUTES,
    *bundle.ROUTES,
    *design.ROUTES,
    *token.ROUTES,
    *ephemeral_key.ROUTES,
    *authorization.ROUTES,
    *authorization_helpers.ROUTES,
    *fraud_challenges.ROUTES,
    *transaction.ROUTES,
    *transaction_helpers.ROUTES,
    *dispute.ROUTES,
    *financial_account.ROUTES,
    *received.ROUTES,
    *funding.ROUTES,
    *settlement.ROUTES,
    *event.ROUTES,
    *cli_session.ROUTES,
    *webhook_endpoint.ROUTES,
    *file.ROUTES,
    *file_link.ROUTES,
)
