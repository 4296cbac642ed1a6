"""A plan as its document, as text, as Markdown and as a page."""
