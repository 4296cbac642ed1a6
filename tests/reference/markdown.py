"""Markdown, as the pages are made of it."""

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 130


def page(title: str, *parts: str) -> str:
    """A page: its title, where it comes from, and its parts with an empty line between them."""
    origin = "<!-- Written by `python -m tests.reference` from the code. Change the code, not this page. -->"
    return "\n\n".join([f"# {title}", origin, *(part for part in parts if part)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; columns that are empty in all rows are left out. Without rows there is none."""
    rows = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    kept = [number for number in range(len(head)) if any(row[number] for row in rows)]
    if not rows:
        return ""
    lines = [[head[number] for number in kept], ["---"] * len(kept)]
    lines += [[row[number] for number in kept] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def prose(text: str) -> str:
    """Paragraphs, broken at a readable width."""
    parts = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    return "\n\n".join(
        textwrap.fill(part, WIDTH, break_on_hyphens=False, break_long_words=False) for part in parts
    )


def code(text: object) -> str:
    """A word of code; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def codes(words: Iterable[object]) -> str:
    """Words of code, with commas."""
    return ", ".join(map(code, words))


def folded(summary: str, text: str) -> str:
    """A long text that opens on a click."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"


def anchor(heading: str) -> str:
    """The fragment by which GitHub and GitLab link to a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")
