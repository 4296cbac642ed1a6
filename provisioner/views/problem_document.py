"""Converts problems and warnings to JSON."""

from msgspec import Struct

from provisioner.core.model.errors import Problem


class ProblemDocument(Struct, frozen=True):
    """One problem."""

    file: str | None
    """The path of the file, as given by the user; null if it does not concern a file."""
    line: int | None
    """The line, from 1; null without a file."""
    column: int | None
    """The column, from 1; null without a file."""
    address: str
    """The section and name, or the part of the configuration concerned."""
    text: str
    """The mistake, and how to fix it."""


def problem_document(problem: Problem) -> ProblemDocument:
    """Return a problem or a warning as its document."""
    file, line, column = problem.where or (None, None, None)
    return ProblemDocument(file, line, column, problem.address, problem.text)
