"""Formats the results of scenarios as text, as one JSON document, and as JUnit XML for CI systems."""

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.model.money import show_money
from provisioner.core.model.scenario import Course, Purchase, Scenario, Unsure
from provisioner.core.purchases.result import ScenarioResult, Standing, expected, tally
from provisioner.views.values import inert
from provisioner.views.wrap import shared_column

MARKS = {
    Standing.PASSED: "ok",
    Standing.FAILED: "FAILED",
    Standing.DISAGREED: "DISAGREED",
    Standing.ERROR: "ERROR",
}
WIDTH = max(len(mark) for mark in MARKS.values())
HANGING = WIDTH + 4  # the column in which the name of a result begins
COUNTED = {"error": "with errors"}
PLACES = {
    "offline": "Simulated offline; no request was sent to Stripe.",
    "sandbox": "Run on a private sandbox and compared with the offline simulator.",
    "stripe": "Run in Stripe's test mode and compared with the offline simulator.",
}


def results_text(results: Sequence[ScenarioResult], place: str, width: int | None = None) -> str:
    """
    Format the results as a table of all declared scenarios and all results that did not pass, then the
    counts.

    `place` says where the scenarios were run. `width` is that of the terminal; None for a file.
    """
    shown = [r for r in results if r.scenario.where is not None or r.standing is not Standing.PASSED]
    column = shared_column((inert(r.scenario.name) for r in shown), width)
    answers = shared_column(map(_answer, shown), None) if column else 0
    lines = []
    for result in shown:
        name, answer = inert(result.scenario.name).ljust(column), _answer(result).ljust(answers)
        lines.append(f"  {MARKS[result.standing]:{WIDTH}}  {name}  {answer}  {_deal(result.scenario)}")
        if result.text:
            lines.append(f"{'':{HANGING}}{inert(result.text)}")
    counts = {name: number for name, number in tally(results).items() if number}
    said = ", ".join(f"{number:,} {COUNTED.get(name, name)}" for name, number in counts.items())
    return "\n".join([*lines, *([""] if lines else []), f"Scenarios: {said}.", PLACES[place]]) + "\n"


def _answer(result: ScenarioResult) -> str:
    """Return Stripe's answer if the scenario passed, else the expected outcome."""
    passed = result.standing is Standing.PASSED
    return str(result.course.answer) if passed else expected(result.scenario)


def _deal(scenario: Scenario) -> str:
    """Describe the purchase briefly."""
    purchase = scenario.purchase
    where = f"{purchase.category}, {purchase.country}, {purchase.method}"
    after = f", after {len(scenario.after)} earlier" if scenario.after else ""
    return f"{scenario.card.name}: {show_money(purchase.amount, scenario.currency)}, {where}{after}"


def results_document(
    results: Sequence[ScenarioResult], place: str, project: str, mode: str
) -> dict[str, Any]:
    """Return all results as JSON values; amounts are in minor units, times in Unix seconds."""
    return {
        "format_version": FORMAT_VERSION,
        "project": project,
        "mode": mode,
        "place": place,
        "summary": tally(results),
        "scenarios": [_result(result) for result in results],
    }


def _result(result: ScenarioResult) -> dict[str, Any]:
    scenario = result.scenario
    return {
        "name": scenario.name,
        "card": str(scenario.card),
        "currency": scenario.currency,
        "generated": scenario.where is None,
        "after": [_purchase(purchase) for purchase in scenario.after],
        "purchase": _purchase(scenario.purchase),
        "balance": scenario.balance,
        "expected": {"approved": scenario.approved, "reason": scenario.reason or None},
        "simulated": _course(result.simulated),
        "actual": _course(result.actual) if result.actual else None,
        "standing": str(result.standing),
        "text": result.text or None,
    }


def _purchase(purchase: Purchase) -> dict[str, Any]:
    return {
        "amount": purchase.amount,
        "category": purchase.category,
        "merchant_country": purchase.country,
        "authorization_method": purchase.method,
        "presence": purchase.presence,
        "at": purchase.at,
    }


def _course(course: Course) -> dict[str, Any]:
    answer = course.answer
    known = None if isinstance(answer, Unsure) else answer
    return {
        "purchase": course.place,
        "approved": known.approved if known else None,
        "reason": known.reason if known else None,
        "why": answer.why or None,
    }


def results_junit(results: Sequence[ScenarioResult], project: str) -> str:
    """Format the results as JUnit XML, with one test case per scenario and the card as its class."""
    counts = tally(results)
    totals = {
        "name": f"provisioner: {project}",
        "tests": str(len(results)),
        "failures": str(counts["failed"] + counts["disagreed"]),
        "errors": str(counts["error"]),
    }
    suites = ET.Element("testsuites", totals)
    suite = ET.SubElement(suites, "testsuite", totals)
    for result in results:
        scenario = result.scenario
        facts = {"classname": str(scenario.card), "name": scenario.name}
        if scenario.where:
            facts |= {"file": scenario.where.file, "line": str(scenario.where.line)}
        case = ET.SubElement(suite, "testcase", facts)
        if result.standing in (Standing.FAILED, Standing.DISAGREED):
            failure = {"type": str(result.standing), "message": result.text}
            ET.SubElement(case, "failure", failure).text = _deal(scenario)
        elif result.standing is Standing.ERROR:
            ET.SubElement(case, "error", {"type": "error", "message": result.text}).text = _deal(scenario)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"
