"""Targets of notices: a webhook, whose address is secret and never shown, or a command."""

import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.net.address import AddressError, WebAddress, parse_address
from provisioner.views.values import inert

LONGEST_NAME = 60
NOBODY = "is neither an https:// address nor a command that exists"
ADDRESS = re.compile(r"(\w+:)?(//)?[\w-]+(\.[\w-]+)+(:\d+)?/|\w+://")


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook or a command that receives notices."""

    name: str
    """The name, the only part that may be shown."""
    address: WebAddress | None = field(default=None, repr=False)
    """The address of a webhook."""
    words: tuple[str, ...] = field(default=(), repr=False)
    """The words of a command."""


def parse_target(text: str) -> Target:
    """
    Read a target: a text that begins with http:// or https:// is a webhook, any other a command.

    A command is split like in a shell, and run without one. Raises ValueError with the rest of a sentence
    about the target. It does not repeat the text, which may be a secret address without its scheme.
    """
    if text.lower().startswith(("https://", "http://")):
        try:
            address = parse_address(text)
        except AddressError as error:
            raise ValueError(f"is not a valid address: it {error}") from None
        name = address.origin.partition("://")[2]
        return Target(f"the webhook at {inert(name)[:LONGEST_NAME]}", address=address)
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise ValueError("is a command with an unclosed quote") from None
    if not words:
        raise ValueError("is an empty command")
    if not shutil.which(words[0]) and not Path(words[0]).is_file():
        raise ValueError(f"{NOBODY}; an address must begin with https://" if ADDRESS.match(text) else NOBODY)
    return Target(f"the command {inert(Path(words[0]).name)[:LONGEST_NAME]}", words=words)
