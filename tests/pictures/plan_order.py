"""The order of a plan: its phases, and how much can be spent while it is applied."""

from collections.abc import Iterator

from pictures.svg import box, path, svg, text
from provisioner.core.plan.call import Phase

# of each phase: how it moves what can be spent, its color, and what happens in it
PHASES: dict[Phase, tuple[int, str, tuple[str, ...]]] = {
    Phase.TIGHTEN: (-2, "lowers", ("lower limits,", "deactivate,", "cancel")),
    Phase.PREPARE: (0, "box", ("complete", "cardholders")),
    Phase.CREATE: (1, "raises", ("cardholders,", "then cards")),
    Phase.FINISH: (-1, "lowers", ("end what was", "replaced")),
    Phase.UPDATE: (1, "raises", ("raise limits", "of cards")),
    Phase.ACTIVATE: (1, "raises", ("activate", "cards")),
    Phase.WIDEN: (1, "raises", ("raise limits of", "cardholders")),
    Phase.MONEY: (0, "money", ("top up", "balances")),
}
WIDTH, EDGE, GAP, TOP = 960, 24, 8, 236
CELL = (WIDTH - 2 * EDGE + GAP) / len(PHASES)
LEGEND = (("lowers", "lowers spending"), ("raises", "raises spending"), ("money", "moves money"))
BEFORE, AFTER = 3, 4  # what can be spent, in the configuration of the last apply and in this one


def plan_order() -> str:
    """Return the picture."""
    title = "The phases of an apply, and how much can be spent during each of them"
    return svg(WIDTH, TOP + 152, title, [*_curve(), *_phases(), *_legend()])


def level(spent: int) -> float:
    """Return the height at which an amount is drawn."""
    return TOP - 30 - 32 * spent


def _curve() -> Iterator[str]:
    end = WIDTH - EDGE
    yield text(EDGE, 32, "What all cards together can spend", "soft")
    yield path(f"M {EDGE} {level(AFTER):g} H {end}", "bound")
    yield text(
        EDGE, level(AFTER) - 7, "the new configuration, here the more permissive one: never exceeded", "soft"
    )
    yield path(f"M {EDGE} {level(BEFORE):g} H {EDGE + 2 * CELL:g}", "bound")
    yield text(EDGE + 0.6 * CELL, level(BEFORE) - 7, "the old configuration", "soft")
    spent = BEFORE
    line = f"M {EDGE} {level(spent):g}"
    for number, (moves, _, _) in enumerate(PHASES.values()):
        spent += moves
        line += f" H {EDGE + (number + 0.5) * CELL - GAP / 2:g} V {level(spent):g}"
    assert spent == AFTER
    yield path(f"{line} H {end}", "curve")


def _phases() -> Iterator[str]:
    for number, (phase, (_, kind, words)) in enumerate(PHASES.items()):
        x = EDGE + number * CELL
        yield box(x, TOP, CELL - GAP, 96, kind)
        yield text(x + (CELL - GAP) / 2, TOP + 26, phase.name.lower(), "name mid")
        for row, line in enumerate(words):
            yield text(x + (CELL - GAP) / 2, TOP + 48 + 17 * row, line, "soft mid")


def _legend() -> Iterator[str]:
    for number, (kind, words) in enumerate(LEGEND):
        x = EDGE + 150 * number
        yield box(x, TOP + 116, 16, 16, kind)
        yield text(x + 24, TOP + 129, words, "soft")
    yield text(
        EDGE + 450, TOP + 129, "A phase starts when all steps of the one before it have ended.", "soft"
    )
