"""Formats a plan as text, as Markdown and as an HTML page."""
