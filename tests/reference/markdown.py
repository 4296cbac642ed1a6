"""Build the Markdown of the pages."""

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 130


def page(title: str, *parts: str) -> str:
    """Return a page: its title, its origin, and its parts, separated by empty lines."""
    origin = "<!-- Written by `python -m tests.reference` from the code. Change the code, not this page. -->"
    return "\n\n".join([f"# {title}", origin, *(part for part in parts if part)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table without columns that are empty in every row; an empty string for no rows."""
    rows = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    kept = [number for number in range(len(head)) if any(row[number] for row in rows)]
    if not rows:
        return ""
    lines = [[head[number] for number in kept], ["---"] * len(kept)]
    lines += [[row[number] for number in kept] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def prose(text: str) -> str:
    """Return paragraphs, wrapped at a readable width."""
    parts = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    return "\n\n".join(
        textwrap.fill(part, WIDTH, break_on_hyphens=False, break_long_words=False) for part in parts
    )


def code(text: object) -> str:
    """Return text as inline code; an empty string for an empty string."""
    return f"`{text}`" if str(text) else ""


def codes(words: Iterable[object]) -> str:
    """Return words as inline code, separated by commas."""
    return ", ".join(map(code, words))


def folded(summary: str, text: str) -> str:
    """Return a long text that opens on a click."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"


def anchor(heading: str) -> str:
    """Return the URL fragment that GitHub and GitLab give a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")
