"""Formats plans and reports as text, JSON, Markdown and HTML, with pure functions."""
