"""One page of a long table."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

PAGE = 50
T = TypeVar("T")


class TablePage(Struct, Generic[T], frozen=True):
    """The rows on one page of a table."""

    rows: Sequence[T]
    """The rows."""
    number: int
    """The number of the page, counted from 1."""
    pages: int
    """The number of pages; at least 1."""
    total: int
    """The number of rows on all pages."""

    @property
    def first(self) -> int:
        """Return the number of the page's first row, counted from 1; 0 if there are no rows."""
        return (self.number - 1) * PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Return the number of the page's last row."""
        return self.first + len(self.rows) - 1 if self.rows else 0


def page_of(rows: Sequence[T], asked: str) -> TablePage[T]:
    """Return the requested page, or the nearest one if that does not exist."""
    pages = max(1, -(-len(rows) // PAGE))
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("1000000") else 1
    number = min(max(wanted, 1), pages)
    return TablePage(rows[(number - 1) * PAGE : number * PAGE], number, pages, len(rows))
