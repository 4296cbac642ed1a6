"""A policy: guardrails from outside of the configuration, which can only tighten its own."""

from collections.abc import Sequence
from pathlib import Path

from provisioner.config.build.resources import problem_in
from provisioner.config.build.sections import Block, Piece
from provisioner.config.build.settings import MONEY, guardrails
from provisioner.config.load import in_order
from provisioner.config.schema.validate import shapes_of
from provisioner.config.text.document import open_document
from provisioner.config.text.outside import Outside
from provisioner.config.text.scalar import BROKEN
from provisioner.core.model.config import Guardrails
from provisioner.core.model.errors import ConfigError, Problem, Where
from provisioner.core.schema.kind import Kind

SECTION = "guardrails"
NO_CURRENCY = 'a policy names the currency of an amount, such as "20,000.00 USD", or amounts by currency'


def load_policy(file: Path, kinds: Sequence[Kind]) -> Guardrails:
    """
    Read a policy: a YAML file with the keys of a configuration's `guardrails`.

    Amounts name their currency: those of the configuration are for its author to choose. Raises ConfigError
    that carries all problems with their lines.
    """
    problems: list[Problem] = []
    document = open_document(file, problems, Outside(file.parent, {}))
    for misfit in shapes_of(kinds).misfits("file", {SECTION: document.value}):
        if misfit.value is not BROKEN:
            path = misfit.path[1:]
            problems.append(problem_in(document, misfit._replace(path=path), path[:-1]))
    blocks = {
        name: Block("", name, (Piece(document, (name,)),), value) for name, value in document.value.items()
    }
    problems += [
        Problem(document.where((name,)), name, NO_CURRENCY)
        for name in MONEY
        if name in blocks and isinstance(blocks[name].value, int)
    ]
    if not problems and not any(block.value is not None for block in blocks.values()):
        says = "a policy has at least one guardrail, such as `max_retired: 5`"
        problems.append(Problem(Where(str(file), 1, 1), "", says))
    limits = Guardrails() if problems else guardrails(blocks, (), problems)
    if problems:
        raise ConfigError(in_order(problems))
    return limits
