"""Suggestions for misspelled words."""

from collections.abc import Iterable
from difflib import get_close_matches


def near(word: object, known: Iterable[str], cutoff: float = 0.6) -> str:
    """
    Return `; did you mean 'x'?`, or an empty string if no known word is similar.

    `cutoff` is the least similarity, from 0 to 1 (identical), as difflib measures it.
    """
    text = str(word)
    by_case = {name.lower(): name for name in known}
    close = get_close_matches(text[:100].lower(), by_case, n=1, cutoff=cutoff)
    return f"; did you mean {by_case[close[0]]!r}?" if close else ""
