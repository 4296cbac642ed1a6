"""Suggestions for misspelled words."""

from collections.abc import Iterable
from difflib import get_close_matches

from provisioner.kinds.categories import CATEGORY_OF, EVERYDAY

CLOSE = 0.8  # minimum similarity of a misspelling; less similar words are merely alike
SHORTEST = 4  # minimum letters of a word to search within the names of categories


def near(word: object, known: Iterable[str], cutoff: float = 0.6) -> str:
    """
    Return `; did you mean 'x'?`, or an empty string if no known word is similar.

    `cutoff` is the minimum similarity, from 0 to 1 (identical), as measured by difflib.
    """
    text = str(word)
    by_case = {name.lower(): name for name in known}
    close = get_close_matches(text[:100].lower(), by_case, n=1, cutoff=cutoff)
    return f"; did you mean {by_case[close[0]]!r}?" if close else ""


def near_category(word: object, known: Iterable[str]) -> str:
    """
    Return `; did you mean 'x'?` for a merchant category, or an empty string if none is similar.

    `word` is a merchant category code, an everyday word such as `bars`, a misspelling, or a part of the
    category's name.
    """
    text, names = str(word).lower(), [*known]
    single = text.removesuffix("s")
    meant = CATEGORY_OF.get(text) or EVERYDAY.get(text) or EVERYDAY.get(single)
    if meant is None and not (close := near(word, names, CLOSE)):
        parts = (name for name in names if any(part.startswith(single) for part in name.split("_")))
        meant = min(parts, key=len, default=None) if len(single) >= SHORTEST else None
        return f"; did you mean {meant!r}?" if meant else ""
    return f"; did you mean {meant!r}?" if meant else close
