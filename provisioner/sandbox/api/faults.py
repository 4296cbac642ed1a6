"""Deliberate faults at chosen requests, for tests of clients."""

import fnmatch
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

Effect = Literal[
    "delay",
    "drop_before",
    "drop_after",
    "429",
    "500_before",
    "500_began",
    "500_after",
    "truncate",
    "unwritten",
]


@dataclass(frozen=True)
class Fault:
    """
    A fault that hits some requests. Its effect is one of:

    - `delay`: the response takes `seconds` longer; until then, the request's key and object stay in use.
    - `drop_before`, `drop_after`: the connection breaks before or after the request is carried out.
    - `429`: rejected for the endpoint's rate limit.
    - `500_before`: fails before execution begins: nothing is written or stored for its key.
    - `500_began`: fails during execution: nothing is written, and the 500 is stored for its key.
    - `500_after`: carried out, but the response is a 500, which is also stored for its key.
    - `truncate`: carried out, but the connection breaks in the middle of the response.
    - `unwritten`: the response confirms the write, but nothing is written or stored for its key.
    """

    effect: Effect
    """One of the effects above."""
    match: str = "*"
    """A pattern for `METHOD /path` (`POST /v1/issuing/cards*`)."""
    count: int | None = 1
    """The number of matching requests that are hit; None for all."""
    skip: int = 0
    """The number of matching requests before the first that is hit."""
    chance: float = 1.0
    """The probability with which each of them is hit."""
    seconds: float = 0.0
    """The seconds of a `delay`."""

    def __post_init__(self) -> None:
        if self.effect not in get_args(Effect):
            raise ValueError(f"effect must be one of {', '.join(get_args(Effect))}")


@dataclass
class Faults:
    """The faults that are set; with the same seed, the same requests are hit."""

    _faults: list[Fault] = field(default_factory=list)
    _matched: list[int] = field(default_factory=list)
    _hit: list[int] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  to be repeatable

    def replace(self, faults: Sequence[Fault], seed: int) -> None:
        """Replace all faults by these."""
        self._faults = list(faults)
        self._matched = [0] * len(faults)
        self._hit = [0] * len(faults)
        self._random.seed(seed)

    @property
    def hit(self) -> int:
        """The number of requests that were hit since the faults were set."""
        return sum(self._hit)

    def next(self, method: str, path: str) -> Fault | None:
        """Return the first fault that applies to this request, or None."""
        for i, fault in enumerate(self._faults):
            if not fnmatch.fnmatchcase(f"{method} {path}", fault.match):
                continue
            self._matched[i] += 1
            spent = fault.count is not None and self._hit[i] >= fault.count
            if self._matched[i] <= fault.skip or spent or self._random.random() >= fault.chance:
                continue
            self._hit[i] += 1
            return fault
        return None
