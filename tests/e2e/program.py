"""A program that uses the Python API; CI checks its types strictly, as its author would."""

import sys

from provisioner import Project

with Project.load(sys.argv[1]).sandbox() as project:
    plan = project.plan()
    report = project.apply(plan)
    assert report.complete, report
    assert plan.summary["create"] == 2
    assert not project.plan().changes
    assert not project.drift().drifts
