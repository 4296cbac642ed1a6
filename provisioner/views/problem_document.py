"""Problems and warnings as JSON."""

from msgspec import Struct

from provisioner.core.model.errors import Problem


class ProblemDocument(Struct, frozen=True):
    """One thing that is wrong."""

    file: str | None
    """As it was given; null where no file is at fault."""
    line: int | None
    """The line, from 1; null without a file."""
    column: int | None
    """The column, from 1; null without a file."""
    address: str
    """Section and name, or what the problem is about."""
    text: str
    """The mistake, and what would be right."""


def problem_document(problem: Problem) -> ProblemDocument:
    """Return a problem or a warning as its document."""
    file, line, column = problem.where or (None, None, None)
    return ProblemDocument(file, line, column, problem.address, problem.text)
