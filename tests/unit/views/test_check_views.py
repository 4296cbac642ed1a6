"""A check in Markdown: inert whatever its problems quote, and never too long."""

from markdown_it import MarkdownIt
from support.plan_documents import HOSTILE

from provisioner.core.model.check import CheckPart
from provisioner.core.model.errors import ExitCode, Problem, Where
from provisioner.core.plan.check import ProjectCheck
from provisioner.views.check.markdown import check_markdown
from provisioner.views.check.text import check_text


def failed(*problems: Problem) -> ProjectCheck:
    part = CheckPart("validate", HOSTILE, ExitCode.ERROR, problems, warnings=problems)
    return ProjectCheck(path=HOSTILE, environment=HOSTILE, project=HOSTILE, account=HOSTILE, parts=(part,))


def test_hostile_values_stay_in_their_code():
    check = failed(Problem(Where(HOSTILE, 1, 1), HOSTILE, HOSTILE, HOSTILE))
    page = MarkdownIt("commonmark").enable("table").render(check_markdown(check))

    assert "<script" not in page
    assert "<a " not in page
    assert page.count("<li>") == 2
    assert page.count("<tr>") == 2
    assert "\x1b" not in check_text(check)


def test_many_problems_are_counted():
    body = check_markdown(failed(*(Problem(None, f"cards.c{n}", "x" * 999) for n in range(1_000))))

    assert "- and 1,970 more" in body
    assert len(body.encode()) < 20_000
