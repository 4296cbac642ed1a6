"""Who is told: the address of a webhook, which is a secret and never shown, or a command."""

import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.net.address import AddressError, WebAddress, parse_address
from provisioner.views.values import inert

LONGEST_NAME = 60
NOBODY = "is neither an https:// address nor a command that is there"
ADDRESS = re.compile(r"(\w+:)?(//)?[\w-]+(\.[\w-]+)+(:\d+)?/|\w+://")


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's `address`, or the `words` of a command; `name` is what may be shown of it."""

    name: str
    address: WebAddress | None = field(default=None, repr=False)
    words: tuple[str, ...] = field(default=(), repr=False)


def parse_target(text: str) -> Target:
    """
    Read a target: what begins with http:// or https:// is a webhook, anything else a command.

    A command is split as a shell would, and run without one. Raises ValueError that goes on after "the
    target" and repeats nothing of it: an address without its beginning looks like a command's path.
    """
    if text.lower().startswith(("https://", "http://")):
        try:
            address = parse_address(text)
        except AddressError as error:
            raise ValueError(f"is an address that is not valid: it {error}") from None
        name = address.origin.partition("://")[2]
        return Target(f"the webhook at {inert(name)[:LONGEST_NAME]}", address=address)
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise ValueError("is a command in which a quote is not closed") from None
    if not words:
        raise ValueError("is an empty command")
    if not shutil.which(words[0]) and not Path(words[0]).is_file():
        raise ValueError(f"{NOBODY}; begin it with https://" if ADDRESS.match(text) else NOBODY)
    return Target(f"the command {inert(Path(words[0]).name)[:LONGEST_NAME]}", words=words)
