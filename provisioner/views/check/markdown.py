"""A check as Markdown for one comment on a pull request: failures come first, then the plan."""

from collections.abc import Iterator

from provisioner.core.model.check import CheckOutcome
from provisioner.core.plan.check import ProjectCheck
from provisioner.views.check.text import problem_line
from provisioner.views.plan.markdown import LONGEST, plan_markdown
from provisioner.views.safe_markdown import clip, code, fitting, items, place, plain, size

MOST_PROBLEMS = 30  # problems of one part; the reports for programs list all
LONGEST_PROBLEM = 400


def check_markdown(check: ProjectCheck) -> str:
    """Format a check as Markdown; its size is limited like that of a plan."""
    rows = ["| check | result | |", "|---|---|---|"]
    for part in check.parts:
        result = "**failed**" if part.outcome is CheckOutcome.FAILED else str(part.outcome)
        rows.append(f"| {part.name} | {result} | {plain(clip(part.text, 300))} |")
    head = "\n\n".join([_title(check), "\n".join(rows), *_problems(check)]) + "\n"
    if check.plan is None:
        return head
    return f"{head}\n{plan_markdown(check.plan, LONGEST - size(head) - 1)}"


def _title(check: ProjectCheck) -> str:
    result = "failed" if check.failed else "passed"
    if check.project:
        return f"### Check {result}: {place(check.project, check.environment, check.mode, check.account)}"
    environment = f", environment {code(check.environment)}" if check.environment else ""
    return f"### Check {result}: configuration {code(check.path)}{environment}"


def _problems(check: ProjectCheck) -> Iterator[str]:
    for part in check.parts:
        # the plan's Markdown begins with the guardrails
        in_plan = part.name == "guardrails" and check.plan
        warnings = [f"Warning: {problem_line(warning)}" for warning in part.warnings]
        if lines := [] if in_plan else [*map(problem_line, part.problems), *warnings]:
            shown = [clip(line, LONGEST_PROBLEM) for line in lines[:MOST_PROBLEMS]]
            yield f"**{part.name}**\n\n{items(fitting(shown, LONGEST // 4), len(lines))}"
