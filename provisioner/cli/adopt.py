"""`import`: adopt live objects by writing our marks on them, and nothing else."""

from collections.abc import Sequence
from pathlib import Path

import click

from provisioner.cli.doing import do
from provisioner.cli.exits import DONE, PARTLY, exits
from provisioner.cli.options import Manner, Options, complete, stripe_only_options, write_options
from provisioner.cli.session import Session, session
from provisioner.core.adopt import Adoptions, Unclear, adopt_all, adopt_one
from provisioner.core.change import Note
from provisioner.core.estate import survey
from provisioner.core.find import Findings
from provisioner.core.model import Address, World
from provisioner.core.plan import Plan, assemble
from provisioner.core.problem import ProvisionerError
from provisioner.kinds import KINDS

ONE, TWO = 2, 3
SHOWN = 3


@click.command()
@stripe_only_options
@write_options
@click.option("--all", "every", is_flag=True, help="Match every declared resource that has no object yet.")
@click.option("--dry-run", is_flag=True, help="Show what would be adopted, and write nothing.")
@click.argument("words", nargs=-1, metavar="[PATH] ADDRESS ID | [PATH] --all", shell_complete=complete)
@exits
def command(
    options: Options,
    *,
    words: tuple[str, ...],
    every: bool,
    dry_run: bool,
    manner: Manner,
) -> int:
    """
    Adopt live objects: the object ID becomes ADDRESS, which the configuration at PATH declares.

    With --all, every declared resource without an object gets the one that fits, by name and e-mail or
    by all that is declared; exit 5 where several fit and none is taken. Only metadata is written.
    """
    path, address, identity = _words(words, every=every)
    unclear: set[Address] = set()
    with session(options.at(path)) as stripe:

        def make() -> Plan:
            world = stripe.observe()
            if address is None:
                found = adopt_all(KINDS, stripe.config, world)
                unclear.update(each.address for each in found.unclear)
                return _plan(stripe, world, found)
            return _plan(stripe, world, adopt_one(KINDS, stripe.config, world, address, identity))

        code = do(stripe, make, manner, color=options.color, dry_run=dry_run)
    return PARTLY if code == DONE and unclear else code


def _words(words: tuple[str, ...], *, every: bool) -> tuple[Path, Address | None, str]:
    if every and len(words) < ONE:
        return Path(words[0] if words else "."), None, ""
    if every or len(words) not in (ONE, TWO):
        raise ProvisionerError("give [PATH] ADDRESS ID, such as `import cards.ads ic_1Abc`, or [PATH] --all")
    section, _, name = words[-2].partition(".")
    if not name:
        raise ProvisionerError(f"{words[-2]!r} is no address; write SECTION.NAME, such as cards.ads")
    return Path(words[0] if len(words) == TWO else "."), Address(section, name), words[-1]


def _plan(stripe: Session, world: World, found: Adoptions) -> Plan:
    surveyed = survey(KINDS, stripe.config, world)
    notes = [Note(str(each.address), _told(each)) for each in found.unclear]
    if found.missing:
        text = f"no object that is free fits {_some(found.missing)}; apply makes what is missing"
        notes.append(Note("", text, pending=True))
    return assemble(KINDS, stripe.config, world, surveyed, Findings(list(found.changes), notes))


def _told(unclear: Unclear) -> str:
    ids, others = unclear.fits, unclear.others
    fit = f"{len(ids)} objects fit" if len(ids) > 1 else "1 object fits"
    fit += f" ({_some(ids)})"
    if len(ids) > len(others):
        return f"{fit}; import one of them by its id"
    return f"{fit}, but also {_some(others)}; import by its id what belongs here"


def _some(words: Sequence[object]) -> str:
    return ", ".join([*map(str, words[:SHOWN]), *(["..."] if len(words) > SHOWN else [])])
