"""Files that are uploaded to Stripe separately from the object that refers to them; plain data."""

import hashlib

from msgspec import Struct


class Upload(Struct, frozen=True, repr_omit_defaults=True):
    """A file from the configuration's folder, with its content."""

    name: str
    """Its path as written in the YAML."""
    content: bytes
    """Its content."""
    purpose: str
    """Stripe's name for its purpose: `issuing_logo`."""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of its content; equal content is uploaded only once."""
        return hashlib.sha256(self.content).hexdigest()

    def __str__(self) -> str:
        return f"{self.name} (sha256 {self.digest[:12]})"

    def __repr__(self) -> str:
        return f"Upload({self})"
