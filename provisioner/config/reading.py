"""What comes of reading a YAML text, by whichever of the two readers."""

from typing import Any, NamedTuple

from msgspec import Struct, field

from provisioner.config.quick import read_plain


class Slip(NamedTuple):
    """Something wrong with the text itself: line and column from 1, the keys that lead there, the words."""

    line: int
    column: int
    path: tuple[Any, ...]
    text: str


class Reading(Struct):
    """What a text holds: its value, its slips, and the positions of the blocks (`("cards", "ads")`).

    `sound` says whether the whole text could be read, `empties` whether it holds nulls or empty collections.
    """

    value: Any = None
    slips: list[Slip] = field(default_factory=list)
    blocks: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    sound: bool = True
    empties: bool = False


def read(text: str) -> Reading:
    """Read one YAML text; never raises."""
    if easy := read_plain(text):
        return Reading(easy.value, blocks=easy.blocks)
    from provisioner.config.read import read_in_full  # noqa: PLC0415 - plain texts need no parser

    return read_in_full(text)
