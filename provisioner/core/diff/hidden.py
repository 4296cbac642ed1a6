"""Values that must not be shown: the rule, the mask, and a list of all in a configuration."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from provisioner.core.model.config import Config
from provisioner.core.model.resource import MASK, Ref
from provisioner.core.model.upload import Upload
from provisioner.core.schema.field import Field
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import leaves, to_wire

_INDEX = re.compile(r"\[\d+\]")


def hidden(field: Field, path: str, sensitive: frozenset[str]) -> bool:
    """Return True if the value at `path` must not be shown, because of its field or its origin."""
    if field.sensitive or not sensitive:
        return field.sensitive
    plain = _INDEX.sub("", path)
    return any(
        plain == hid or plain.startswith(f"{hid}.") or hid.startswith(f"{plain}.") for hid in sensitive
    )


def mask(value: Any, hide: bool) -> Any:
    """
    Return the masked form of a value, as JSON: None is not masked, and a reference is shown by its
    address.
    """
    if hide and value is not None:
        return MASK
    return str(value) if isinstance(value, Ref | Upload) else to_wire(value)


def hidden_texts(kinds: Iterable[Kind], config: Config) -> Iterator[str]:
    """Yield every value in a configuration that must not be shown, as text."""
    by_section = {kind.section: kind for kind in kinds}
    for address, declared in config.declared.items():
        for path, field, value in leaves(by_section[address.section].fields, declared.fields):
            if hidden(field, path, declared.sensitive):
                yield from map(str, value if isinstance(value, tuple) else (value,))
