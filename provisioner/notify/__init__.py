"""Notices of how a command ended, sent to a webhook or to a command."""
