"""Which accounts: by label and glob, and in which shard."""

import hashlib
from collections.abc import Iterable

from msgspec import Struct

from provisioner.fleet.model import FleetAccount, Selector, Term

SELECTOR_SAYS = (
    "a selector is like 'tier=gold', 'region=eu-*', 'tier!=test' or 'acct_1*' (an id or a name), and with "
    "commas between, all of them must fit"
)
SHARD_SAYS = "a shard is NUMBER/ALL, such as 2/8"


def parse_selector(text: str) -> Selector:
    """Read `tier=gold,region!=eu-*`; raises ValueError with what would be right."""
    terms = []
    for part in text.split(","):
        left, equals, right = part.strip().partition("=")
        label = left.removesuffix("!").strip()
        # without a label before the sign there is nothing to compare
        glob = right.strip() if label else ""
        terms.append(Term(label, glob, left.endswith("!")) if equals else Term("", left, negated=False))
    if not all(term.glob for term in terms):
        raise ValueError(SELECTOR_SAYS)
    return tuple(terms)


def fits(selectors: Iterable[Selector], account: FleetAccount) -> bool:
    """Whether an account fits one of the selectors, which is all of the selector's terms."""
    return any(all(term.holds(account) for term in selector) for selector in selectors)


class Shard(Struct, frozen=True):
    """Part `number` (from 1) of `of` parts; an account's part follows from its id alone."""

    number: int = 1
    of: int = 1

    def holds(self, account_id: str) -> bool:
        """Whether an account is in this part."""
        digest = hashlib.sha256(account_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def parse_shard(text: str) -> Shard:
    """Read `2/8`; raises ValueError with what would be right."""
    number, _, of = text.partition("/")
    if not (number.isascii() and number.isdigit() and of.isascii() and of.isdigit()):
        raise ValueError(SHARD_SAYS)
    shard = Shard(int(number), int(of))
    if not 1 <= shard.number <= shard.of:
        raise ValueError(f"{SHARD_SAYS}; {text} does not count from 1 to its number of shards")
    return shard
