"""Grants without Stripe, by this machine's clock."""

import time

from provisioner.core.diff.grants import in_force
from provisioner.core.model.config import Config
from provisioner.kinds import KINDS


def with_grants_now(config: Config) -> Config:
    """Return the configuration with the grants that hold by this machine's clock; nothing is sent."""
    return in_force(KINDS, config, int(time.time()))
