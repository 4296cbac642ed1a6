"""Formats a check: for people, for programs, and for code hosts that show problems at their lines."""
