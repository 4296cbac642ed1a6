"""A check as text: the plan, then each part with its problems, and last whether all parts passed."""

from provisioner.core.model.check import CheckOutcome
from provisioner.core.model.errors import Problem
from provisioner.core.plan.check import ProjectCheck
from provisioner.views.plan.text import plan_text
from provisioner.views.values import inert, show_place

MARKS = {CheckOutcome.PASSED: "ok", CheckOutcome.FAILED: "FAILED", CheckOutcome.SKIPPED: "skipped"}
INDENT = 4


def check_text(check: ProjectCheck, width: int | None = None) -> str:
    """
    Format a check as text.

    The first line names project, environment, mode and account; the last one is the result.
    """
    shown = plan_text(check.plan, width) if check.plan else f"{_place(check)}\n"
    marks = max(map(len, MARKS.values()))
    names = max(len(part.name) for part in check.parts)
    lines = ["", "Checks"]
    for part in check.parts:
        lines.append(f"  {MARKS[part.outcome]:{marks}}  {part.name:{names}}  {inert(part.text)}")
        for problem in part.problems:
            excerpt = map(inert, problem.excerpt.splitlines())
            lines += [" " * INDENT + line for line in (problem_line(problem), *excerpt)]
        lines += [f"{' ' * INDENT}Warning: {problem_line(warning)}" for warning in part.warnings]
    return "\n".join([shown, *lines[1:], "", check_line(check)]) + "\n"


def check_line(check: ProjectCheck) -> str:
    """Return the line that says whether all parts passed, or which failed."""
    if not check.failed:
        return "Check passed."
    return f"Check failed: {', '.join(check.failed)} (exit code {int(check.exit_code)})."


def problem_line(problem: Problem) -> str:
    """Return a problem in one line, which begins with its place."""
    return inert(str(problem))


def _place(check: ProjectCheck) -> str:
    if check.project:
        return show_place(check.project, check.environment, check.mode, check.account)
    environment = f", environment {inert(check.environment)}" if check.environment else ""
    return f"Configuration {inert(check.path)}{environment}"
