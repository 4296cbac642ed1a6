"""Which values must not be shown, and which objects hold some."""

from collections.abc import Iterable, Iterator

from provisioner.core.diff.change import Change
from provisioner.core.diff.compare import hidden
from provisioner.core.model.config import Config
from provisioner.core.schema.field import Field
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import leaves


def hidden_texts(kinds: Iterable[Kind], config: Config) -> Iterator[str]:
    """Yield every value in a configuration that must not be shown, as text."""
    by_section = {kind.section: kind for kind in kinds}
    for address, declared in config.declared.items():
        for path, field, value in leaves(by_section[address.section].fields, declared.fields):
            if hidden(field, path, declared.sensitive):
                yield from map(str, value if isinstance(value, tuple) else (value,))


def hiding_fields(fields: Iterable[Field]) -> frozenset[str]:
    """The names of the fields that are sensitive, or have a part that is."""
    return frozenset(field.name for field in fields if field.sensitive or hiding_fields(field.fields))


def holds_hidden(hiding: frozenset[str], change: Change) -> bool:
    """Whether the object of a change has values that must not be shown, in the configuration or in Stripe."""
    sides = [side.fields for side in (change.declared, change.live) if side]
    hides = any(name in hiding for fields in sides for name in fields)
    return hides or bool(change.declared and change.declared.sensitive)
