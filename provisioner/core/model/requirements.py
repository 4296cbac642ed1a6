"""What Stripe itself holds against an object, and what cannot be done until that is lifted."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

UNMET = "requirements.past_due"  # Stripe's word for nothing more than what is `missing`


class Outstanding(NamedTuple):
    """
    Why Stripe holds an object back.

    `missing` are the parameters that it wants, `reason` is its own word (empty where it gives none), and
    `means` says what comes of it.
    """

    missing: tuple[str, ...]
    reason: str
    means: str

    def says(self, supplied: Iterable[str] = ()) -> str:
        """Say it in words; empty when all that is wanted is among the paths that are `supplied`."""
        given = tuple(supplied)
        missing = [path for path in self.missing if not any(_covers(one, path) for one in given)]
        reason = "" if self.reason == UNMET and self.missing else self.reason
        if not missing and not reason:
            return ""
        wants = [f"Stripe requires {listed(missing)}"] if missing else []
        wants += [f"Stripe has disabled it ({reason})"] if reason else []
        return f"{'; '.join(wants)}; until that is resolved, {self.means}"


class MissingRequirements(NamedTuple):
    """
    What a declaration lacks that Stripe asks for sooner or later: the parameters.

    `perhaps` are those that it asks for of some only, and `means` says what comes of those that are missing.
    """

    missing: Sequence[str]
    perhaps: Sequence[str]
    means: str

    def says(self) -> str:
        """Say it in words; empty where nothing is missing for certain."""
        if not self.missing:
            return ""
        also = f" (and perhaps {listed(self.perhaps)})" if self.perhaps else ""
        return f"Stripe will require {listed(self.missing)}{also}; until that is resolved, {self.means}"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _covers(one: str, path: str) -> bool:
    return one == path or one.startswith(f"{path}.") or path.startswith(f"{one}.")
