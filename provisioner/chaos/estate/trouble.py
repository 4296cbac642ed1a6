"""What can go wrong on the wire in one run: drawn by a seed, said in words."""

import random
from typing import get_args

from msgspec import Struct

from provisioner.sandbox.api.faults import Effect

# What may hit a write: the sandbox's own faults, a connection that breaks, an answer that is a lie, a kill.
WRITES = (
    "drop_before",
    "drop_after",
    "429",
    "500_before",
    "500_began",
    "500_after",
    "unwritten",  # answered as done, and not done
    "as_it_was",  # not done, and answered with the object as it was
    "late",  # not done when the connection breaks, but some requests later
)
KEPT = ("500_began", "500_after")  # each uses up a key for a day
KILLS = ("kill_before", "kill_after", "kill_late")
READS = ("drop_before", "429", "500_before")
INNER = frozenset(get_args(Effect)) - {"delay", "drop_before", "drop_after", "truncate"}
FIRST_POSTS, FIRST_GETS = (1, 1, 1, 2, 2, 3, 3, 4, 5, 7), (1, 2, 3, 4, 5, 6, 6, 7, 7, 8)
LATER = 4


class Strike(Struct, frozen=True):
    """
    One effect, to the first `count` requests of a method from its number `at` on, from 1 (0: to all).

    `later` is after how many more requests a late one is carried out.
    """

    effect: str
    method: str
    at: int
    count: int = 1
    later: int = 1

    def __str__(self) -> str:
        how_often = {0: " and all after it", 1: ""}.get(self.count, f" and {self.count - 1} more")
        later = f", carried out {self.later} requests later" if "late" in self.effect else ""
        return f"{self.effect} of {self.method} number {self.at}{how_often}{later}"


class Lag(Struct, frozen=True):
    """
    Lists that are behind: of `resources`, for the first `lists` requests of them in a run (0: for all).

    They show what was there `back` steps before the run: where the way is `hides`, as it is now, and where it
    is `is_old`, as it was then.
    """

    way: str
    resources: frozenset[str]
    lists: int = 0
    back: int = 0

    def __str__(self) -> str:
        how_long = f"{self.lists} requests" if self.lists else "the whole run"
        what = " and ".join(sorted(self.resources))
        how = "hide what is new" if self.way == "hides" else "are old"
        return f"lists of {what} {how} for {how_long}, from {self.back} steps ago"


class Trouble(Struct, frozen=True):
    """All that happens to one run."""

    strikes: tuple[Strike, ...] = ()
    lag: Lag | None = None

    def __str__(self) -> str:
        return "; ".join(map(str, [*self.strikes, *([self.lag] if self.lag else [])]))


PEACE = Trouble()


def likely(rng: random.Random, share: float) -> bool:
    """Whether something happens that happens so often."""
    return rng.random() < share


def draw(rng: random.Random) -> Trouble:
    """Some trouble, at times none."""
    strikes: list[Strike] = []
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        kind = rng.choice((WRITES, WRITES, WRITES, WRITES, KILLS, READS))
        effect, method = rng.choice(kind), "GET" if kind is READS else "POST"
        count = rng.choice((1, 1, 1, 2, 3, 12, 0)) if kind is WRITES else 1
        if effect in KEPT:
            count = count or 12
        at, later = rng.choice(FIRST_GETS if kind is READS else FIRST_POSTS), rng.randint(1, LATER)
        strikes.append(Strike(effect, method, at, count, later))
    return Trouble(tuple(strikes), _lag(rng) if likely(rng, 0.25) else None)


def _lag(rng: random.Random) -> Lag:
    lists = ("issuing/cards", "issuing/cardholders", "topups")
    resources = rng.choice((lists, lists, (rng.choice(lists),)))
    # where the events lag, too, nothing tells for how long: so not for a whole run
    count = rng.choice((0, 1, 2, 4))
    told = ("events",) if count and likely(rng, 0.3) else ()
    way = rng.choice(("hides", "hides", "is_old"))
    return Lag(way, frozenset((*resources, *told)), count, rng.randint(0, 2))
