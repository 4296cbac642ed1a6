"""Infrastructure as code for Stripe Issuing: YAML in git, planned and applied against live Stripe."""

__version__ = "0.1.0"
