"""Hostile trials sit at the same desk as the end-to-end tests."""

from e2e.conftest import desk, stripe_base

__all__ = ["desk", "stripe_base"]
