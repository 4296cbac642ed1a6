"""Formats numbers with nouns."""


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 card`, `1,200 cards`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
