"""Plain YAML, line by line: what nearly every file is made of, at a fraction of a parser's cost.

Taken is a small part of YAML on which there can be no two opinions: block mappings and lists, values on
the line of their key, quoted texts without escapes, flow collections on one line, remarks. At the first
line that is anything else the whole text is left to `read`, which knows all of YAML and every mistake.
"""

import re
from typing import Any

from msgspec import Struct, field

from provisioner.config.inline import DEEPEST, NotPlainError, Values
from provisioner.config.layout import ENTRY, Layout, layout_of
from provisioner.config.scalar import plain

BLOCK_DEPTH = 2  # a section, and the names in it
LONG = 16  # blocks of a text from which on it is worth it to learn how they are laid out
LAYOUTS = 8  # how many are tried to be learned

_LINE = re.compile(rf"^( *){ENTRY}$|^(.*)$", re.MULTILINE)  # every line is one match: an entry, or any other
_ENTRY = re.compile(ENTRY)
_ITEM = re.compile(r"( *)-( +)([^ ].*)")
_NONE: Any = object()


class Plain(Struct):
    """What a plain text holds: its value, and the positions of its named blocks."""

    value: dict[str, Any] = field(default_factory=dict)
    blocks: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


def read_plain(text: str) -> Plain | None:
    """Read a text that is plain; None for any other."""
    # no tabs, carriage returns or control characters, nor line breaks that only some readers know
    if not text.replace("\n", "").isprintable():
        return None
    try:
        return _Lines(text).run()
    except NotPlainError:
        return None


class _Lines(Struct):
    """Where the reading is: the open collections with their indents, and a key whose value comes below."""

    text: str
    position: int = 0
    number: int = 1  # of the line
    section: str = ""
    begun: int | None = None  # the position of the block that is being read line by line
    out: Plain = field(default_factory=Plain)
    open: list[tuple[int, Any]] = field(default_factory=list)
    pending: Any = _NONE
    keys: dict[str, str] = field(default_factory=dict)
    values: Values = field(default_factory=Values)
    layouts: list[Layout] = field(default_factory=list)
    tried: int = 0  # blocks of which the layout was to be learned

    def run(self) -> Plain | None:
        self.open.append((0, self.out.value))
        while self.lines():
            pass
        return self.out if self.pending is _NONE and self.out.value else None

    def lines(self) -> bool:
        """Read line by line; whether there is more, behind blocks that were read as a whole."""
        opened, keys, values = self.open, self.keys, self.values.known
        for number, line in enumerate(_LINE.finditer(self.text, self.position), self.number):
            spaces, key, behind, other = line.groups("")
            if not key:
                self.other(other)
                continue
            indent = len(spaces)
            last, here = opened[-1]
            if indent != last or self.pending is not _NONE or type(here) is list:
                here = self.at(indent)
            known = keys.get(key)
            if known is None or known in here:
                known = self.new(here, key)
            if len(opened) == BLOCK_DEPTH:
                self.position, self.number = line.start(), number
                if self.alike(here, indent):
                    return True
                self.out.blocks[self.section, known] = (number, indent + 1)
            elif not indent:
                self.section = known
                if behind[:1] == "{":
                    raise NotPlainError  # whose names have positions of their own
            here[known] = value = values.get(behind) if behind else None
            if value is None:
                self.put(here, known, behind)
        return False

    def alike(self, here: dict[str, Any], indent: int) -> bool:
        """Read the blocks from this line on that are laid out as one before; whether there were any."""
        first = self.position
        if len(here) >= LONG:
            self.learn()
            layouts = [each for each in self.layouts if each.indent == indent]
            while found := _laid_out(layouts, self.text, self.position):
                layout, block = found
                name, *texts = block.groups()
                here[self.new(here, name)] = layout.block(map(self.values.of, texts))
                self.out.blocks[self.section, name] = (self.number, indent + 1)
                self.position = block.end()
                self.number += block[0].count("\n")
        self.begun = first if first == self.position else None
        return self.begun is None

    def learn(self) -> None:
        """Learn how the block is laid out that has just been read line by line."""
        if self.begun is not None and self.tried < LAYOUTS:
            self.tried += 1
            if layout := layout_of(self.text[self.begun : self.position]):
                self.layouts.append(layout)

    def new(self, here: dict[str, Any], key: str) -> str:
        """A key that is a text and not there yet; the same object for the same key, but for names."""
        if key in here or type(plain(key)) is not str:
            raise NotPlainError
        if len(self.open) != BLOCK_DEPTH:
            self.keys[key] = key
        return key

    def put(self, here: dict[str, Any], key: str, behind: str) -> None:
        """Give a key the value that is written behind it, or wait for the one that comes below."""
        if not behind or behind[0] == "#":
            here[key] = None
            self.pending = key
        else:
            here[key] = self.values.of(behind)

    def at(self, indent: int) -> Any:
        """The mapping that an entry with this indent belongs to; opens and closes on the way."""
        if self.pending is not _NONE:
            return self.below(indent, {}, self.open[-1][0] + 1)
        last, here = self.close(indent)
        if indent == last and type(here) is list and len(self.open) > 1:
            self.open.pop()  # its items stood as far out as the key that it is under
            last, here = self.open[-1]
        if indent != last or type(here) is not dict:
            raise NotPlainError
        return here

    def close(self, indent: int) -> tuple[int, Any]:
        """Close what lies deeper than an indent; returns what is open then."""
        while indent < self.open[-1][0]:
            self.open.pop()
        return self.open[-1]

    def below(self, indent: int, new: Any, least: int) -> Any:
        """Open a collection under the key that waits for one."""
        if indent < least or len(self.open) > DEEPEST:
            raise NotPlainError
        self.open[-1][1][self.pending] = new
        self.pending = _NONE
        self.open.append((indent, new))
        return new

    def other(self, line: str) -> None:
        """A line that is no entry of a mapping: nothing, a remark, or an item of a list."""
        bare = line.lstrip(" ")
        if not bare or bare[0] == "#":
            return
        item = _ITEM.fullmatch(line)
        if item is None:
            raise NotPlainError
        spaces, gap, text = item.groups()
        indent = len(spaces)
        if self.pending is not _NONE:
            here = self.below(indent, [], self.open[-1][0])
        else:
            last, here = self.close(indent)
            if indent != last or type(here) is not list:
                raise NotPlainError
        entry = _ENTRY.fullmatch(text)
        here.append({} if entry else self.values.of(text))
        if entry:
            self.first(here[-1], indent + 1 + len(gap), entry[1], entry[2] or "")

    def first(self, row: dict[str, Any], indent: int, key: str, behind: str) -> None:
        """The entry on the line of an item, which opens a mapping that others go on with."""
        if len(self.open) > DEEPEST:
            raise NotPlainError
        self.open.append((indent, row))
        self.put(row, self.new(row, key), behind)


def _laid_out(layouts: list[Layout], text: str, position: int) -> tuple[Layout, re.Match[str]] | None:
    for layout in layouts:
        if block := layout.pattern.match(text, position):
            return layout, block
    return None
