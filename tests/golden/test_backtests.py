"""
Golden backtests: one report in each view, to be read one after the other.

`backtests/report.json` is what `backtest --format json` printed about an estate, with a few of the rarer
entries written into it by hand. `pytest --update-golden` writes all views anew.
"""

from pathlib import Path

import msgspec
import pytest

from provisioner.cli.terminal.render import lay_out
from provisioner.core.purchases.backtest_report import BacktestReport
from provisioner.views.backtest.markdown import backtest_markdown
from provisioner.views.backtest.text import backtest_text

FOLDER = Path(__file__).parent / "backtests"


@pytest.fixture(scope="module")
def report() -> BacktestReport:
    return msgspec.json.decode((FOLDER / "report.json").read_bytes(), type=BacktestReport)


def held(name: str, text: str, request: pytest.FixtureRequest) -> None:
    """Hold a view against its file."""
    file = FOLDER / name
    if request.config.getoption("--update-golden"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("colored", [False, True], ids=["plain", "color"])
@pytest.mark.parametrize("columns", [80, 120])
def test_text(report: BacktestReport, columns: int, colored: bool, request: pytest.FixtureRequest) -> None:
    text = lay_out(backtest_text(report), columns, colored=colored)

    held(f"report-{columns}{'-color' if colored else ''}.txt", text, request)
    if not colored:
        assert max(map(len, text.splitlines())) <= columns


def test_markdown(report: BacktestReport, request: pytest.FixtureRequest) -> None:
    held("report.md", backtest_markdown(report), request)
