"""Faults on purpose: what a client must survive, at the request where it hurts."""

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
    One fault: what happens, to which requests, and how often.

    `match` is a pattern for `METHOD /path` (`POST /v1/issuing/cards*`). The first `skip` matching
    requests are let through, then `count` are hit (None: all), each with probability `chance`.

    - `delay`: the answer takes `seconds` longer; the request's key and object stay in use meanwhile.
    - `drop_before`, `drop_after`: the connection breaks, before or after the request was carried out.
    - `429`: refused as over the endpoint's limit.
    - `500_before`: fails before execution has begun: nothing written, nothing kept for its key.
    - `500_began`: fails during execution: nothing written, and the 500 is kept for its key.
    - `500_after`: written, but the answer, also the one kept for its key, is a 500.
    - `truncate`: carried out, and the connection breaks in the middle of the answer.
    - `unwritten`: answered as if carried out, but nothing is written, and nothing kept for its key.
    """

    effect: Effect
    match: str = "*"
    count: int | None = 1
    skip: int = 0
    chance: float = 1.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.effect not in get_args(Effect):
            raise ValueError(f"effect must be one of {', '.join(get_args(Effect))}")


@dataclass
class Faults:
    """The faults that are set; the same seed and requests give the same faults."""

    _faults: list[Fault] = field(default_factory=list)
    _matched: list[int] = field(default_factory=list)
    _hit: list[int] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  to be repeatable

    def replace(self, faults: Sequence[Fault], seed: int) -> None:
        """Set these faults in place of all others."""
        self._faults = list(faults)
        self._matched = [0] * len(faults)
        self._hit = [0] * len(faults)
        self._random.seed(seed)

    @property
    def hit(self) -> int:
        """How many requests were hit since the faults were set."""
        return sum(self._hit)

    def next(self, method: str, path: str) -> Fault | None:
        """The fault that this request is hit by; the first that applies."""
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
