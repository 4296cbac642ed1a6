"""Stripe's unmet requirements for an object, and what cannot be done until they are met."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

UNMET = "requirements.past_due"  # Stripe's reason if nothing is wrong except that something is `missing`


class Outstanding(NamedTuple):
    """The reasons for which Stripe restricts an object."""

    missing: tuple[str, ...]
    """The parameters that Stripe requires."""
    reason: str
    """Stripe's own term; empty if it gives none."""
    means: str
    """The consequence, in words."""

    def says(self, supplied: Iterable[str] = ()) -> str:
        """
        Return the requirements in words; empty if all missing paths are `supplied` and Stripe gives no other
        reason.
        """
        given = tuple(supplied)
        missing = [
            path
            for path in self.missing
            # a path covers those below it, and those below cover it
            if not any(f"{one}.".startswith(f"{path}.") or f"{path}.".startswith(f"{one}.") for one in given)
        ]
        reason = "" if self.reason == UNMET and self.missing else self.reason
        if not missing and not reason:
            return ""
        wants = [f"Stripe requires {listed(missing)}"] if missing else []
        wants += [f"Stripe has disabled it ({reason})"] if reason else []
        return f"{'; '.join(wants)}; until that is resolved, {self.means}"


class MissingRequirements(NamedTuple):
    """The parameters that a resource lacks and that Stripe will require."""

    missing: Sequence[str]
    """Parameters that Stripe requires."""
    perhaps: Sequence[str]
    """Parameters that Stripe requires only in some cases."""
    means: str
    """The consequence of the missing ones, in words."""

    def says(self) -> str:
        """Return the parameters in words; empty if it is not certain that any is missing."""
        if not self.missing:
            return ""
        also = f" (and perhaps {listed(self.perhaps)})" if self.perhaps else ""
        return f"Stripe will require {listed(self.missing)}{also}; until that is resolved, {self.means}"


def listed(words: Sequence[str]) -> str:
    """Return the words as a list in prose: `a, b and c`."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
