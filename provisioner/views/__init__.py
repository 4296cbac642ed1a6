"""Plans and reports as text, JSON and Markdown; pure."""
