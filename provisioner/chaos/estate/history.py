"""Random histories of an account: edits, runs under faults, and changes by hand, checked after each step."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from provisioner.chaos.embedded import Embedded, embedded
from provisioner.chaos.estate import runs, unannounced
from provisioner.chaos.estate.edits import Yaml, begin, edit, sound
from provisioner.chaos.estate.hands import copy_marks, deed
from provisioner.chaos.estate.reading import Declaration, differences, is_ours, read, standing, unfinished
from provisioner.chaos.estate.runs import NOTHING_TO_DO, Ended, Order, Saved
from provisioner.chaos.estate.trouble import PEACE, Trouble, draw, likely
from provisioner.chaos.estate.watch import Watch, ended_for, revived, too_much, wrong
from provisioner.chaos.estate.wire import Mail, Turns, Wire
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError, ProvisionerError
from provisioner.core.plan.selection import EVERYTHING, Selection

Json = dict[str, Any]
Heard = Callable[[int, "HistoryStep"], None]

STEPS = 40  # steps of one history
A_WHILE, SETTLED, DAY = (0, 1, 3, 20), 600, 90_000  # seconds
MOST_RUNS = 12  # applies after which nothing may be left to do
TOLD = 300  # characters of a message that are kept


class HistoryStep(Struct, frozen=True):
    """One step of a history."""

    number: int
    """The number of the step, from 1."""
    did: tuple[str, ...]
    """Descriptions of what was done."""
    runs: tuple[str, ...] = ()
    """One word for each run in the step: how it ended."""
    wrong: tuple[str, ...] = ()
    """Descriptions of what was wrong after the step."""


class History(Struct):
    """The state of one history."""

    seed: int
    """The seed, which decides every step."""
    sandbox: Embedded
    """The sandbox, in place of Stripe."""
    folder: Path
    """The folder of the configuration."""
    yaml: Yaml
    """The configuration in the folder, and its random edits."""
    watch: Watch
    """The objects in the sandbox, as its events show them."""
    mail: Mail = field(default_factory=Mail)
    """The requests that have not arrived yet."""
    wanted: list[Declaration] = field(default_factory=list)
    """Configurations of runs whose requests may still arrive."""
    plans: list[Saved] = field(default_factory=list)
    """Saved plans that may still be applied."""
    past: list[Json] = field(default_factory=list)
    """The objects after each step, newest last."""
    did: list[str] = field(default_factory=list)
    """Descriptions of the current step."""
    ended: list[Ended] = field(default_factory=list)
    """Runs that ended in the current step."""

    def steps(self, count: int, only: Collection[int] = ()) -> Iterator[HistoryStep]:
        """
        Run `count` steps, or only those with a number in `only`.

        Each step has its own seed, so that leaving one out does not change the others.
        """
        for number in range(1, count + 1):
            if not only or number in only:
                self.did, self.ended = [], []
                rng = random.Random(f"{self.seed}/{number}")  # noqa: S311 - to be repeatable
                self.sandbox.control("clock", {"advance": rng.choice(A_WHILE)})
                acts = APPLY_ALL if number % 8 == 0 else ACTS
                found = rng.choice(acts)(self, rng)
                self.past.append(dict(self.watch.objects))
                yield HistoryStep(
                    number,
                    tuple(self.did),
                    tuple(each.how for each in self.ended),
                    tuple(dict.fromkeys(found)),
                )

    def config(self) -> Config | None:
        """Return the current configuration, or None if its edits contradict each other."""
        try:
            return runs.load(self.yaml.text(), self.folder)
        except ConfigError as error:
            self.did.append(f"invalid configuration: {error}"[:TOLD])
            return None

    def wire(self, trouble: Trouble = PEACE, gate: Any = None) -> Wire:
        """Return a client for one run."""
        back = trouble.lag.back + 1 if trouble.lag else 1
        self.watch.lagging |= trouble.lag.resources if trouble.lag else set()
        seen = self.past[-back] if len(self.past) >= back else dict(self.watch.objects)
        return Wire(self.sandbox, self.mail, trouble, seen, *([gate] if gate else []))

    def checked(self, run: Callable[[], Sequence[Ended]], wanted: Sequence[Declaration]) -> list[str]:
        """Make runs and check every request of them; `wanted` are the configurations that they apply."""
        before, coming = dict(self.watch.objects), self.watch.coming()
        ended = run()
        self.did += [str(each)[:TOLD] for each in ended]
        self.ended += ended
        moments = self.watch.moments()
        in_play = [*self.wanted, *wanted]
        found = [str(each) for each in ended if each.how == "traceback" or "provisioner's own" in each.said]
        found += wrong(before, moments, in_play, self.watch)
        self.watch.lagging.clear()
        pulled = any(
            item["object"] == "topup" and had is None for each in moments for had, item in each.changed
        )
        found += too_much(coming, self.watch.coming(), in_play, created=pulled)
        self.wanted = in_play if self.mail.waiting else []
        return found


def history(sandbox: Embedded, folder: Path, seed: int) -> History:
    """Return a new history."""
    rng = random.Random(f"{seed}/0")  # noqa: S311 - to be repeatable
    return History(seed, sandbox, folder, begin(rng), Watch(sandbox))


def _edits(estate: History, rng: random.Random) -> None:
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        estate.did.append(f"edit: {edit(estate.yaml, rng)}")


def by_hand(estate: History, rng: random.Random) -> list[str]:
    """Change something in Stripe outside of provisioner."""
    what, answers = deed(estate.sandbox, estate.watch.objects, rng)
    estate.did.append(f"by hand: {what}")
    estate.watch.hands(answers)
    moments = estate.watch.moments()
    if any(had and is_ours(had) and not is_ours(item) for each in moments for had, item in each.changed):
        estate.past.clear()  # A list that lags would show it with ownership metadata.
        estate.mail.waiting.clear()  # A request that was sent before would, too.
    return []


def applied(estate: History, rng: random.Random) -> list[str]:
    """Edit, sometimes change something by hand, and apply under faults."""
    _edits(estate, rng)
    if likely(rng, 0.25):
        by_hand(estate, rng)
    config = estate.config()
    if config is None:
        return []
    trouble, selection = draw(rng), EVERYTHING
    if likely(rng, 0.12) and estate.yaml.cards:
        name = f"cards.{rng.choice(sorted(estate.yaml.cards))}"
        selection = rng.choice((Selection((name,)), Selection((), (name,))))
    asked = Order(config, selection, anything=likely(rng, 0.8))
    part = [f"--target {a}" for a in selection.targets] + [f"--exclude {a}" for a in selection.excludes]
    estate.did.append(" ".join(["apply", *part]) + (f" with faults: {trouble}" if str(trouble) else ""))
    wanted = read(estate.yaml.text(), in_part=selection != EVERYTHING)
    return estate.checked(lambda: [runs.apply(estate.wire(trouble), asked)], [wanted])


def at_once(estate: History, rng: random.Random) -> list[str]:
    """Run two applies at once, sometimes with different configurations."""
    _edits(estate, rng)
    one, wanted = estate.config(), [read(estate.yaml.text())]
    if likely(rng, 0.5):
        estate.did.append("in another branch at the same time:")
        _edits(estate, rng)
        wanted.append(read(estate.yaml.text()))
    other = estate.config()
    if one is None or other is None:
        return []
    turns = Turns(rng, 2)
    troubles = [draw(rng) if likely(rng, 0.4) else PEACE for _ in range(2)]
    estate.did.append(f"two applies at once; faults: {' | '.join(str(each) or 'none' for each in troubles)}")
    wires = [estate.wire(trouble, turns.gate(number)) for number, trouble in enumerate(troubles)]
    return estate.checked(lambda: runs.at_once(wires, [Order(one), Order(other)], turns.leave), wanted)


def save(estate: History, rng: random.Random) -> list[str]:
    """Edit, and save a plan."""
    _edits(estate, rng)
    if config := estate.config():
        try:
            document = runs.saved(estate.wire(), config)
        except ProvisionerError as error:
            estate.did.append(f"plan failed: {error}"[:TOLD])
        else:
            estate.plans.append(Saved(document, read(estate.yaml.text()), dict(estate.watch.objects)))
            estate.did.append(f"plan {len(estate.plans)} was saved: {asdict(document.summary)}")
    return []


def apply_saved(estate: History, rng: random.Random) -> list[str]:
    """Apply a saved plan, possibly late, a second time, or after other changes."""
    config = estate.config()
    if config is None or not estate.plans:
        return []
    number = rng.choice((len(estate.plans), len(estate.plans), rng.randint(1, len(estate.plans))))
    plan = estate.plans[number - 1]
    if likely(rng, 0.3):
        by_hand(estate, rng)
    trouble = draw(rng) if likely(rng, 0.5) else PEACE
    estate.did.append(f"apply of saved plan {number}" + (f" with faults: {trouble}" if str(trouble) else ""))
    before, late = dict(estate.watch.objects), bool(estate.mail.waiting)
    asked = Order(config, saved=plan.document)
    found = estate.checked(lambda: [runs.apply(estate.wire(trouble), asked)], [plan.wanted])
    # a late request of an earlier run does not belong to the plan
    return found if late else [*found, *revived(plan.objects, before, estate.watch.objects)]


def pass_time(estate: History, rng: random.Random) -> list[str]:
    """Let some time pass."""
    return _time(estate, rng.choice((10, SETTLED, DAY)))


def _time(estate: History, seconds: int) -> list[str]:
    estate.did.append(f"{seconds} seconds pass")
    # delayed requests arrive, and no list lags by a day
    before = dict(estate.watch.objects)
    arrived = [estate.sandbox.ask(r.method, r.target, r.headers, r.body) for r in estate.mail.all()]
    found = list(wrong(before, estate.watch.moments(), estate.wanted, estate.watch)) if arrived else []
    estate.wanted = []
    estate.sandbox.control("clock", {"advance": seconds})
    estate.sandbox.read("/v1/balance")
    estate.watch.moments()
    if seconds >= SETTLED:
        estate.past.clear()
    return found


def forge(estate: History, rng: random.Random) -> list[str]:
    """Copy a card's ownership metadata to a new card; an apply must not cancel the original for it."""
    what, answers, forged = copy_marks(estate.sandbox, estate.watch.objects, rng)
    estate.did.append(f"by hand: {what}")
    estate.watch.hands(answers)
    estate.watch.moments()
    if not forged:
        return []
    estate.watch.forged.add(forged)
    config = estate.config()
    found: list[str] = []
    if config:
        estate.did.append("apply")
        before = dict(estate.watch.objects)
        wanted = read(estate.yaml.text())
        found = estate.checked(lambda: [runs.apply(estate.wire(), Order(config))], [wanted])
        found += ended_for(forged, before, estate.watch.objects, wanted)
    answers = [estate.sandbox.write(f"/v1/issuing/cards/{forged}", {"status": "canceled"})]
    estate.did.append(f"by hand: {forged} canceled")
    estate.watch.hands(answers)
    estate.watch.moments()
    estate.past.clear()  # an old list would not show it, and generations would be counted differently
    return found


def to_the_end(estate: History, rng: random.Random) -> list[str]:
    """Apply without faults until nothing is left to do; every object must match the configuration."""
    _edits(estate, rng)
    estate.yaml = sound(estate.yaml)
    found = _time(estate, SETTLED)
    config, wanted = estate.config(), read(estate.yaml.text())
    if config is None:
        return found
    for _ in range(MOST_RUNS):
        found += _shown(estate, config, wanted)
        estate.did.append("apply without faults")
        found += estate.checked(lambda: [runs.apply(estate.wire(), Order(config))], [wanted])
        if estate.ended[-1].how != "done":
            found.append(f"an apply without faults did not complete: {estate.ended[-1]}"[:TOLD])
        found += _time(estate, SETTLED)
        if estate.ended[-1] == NOTHING_TO_DO:
            break
    else:
        found.append(f"changes remain after {MOST_RUNS} applies without faults: {estate.ended[-1]}"[:TOLD])
    found += [*unfinished(wanted, estate.watch.objects), *unannounced.unfinished(wanted, estate.sandbox)]
    coming = estate.watch.coming()
    for block in wanted.targets.values():
        if coming < block.get("top_up_below", block["target"]) - block.get("min_top_up", 0):
            found.append(
                f"the balance is {coming} and the target is {block['target']}, but there is no top-up"
            )
    return found


def _shown(estate: History, config: Config, wanted: Declaration) -> Iterator[str]:
    """Describe differences from the configuration that the plan does not show."""
    try:
        touched = {str(change.address) for change in runs.plan(estate.wire(), config).changes}
    except ProvisionerError:
        return
    objects = estate.watch.objects
    for address, block in wanted.blocks():
        found = standing(objects, address)
        if found and address not in touched:
            for name in differences(wanted, address, block, found[0], objects):
                yield f"{address} {found[0]['id']}: {name} differs, and the plan does not show it"


Act = Callable[[History, random.Random], list[str]]
ACTS: tuple[Act, ...] = (
    *(applied, applied, applied, applied, applied, applied, applied),
    *(at_once, at_once, by_hand, by_hand, pass_time, save, apply_saved, apply_saved, forge),
)
APPLY_ALL: tuple[Act, ...] = (to_the_end,)


class Failure(Struct, frozen=True):
    """A failed history."""

    seed: int
    """The seed of the history."""
    steps: tuple[HistoryStep, ...]
    """The steps that are needed for the failure."""

    @property
    def wrong(self) -> tuple[str, ...]:
        """Descriptions of what was wrong at the end."""
        return self.steps[-1].wrong

    @property
    def script(self) -> str:
        """The command-line arguments that repeat the history."""
        numbers = [step.number for step in self.steps]
        only = "" if numbers == list(range(1, numbers[-1] + 1)) else f" --only {','.join(map(str, numbers))}"
        return f"--seed {self.seed} --steps {numbers[-1]}{only}"


class Played(Struct, frozen=True):
    """The results of all histories."""

    steps: int
    """The number of steps in all histories."""
    histories: int
    """The number of histories."""
    runs: Counter[str]
    """The number of runs by how they ended."""
    failures: tuple[Failure, ...]
    """The histories that failed."""


def play(
    seed: int, steps: int, only: Collection[int] = (), heard: Heard = lambda _seed, _step: None
) -> Played:
    """Run histories with `steps` steps in total; their seeds count up from `seed`."""
    failures: list[Failure] = []
    ended: Counter[str] = Counter()
    planned = played = histories = 0
    while planned < steps:
        count = min(STEPS, steps - planned)
        done = one(seed + histories, count, only, heard)
        if done and done[-1].wrong:
            failures.append(Failure(seed + histories, tuple(done)))
        ended.update(how for step in done for how in step.runs)
        played, planned, histories = played + len(done), planned + count, histories + 1
    return Played(played, histories, ended, tuple(failures))


def one(
    seed: int, count: int, only: Collection[int] = (), heard: Heard = lambda _seed, _step: None
) -> list[HistoryStep]:
    """Run one history and return its steps up to the first failure."""
    done: list[HistoryStep] = []
    with embedded(seed) as sandbox, tempfile.TemporaryDirectory(prefix="provisioner-estate-") as folder:
        for step in history(sandbox, Path(folder), seed).steps(count, only):
            done.append(step)
            heard(seed, step)
            if step.wrong:
                break
    return done


def reduced(failure: Failure) -> Failure:
    """Reduce a failure to the steps that are needed for it, by leaving out one step after the other."""
    numbers = [step.number for step in failure.steps]
    best = failure
    for number in reversed(numbers[:-1]):
        fewer = [step.number for step in best.steps if step.number != number]
        again = one(failure.seed, numbers[-1], fewer)
        if again and again[-1].number == numbers[-1] and _sorts(again[-1].wrong) & _sorts(failure.wrong):
            best = Failure(failure.seed, tuple(again))
    return best


def _sorts(wrong: Sequence[str]) -> set[str]:
    """Return the failures without names and ids, so that they can be compared."""
    return {" ".join(word for word in text.split() if word.isalpha()) for text in wrong}
