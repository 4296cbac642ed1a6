"""A backtest on the page of a plan, in a browser, and with hostile text in each view."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import asdict, replace
from support.chromium import Tab, chromium, tab
from support.plan_documents import HOSTILE, document

from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.core.purchases.backtest_report import BacktestReport
from provisioner.views.backtest.markdown import backtest_markdown
from provisioner.views.backtest.text import backtest_text
from provisioner.views.plan.html import plan_html
from provisioner.views.plan.markdown import plan_markdown
from provisioner.views.plan.text import plan_text

REPORT = Path(__file__).parents[1] / "golden" / "backtests" / "report.json"
FENCED = re.compile(r"^(`{3,})\w*\n.*?^\1$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
NAMES = {field.name for field in msgspec.structs.fields(BacktestDocument)}


@pytest.fixture(scope="module")
def report() -> BacktestReport:
    return msgspec.json.decode(REPORT.read_bytes(), type=BacktestReport)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    if chromium() is None:
        pytest.skip("no Chromium here")
    with tab(tmp_path_factory.mktemp("profile")) as page:
        yield page


def inside(report: BacktestReport) -> BacktestDocument:
    """The report as a plan has it."""
    return BacktestDocument(**{name: value for name, value in asdict(report).items() if name in NAMES})


def hostile(report: BacktestReport) -> BacktestReport:
    """The report with text of which nobody knows what is in it."""
    example = replace(
        report.examples[0], merchant=HOSTILE, category=HOSTILE, country=HOSTILE, rule=HOSTILE, address=HOSTILE
    )
    return replace(
        report,
        by_card=(replace(report.by_card[0], address=HOSTILE),),
        by_team=(replace(report.by_team[0], name=HOSTILE),),
        by_category=(replace(report.by_category[0], name=HOSTILE),),
        examples=(example,),
        disagreements=(replace(example, reason=HOSTILE),),
        unknown_controls=replace(report.unknown_controls, addresses=(HOSTILE,)),
    )


@pytest.mark.parametrize("width", [400, 1280])
def test_a_page_has_bars_over_time_and_what_would_be_declined(
    browser: Tab, report: BacktestReport, tmp_path: Path, width: int
) -> None:
    page = tmp_path / "plan.html"
    plan = replace(document(), backtest=inside(report))
    page.write_text(plan_html(plan), encoding="utf-8")
    browser.open(page, width)

    def of(script: str) -> object:
        return browser.value(
            f"(() => {{ const s = document.getElementById('backtest'); return {script}; }})()"
        )

    told = str(of("s.textContent"))
    assert "118 would be declined ($24,234.46 and \u20ac1.20)" in told
    assert "agreement with Stripe99.7% (1,484 of 1,487 decisions)" in told
    assert of("s.querySelectorAll('svg.days g').length") == len(report.days)
    day = report.days[0]
    assert of("s.querySelector('svg.days g title').textContent") == (
        f"{day.day}: {day.approved} approved, {day.declined} declined, "
        f"{day.newly_approved} would be approved, {day.newly_declined} would be declined"
    )
    assert of("[...s.querySelectorAll('td')].some((n) => n.textContent === 'cards.podcast-ads')")
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []
    assert [each for each in browser.requests() if not each.startswith("file:")] == []


def test_hostile_text_stays_text_on_the_page(browser: Tab, report: BacktestReport, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    text = plan_html(replace(document(), backtest=inside(hostile(report))))
    page.write_text(text, encoding="utf-8")
    browser.open(page, 1280)

    assert browser.value("document.querySelectorAll('script').length") == 2
    assert browser.value("document.querySelectorAll('#backtest img, #backtest a').length") == 0
    assert browser.complaints() == []


def test_hostile_text_stays_text_in_text_and_markdown(report: BacktestReport) -> None:
    evil = hostile(report)
    plan = replace(document(), backtest=inside(evil))
    for text in (backtest_text(evil), plan_text(plan)):
        assert "\x1b" not in text
        assert "\n# broken" not in text
    for text in (backtest_markdown(evil), plan_markdown(plan)):
        assert "\x1b" not in text
        bare = SPAN.sub("", FENCED.sub("", text))
        assert "<script>" not in bare
        assert "```" not in bare
        assert "](" not in bare
        assert bare.count("<details") == bare.count("</details>") == 2
        assert max(line.count("|") for line in bare.split("\n")) <= 4
