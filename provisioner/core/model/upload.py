"""Files that Stripe receives apart from the object that refers to them; plain data."""

import hashlib

from msgspec import Struct


class Upload(Struct, frozen=True, repr_omit_defaults=True):
    """A file of the configuration's folder, with its content."""

    name: str
    """Its path as the YAML has it."""
    content: bytes
    """Its content."""
    purpose: str
    """Stripe's name of what it is for: `issuing_logo`."""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of its content: the same content is uploaded once."""
        return hashlib.sha256(self.content).hexdigest()

    def __str__(self) -> str:
        return f"{self.name} (sha256 {self.digest[:12]})"

    def __repr__(self) -> str:
        return f"Upload({self})"
