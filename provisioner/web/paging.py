"""One page of a long table."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

PAGE = 50
T = TypeVar("T")


class TablePage(Struct, Generic[T], frozen=True):
    """The rows of one page."""

    rows: Sequence[T]
    """The rows."""
    number: int
    """The number of the page, from 1 on."""
    pages: int
    """The number of pages; at least 1."""
    total: int
    """The number of rows on all pages."""

    @property
    def first(self) -> int:
        """Return the number of the first row, from 1 on; 0 if there is none."""
        return (self.number - 1) * PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Return the number of the last row."""
        return self.first + len(self.rows) - 1 if self.rows else 0


def page_of(rows: Sequence[T], asked: str) -> TablePage[T]:
    """Return the page with the number that was asked for, or the nearest one that exists."""
    pages = max(1, -(-len(rows) // PAGE))
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("1000000") else 1
    number = min(max(wanted, 1), pages)
    return TablePage(rows[(number - 1) * PAGE : number * PAGE], number, pages, len(rows))
