"""One history of an estate, by a seed: edits, runs in trouble, hands in between; checked after each step."""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from provisioner.chaos.embedded import Embedded
from provisioner.chaos.estate import runs
from provisioner.chaos.estate.edits import Yaml, begin, edit, sound
from provisioner.chaos.estate.hands import copy_marks, deed
from provisioner.chaos.estate.reading import Declaration, differences, is_ours, read, standing, unfinished
from provisioner.chaos.estate.runs import NOTHING_TO_DO, Ended, Order
from provisioner.chaos.estate.trouble import PEACE, Trouble, draw, likely
from provisioner.chaos.estate.watch import Watch, ended_for, revived, too_much, wrong
from provisioner.chaos.estate.wire import Mail, Turns, Wire
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError, ProvisionerError
from provisioner.core.plan.document import PlanDocument
from provisioner.core.plan.selection import EVERYTHING, Selection

Json = dict[str, Any]

STEPS = 40  # of one history
A_WHILE, SETTLED, DAY = (0, 1, 3, 20), 600, 90_000  # seconds
MOST_RUNS = 12  # until an apply has nothing left to do
TOLD = 300  # characters of what a run said


class HistoryStep(Struct, frozen=True):
    """One step: its number, counted from 1, what it did, line by line, and what was wrong after it.

    `runs` is how the runs in it ended, in a word each.
    """

    number: int
    did: tuple[str, ...]
    runs: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


class Saved(Struct, frozen=True):
    """A saved plan: the document, the YAML it was made of, and the objects as they were then."""

    document: PlanDocument
    wanted: Declaration
    objects: Json


class History(Struct):
    """An estate and all that is known of it from the side."""

    seed: int
    sandbox: Embedded
    folder: Path
    yaml: Yaml
    watch: Watch
    mail: Mail = field(default_factory=Mail)
    wanted: list[Declaration] = field(default_factory=list)  # of runs whose requests may still arrive
    plans: list[Saved] = field(default_factory=list)
    past: list[Json] = field(default_factory=list)  # the objects after each step, the newest last
    did: list[str] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)  # the runs of this step

    def steps(self, count: int, only: Collection[int] = ()) -> Iterator[HistoryStep]:
        """
        Play so many steps; with `only`, of those numbers.

        Each has a seed of its own, so that one can be left out without the others being different.
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
        """The configuration as it is, None where its edits do not go together."""
        try:
            return runs.load(self.yaml.text(), self.folder)
        except ConfigError as error:
            self.did.append(f"not sound: {error}"[:TOLD])
            return None

    def wire(self, trouble: Trouble = PEACE, gate: Any = None) -> Wire:
        """A client for one run."""
        back = trouble.lag.back + 1 if trouble.lag else 1
        seen = self.past[-back] if len(self.past) >= back else dict(self.watch.objects)
        return Wire(self.sandbox, self.mail, trouble, seen, *([gate] if gate else []))

    def checked(self, run: Callable[[], Sequence[Ended]], wanted: Sequence[Declaration]) -> list[str]:
        """Make runs and check every moment of them; `wanted` are the YAMLs that they may bring about."""
        before, coming = dict(self.watch.objects), self.watch.coming()
        ended = run()
        self.did += [str(each)[:TOLD] for each in ended]
        self.ended += ended
        moments = self.watch.moments()
        in_play = [*self.wanted, *wanted]
        found = [str(each) for each in ended if each.how == "traceback" or "provisioner's own" in each.said]
        found += wrong(before, moments, in_play, self.watch)
        pulled = any(
            item["object"] == "topup" and had is None for each in moments for had, item in each.changed
        )
        found += too_much(coming, self.watch.coming(), in_play, created=pulled)
        self.wanted = in_play if self.mail.waiting else []
        return found


def history(sandbox: Embedded, folder: Path, seed: int) -> History:
    """A new history."""
    rng = random.Random(f"{seed}/0")  # noqa: S311 - to be repeatable
    return History(seed, sandbox, folder, begin(rng), Watch(sandbox))


def _edits(play: History, rng: random.Random) -> None:
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        play.did.append(f"edit: {edit(play.yaml, rng)}")


def by_hand(play: History, rng: random.Random) -> list[str]:
    """Somebody does something without provisioner."""
    what, answers = deed(play.sandbox, play.watch.objects, rng)
    play.did.append(f"hand: {what}")
    play.watch.hands(answers)
    moments = play.watch.moments()
    if any(had and is_ours(had) and not is_ours(item) for each in moments for had, item in each.changed):
        play.past.clear()  # an old list would show it as ours
        play.mail.waiting.clear()  # and so would a request that was sent while it was
    return []


def applied(play: History, rng: random.Random) -> list[str]:
    """Edits, at times a hand, and an apply in trouble."""
    _edits(play, rng)
    if likely(rng, 0.25):
        by_hand(play, rng)
    config = play.config()
    if config is None:
        return []
    trouble, selection = draw(rng), EVERYTHING
    if likely(rng, 0.12) and play.yaml.cards:
        name = f"cards.{rng.choice(sorted(play.yaml.cards))}"
        selection = rng.choice((Selection((name,)), Selection((), (name,))))
    asked = Order(config, selection, anything=likely(rng, 0.8))
    part = [f"--target {a}" for a in selection.targets] + [f"--exclude {a}" for a in selection.excludes]
    play.did.append(f"apply {' '.join(part)}; {trouble}")
    wanted = read(play.yaml.text(), in_part=selection != EVERYTHING)
    return play.checked(lambda: [runs.apply(play.wire(trouble), asked)], [wanted])


def at_once(play: History, rng: random.Random) -> list[str]:
    """Two applies at once, at times of different YAML."""
    _edits(play, rng)
    one, wanted = play.config(), [read(play.yaml.text())]
    if likely(rng, 0.5):
        play.did.append("meanwhile, in another branch:")
        _edits(play, rng)
        wanted.append(read(play.yaml.text()))
    other = play.config()
    if one is None or other is None:
        return []
    turns = Turns(rng, 2)
    troubles = [draw(rng) if likely(rng, 0.4) else PEACE for _ in range(2)]
    play.did.append(f"two applies at once; {troubles[0]} | {troubles[1]}")
    wires = [play.wire(trouble, turns.gate(number)) for number, trouble in enumerate(troubles)]
    return play.checked(lambda: runs.at_once(wires, [Order(one), Order(other)], turns.leave), wanted)


def save(play: History, rng: random.Random) -> list[str]:
    """A plan that is saved, after some edits."""
    _edits(play, rng)
    if config := play.config():
        try:
            document = runs.saved(play.wire(), config)
        except ProvisionerError as error:
            play.did.append(f"no plan to save: {error}"[:TOLD])
        else:
            play.plans.append(Saved(document, read(play.yaml.text()), dict(play.watch.objects)))
            play.did.append(f"plan number {len(play.plans)} is saved: {asdict(document.summary)}")
    return []


def apply_saved(play: History, rng: random.Random) -> list[str]:
    """A saved plan that is applied, late, again, or after others have done something."""
    config = play.config()
    if config is None or not play.plans:
        return []
    number = rng.choice((len(play.plans), len(play.plans), rng.randint(1, len(play.plans))))
    plan = play.plans[number - 1]
    if likely(rng, 0.3):
        by_hand(play, rng)
    trouble = draw(rng) if likely(rng, 0.5) else PEACE
    play.did.append(f"apply of saved plan {number}; {trouble}")
    before, late = dict(play.watch.objects), bool(play.mail.waiting)
    asked = Order(config, saved=plan.document)
    found = play.checked(lambda: [runs.apply(play.wire(trouble), asked)], [plan.wanted])
    # a request of an earlier run that arrives meanwhile is not the plan's
    return found if late else [*found, *revived(plan.objects, before, play.watch.objects)]


def pass_time(play: History, rng: random.Random) -> list[str]:
    """Some time passes."""
    return _time(play, rng.choice((10, SETTLED, DAY)))


def _time(play: History, seconds: int) -> list[str]:
    play.did.append(f"{seconds} seconds pass")
    # what was on its way arrives; and no list is a day behind
    before = dict(play.watch.objects)
    arrived = [play.sandbox.ask(r.method, r.target, r.headers, r.body) for r in play.mail.all()]
    found = list(wrong(before, play.watch.moments(), play.wanted, play.watch)) if arrived else []
    play.wanted = []
    play.sandbox.control("clock", {"advance": seconds})
    play.sandbox.read("/v1/balance")
    play.watch.moments()
    if seconds >= SETTLED:
        play.past.clear()
    return found


def forge(play: History, rng: random.Random) -> list[str]:
    """A copy of a card's marks: an apply may refuse to go on, and never ends the true one for it."""
    what, answers, forged = copy_marks(play.sandbox, play.watch.objects, rng)
    play.did.append(f"hand: {what}")
    play.watch.hands(answers)
    play.watch.moments()
    if not forged:
        return []
    play.watch.forged.add(forged)
    config = play.config()
    found: list[str] = []
    if config:
        play.did.append("apply")
        before = dict(play.watch.objects)
        wanted = read(play.yaml.text())
        found = play.checked(lambda: [runs.apply(play.wire(), Order(config))], [wanted])
        found += ended_for(forged, before, play.watch.objects, wanted)
    answers = [play.sandbox.write(f"/v1/issuing/cards/{forged}", {"status": "canceled"})]
    play.did.append(f"hand: {forged} is canceled")
    play.watch.hands(answers)
    play.watch.moments()
    play.past.clear()  # an old list would not show it, and count generations otherwise
    return found


def to_the_end(play: History, rng: random.Random) -> list[str]:
    """Trouble is over: applies until there is nothing left to do, and everything is as declared."""
    _edits(play, rng)
    play.yaml = sound(play.yaml)
    found = _time(play, SETTLED)
    config, wanted = play.config(), read(play.yaml.text())
    if config is None:
        return found
    for _ in range(MOST_RUNS):
        found += _shown(play, config, wanted)
        play.did.append("apply, in peace")
        found += play.checked(lambda: [runs.apply(play.wire(), Order(config))], [wanted])
        if play.ended[-1].how != "done":
            found.append(f"an apply in peace is not done: {play.ended[-1]}"[:TOLD])
        found += _time(play, SETTLED)
        if play.ended[-1] == NOTHING_TO_DO:
            break
    else:
        found.append(f"after {MOST_RUNS} applies in peace: {play.ended[-1]}"[:TOLD])
    found += unfinished(wanted, play.watch.objects)
    coming = play.watch.coming()
    for block in wanted.targets.values():
        if coming < block.get("top_up_below", block["target"]) - block.get("min_top_up", 0):
            found.append(f"the balance is {coming}, the target {block['target']}, and nothing is topped up")
    return found


def _shown(play: History, config: Config, wanted: Declaration) -> Iterator[str]:
    """What differs and the plan does not show."""
    try:
        touched = {str(change.address) for change in runs.plan(play.wire(), config).changes}
    except ProvisionerError:
        return
    objects = play.watch.objects
    for address, block in wanted.blocks():
        found = standing(objects, address)
        if found and address not in touched:
            for name in differences(wanted, address, block, found[0], objects):
                yield f"{address} {found[0]['id']}: {name} is not as declared, and the plan does not say so"


Act = Callable[[History, random.Random], list[str]]
ACTS: tuple[Act, ...] = (
    *(applied, applied, applied, applied, applied, applied, applied),
    *(at_once, at_once, by_hand, by_hand, pass_time, save, apply_saved, apply_saved, forge),
)
APPLY_ALL: tuple[Act, ...] = (to_the_end,)
