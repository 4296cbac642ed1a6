"""The pictures of the documentation: drawn from what they are about, or taken of it in a real browser."""

from pathlib import Path

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
