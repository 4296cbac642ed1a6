"""Faults for one run, drawn at random and described in words."""

import random
from typing import get_args

from msgspec import Struct

from provisioner.sandbox.api.faults import Effect

# Effects on a write: faults of the sandbox, broken connections, and false responses.
WRITES = (
    "drop_before",
    "drop_after",
    "429",
    "500_before",
    "500_began",
    "500_after",
    "unwritten",  # confirmed, but not carried out
    "as_it_was",  # not carried out; the response is the unchanged object
    "late",  # the connection breaks, and the request is carried out some requests later
)
KEPT = ("500_began", "500_after")  # each uses up an idempotency key for a day
KILLS = ("kill_before", "kill_after", "kill_late")
READS = ("drop_before", "429", "500_before")
INNER = frozenset(get_args(Effect)) - {"delay", "drop_before", "drop_after", "truncate"}
FIRST_POSTS, FIRST_GETS = (1, 1, 1, 2, 2, 3, 3, 4, 5, 7), (1, 2, 3, 4, 5, 6, 6, 7, 7, 8)
LATER = 4


class Strike(Struct, frozen=True):
    """One effect on some requests of a method."""

    effect: str
    """One of WRITES, KILLS, or READS."""
    method: str
    """`GET` or `POST`."""
    at: int
    """The number of the first request that is hit, from 1."""
    count: int = 1
    """The number of requests that are hit; 0 for all from `at` on."""
    later: int = 1
    """The number of further requests after which a late request is carried out."""

    def __str__(self) -> str:
        how_often = {0: " and all later ones", 1: ""}.get(self.count, f" and {self.count - 1} more")
        later = f", carried out {self.later} requests later" if "late" in self.effect else ""
        return f"{self.effect} at {self.method} request {self.at}{how_often}{later}"


class Lag(Struct, frozen=True):
    """Lists that lag behind writes."""

    way: str
    """`hides`: lists do not show new objects; `is_old`: they also show old values."""
    resources: frozenset[str]
    """The resources whose lists lag."""
    lists: int = 0
    """The number of list requests in a run that lag; 0 for all."""
    back: int = 0
    """The number of steps by which lists lag."""

    def __str__(self) -> str:
        how_long = f"{self.lists} requests" if self.lists else "the whole run"
        what = " and ".join(sorted(self.resources))
        how = "hide new objects" if self.way == "hides" else "show old objects"
        return f"lists of {what} {how} for {how_long}, lagging by {self.back} steps"


class Trouble(Struct, frozen=True):
    """All faults of one run."""

    strikes: tuple[Strike, ...] = ()
    """Effects on single requests."""
    lag: Lag | None = None
    """Lists that lag, if any."""

    def __str__(self) -> str:
        return "; ".join(map(str, [*self.strikes, *([self.lag] if self.lag else [])]))


PEACE = Trouble()


def likely(rng: random.Random, share: float) -> bool:
    """Return True with the probability `share`."""
    return rng.random() < share


def draw(rng: random.Random) -> Trouble:
    """Draw faults for one run, sometimes none."""
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
    # If events lag, too, the duration of the lag is unknown; so they do not lag for a whole run.
    count = rng.choice((0, 1, 2, 4))
    told = ("events",) if count and likely(rng, 0.3) else ()
    way = rng.choice(("hides", "hides", "is_old"))
    return Lag(way, frozenset((*resources, *told)), count, rng.randint(0, 2))
