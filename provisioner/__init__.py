"""
Infrastructure as code for Stripe Issuing: YAML in git, planned and applied against live Stripe.

The names exported here are the Python API; everything else is private. They are imported on first use, so
that a command loads only the modules that it needs.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from provisioner._version import __version__

if TYPE_CHECKING:  # for type checkers; at run time, `__getattr__` loads the same names
    from provisioner.app.drift import DriftReport
    from provisioner.app.project import Project
    from provisioner.core.model.errors import (
        AccessError,
        ConfigError,
        ConflictError,
        GuardrailError,
        ProvisionerError,
        StaleError,
        StripeError,
    )
    from provisioner.core.plan.plan import Plan
    from provisioner.core.purchases.backtest_report import BacktestReport
    from provisioner.engine.apply.execute import Report

_HOME = {
    "BacktestReport": "provisioner.core.purchases.backtest_report",
    "DriftReport": "provisioner.app.drift",
    "Plan": "provisioner.core.plan.plan",
    "Project": "provisioner.app.project",
    "Report": "provisioner.engine.apply.execute",
    **dict.fromkeys(
        (
            "AccessError",
            "ConfigError",
            "ConflictError",
            "GuardrailError",
            "ProvisionerError",
            "StaleError",
            "StripeError",
        ),
        "provisioner.core.model.errors",
    ),
}

__all__ = [
    "AccessError",
    "BacktestReport",
    "ConfigError",
    "ConflictError",
    "DriftReport",
    "GuardrailError",
    "Plan",
    "Project",
    "ProvisionerError",
    "Report",
    "StaleError",
    "StripeError",
    "__version__",
]

logging.getLogger("provisioner").addHandler(logging.NullHandler())  # silent unless a handler is added


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'provisioner' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
