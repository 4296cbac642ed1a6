"""
Finds personal values in a text, including other spellings: a last name alone, the end of a phone
number.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<!\w)\+?\(?\d(?:[\d .,/()-]*\d)?")
_SHORTEST_WORD, _SHORTEST_NUMBER = 3, 4


class Words(NamedTuple):
    """The parts of personal values."""

    words: frozenset[str] = frozenset()
    """Their words, case-folded."""
    numbers: tuple[str, ...] = ()
    """The digits of each value."""

    def hush(self, text: str, instead: str, keep: re.Pattern[str]) -> str:
        """Replace every such word and number in `text` by `instead`, except for words that match `keep`."""

        def number(found: re.Match[str]) -> str:
            digits = _digits(found[0])
            known = any(digits in other or other in digits for other in self.numbers)
            return instead if len(digits) >= _SHORTEST_NUMBER and known else found[0]

        def word(found: re.Match[str]) -> str:
            known = found[0].casefold() in self.words and not keep.fullmatch(found[0])
            return instead if known else found[0]

        return _WORD.sub(word, _NUMBER.sub(number, text) if self.numbers else text)


def words_of(texts: Iterable[str]) -> Words:
    """Split personal values into words and numbers."""
    words, numbers = set[str](), set[str]()
    for text in texts:
        words |= {word.casefold() for word in _WORD.findall(text) if len(word) >= _SHORTEST_WORD}
        if len(digits := _digits(text)) >= _SHORTEST_NUMBER:
            numbers.add(digits)
    return Words(frozenset(words), tuple(numbers))


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdecimal())
