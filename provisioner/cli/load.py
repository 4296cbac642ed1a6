"""The configuration that a command is about, and what is to be said about it; light, for `validate`."""

import logging
import os

from provisioner.app import configuration
from provisioner.cli.options.shared import Options
from provisioner.cli.terminal.log import tell
from provisioner.core.model.config import Config


def load(options: Options) -> Config:
    """Read the configuration, and tell of its warnings; raises ConfigError."""
    config = configuration.load(
        options.path,
        env=options.env,
        variables=options.variables,
        environ=os.environ,
        allowed=options.allowed,
        policy=options.policy,
    )
    for warning in config.warnings:
        tell(f"Warning: {warning}", level=logging.WARNING)
    return config
