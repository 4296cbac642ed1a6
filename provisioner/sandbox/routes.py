"""Every endpoint that the sandbox has."""

from provisioner.sandbox.route import Route
from provisioner.sandbox.rules import account, balance, event, topup

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *balance.ROUTES,
    *topup.ROUTES,
    *event.ROUTES,
)
