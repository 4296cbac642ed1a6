"""The time for grants: Stripe's, as long as Stripe says it, so that no wrong clock decides who may spend."""

import time

from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.core.diff.grants import in_force
from provisioner.core.model.config import Config
from provisioner.core.schema.kind import owned
from provisioner.kinds import KINDS
from provisioner.stripe_api.answers import ANSWERS


def with_grants(account: Account) -> Account:
    """
    Return the account with the grants of its configuration that hold at this time.

    Stripe is asked for the time, with one request, only if the configuration has grants. Raises StripeError
    or AccessError as any request does.
    """
    if not account.config.grants:
        return account
    return replace(account, config=in_force(account.kinds, account.config, _stripe_time(account)))


def with_grants_now(config: Config) -> Config:
    """Return the configuration with the grants that hold by this machine's clock; nothing is sent."""
    return in_force(KINDS, config, int(time.time()))


def _stripe_time(account: Account) -> int:
    # every key that can plan may read this list
    resource = owned(account.kinds)[0].resource
    account.transport.send("GET", resource, {"limit": 1}, read=ANSWERS.page_of(resource))
    return account.transport.now or int(time.time())
