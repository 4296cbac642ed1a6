"""Histories one after the other until so many steps are played; a failing one, cut down to what it takes."""

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from msgspec import Struct

from provisioner.chaos.embedded import embedded
from provisioner.chaos.estate.history import STEPS, HistoryStep, history

Heard = Callable[[int, HistoryStep], None]


class Failure(Struct, frozen=True):
    """A history that has gone wrong: its seed, the steps that it takes, and what they did."""

    seed: int
    steps: tuple[HistoryStep, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is wrong at its end."""
        return self.steps[-1].wrong

    @property
    def script(self) -> str:
        """The arguments that play it again."""
        numbers = [step.number for step in self.steps]
        only = "" if numbers == list(range(1, numbers[-1] + 1)) else f" --only {','.join(map(str, numbers))}"
        return f"--seed {self.seed} --steps {numbers[-1]}{only}"


class Played(Struct, frozen=True):
    """What came of it all; `runs` counts how they ended."""

    steps: int
    histories: int
    runs: Counter[str]
    failures: tuple[Failure, ...]


def play(
    seed: int, steps: int, only: Collection[int] = (), heard: Heard = lambda _seed, _step: None
) -> Played:
    """Play so many steps from a seed on; each history has the seed after the one before."""
    failures: list[Failure] = []
    runs: Counter[str] = Counter()
    planned = played = histories = 0
    while planned < steps:
        count = min(STEPS, steps - planned)
        done = one(seed + histories, count, only, heard)
        if done and done[-1].wrong:
            failures.append(Failure(seed + histories, tuple(done)))
        runs.update(how for step in done for how in step.runs)
        played, planned, histories = played + len(done), planned + count, histories + 1
    return Played(played, histories, runs, tuple(failures))


def one(
    seed: int, count: int, only: Collection[int] = (), heard: Heard = lambda _seed, _step: None
) -> list[HistoryStep]:
    """The steps of one history, up to the first after which something is wrong."""
    done: list[HistoryStep] = []
    with embedded(seed) as sandbox, tempfile.TemporaryDirectory(prefix="provisioner-estate-") as folder:
        for step in history(sandbox, Path(folder), seed).steps(count, only):
            done.append(step)
            heard(seed, step)
            if step.wrong:
                break
    return done


def reduced(failure: Failure) -> Failure:
    """The same failure with as few steps as it takes, found by leaving out one after the other."""
    numbers = [step.number for step in failure.steps]
    best = failure
    for number in reversed(numbers[:-1]):
        fewer = [step.number for step in best.steps if step.number != number]
        again = one(failure.seed, numbers[-1], fewer)
        if again and again[-1].number == numbers[-1] and _sorts(again[-1].wrong) & _sorts(failure.wrong):
            best = Failure(failure.seed, tuple(again))
    return best


def _sorts(wrong: Sequence[str]) -> set[str]:
    """The sorts of what is wrong: its words, whatever the names and ids in them."""
    return {" ".join(word for word in text.split() if word.isalpha()) for text in wrong}
