"""A plan as text, as Markdown and as an HTML page."""
