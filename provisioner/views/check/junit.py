"""JUnit XML of a check, which CI systems show as a list of tests."""

from xml.etree import ElementTree as ET

from provisioner.core.model.check import CheckOutcome
from provisioner.core.plan.check import ProjectCheck
from provisioner.views.values import inert


def check_junit(check: ProjectCheck) -> str:
    """Format a check as JUnit XML, with one test case for each part."""
    outcomes = [part.outcome for part in check.parts]
    totals = {
        "name": f"provisioner: {check.project or check.path}",
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count(CheckOutcome.FAILED)),
        "skipped": str(outcomes.count(CheckOutcome.SKIPPED)),
    }
    suites = ET.Element("testsuites", totals)
    suite = ET.SubElement(suites, "testsuite", totals)
    for part in check.parts:
        case = ET.SubElement(
            suite, "testcase", {"classname": check.environment or "check", "name": part.name}
        )
        if part.outcome is CheckOutcome.FAILED:
            failure = {"type": f"exit code {int(part.exit_code)}", "message": inert(part.text)}
            problems = "\n".join(inert(str(problem)) for problem in part.problems)
            ET.SubElement(case, "failure", failure).text = problems
        elif part.outcome is CheckOutcome.SKIPPED:
            ET.SubElement(case, "skipped", {"message": inert(part.text)})
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"
