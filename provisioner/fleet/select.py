"""Selects accounts by label and glob, and by shard."""

import hashlib
from collections.abc import Iterable

from msgspec import Struct

from provisioner.fleet.model import FleetAccount, Selector, Term

SELECTOR_SAYS = (
    "a selector looks like 'tier=gold', 'region=eu-*', 'tier!=test' or 'acct_1*' (an id or a name); terms "
    "separated by commas must all match"
)
SHOWN = 12  # labels in a hint
SHARD_SAYS = "a shard is NUMBER/TOTAL, such as 2/8"


def parse_selector(text: str) -> Selector:
    """Read `tier=gold,region!=eu-*`; raises ValueError that shows the expected form."""
    terms = []
    for part in text.split(","):
        left, equals, right = part.strip().partition("=")
        label = left.removesuffix("!").strip()
        # without a label before the sign, the term is invalid
        glob = right.strip() if label else ""
        terms.append(Term(label, glob, left.endswith("!")) if equals else Term("", left, negated=False))
    if not all(term.glob for term in terms):
        raise ValueError(SELECTOR_SAYS)
    return tuple(terms)


def fits(selectors: Iterable[Selector], account: FleetAccount) -> bool:
    """Return whether an account matches all terms of one of the selectors."""
    return any(all(term.holds(account) for term in selector) for selector in selectors)


def labels_hint(accounts: Iterable[FleetAccount]) -> str:
    """Return `; labels are ...` with some labels of the accounts, or an empty string if there are none."""
    labels = sorted({f"{name}={value}" for each in accounts for name, value in each.labels.items()})
    more = " ..." if len(labels) > SHOWN else ""
    return f"; labels are {', '.join(labels[:SHOWN])}{more}" if labels else ""


class Shard(Struct, frozen=True):
    """A part of a fleet; the id of an account decides its part."""

    number: int = 1
    """The number of the part, from 1."""
    of: int = 1
    """The number of parts."""

    def holds(self, account_id: str) -> bool:
        """Return whether an account is in this part."""
        digest = hashlib.sha256(account_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def parse_shard(text: str) -> Shard:
    """Read `2/8`; raises ValueError that shows the expected form."""
    number, _, of = text.partition("/")
    if not (number.isascii() and number.isdigit() and of.isascii() and of.isdigit()):
        raise ValueError(SHARD_SAYS)
    shard = Shard(int(number), int(of))
    if not 1 <= shard.number <= shard.of:
        raise ValueError(f"{SHARD_SAYS}; {text} is not between 1 and its total")
    return shard
