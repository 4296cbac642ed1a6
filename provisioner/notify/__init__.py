"""Notices of how a command ended: to a webhook, or to a command."""
