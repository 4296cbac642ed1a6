"""`--metrics FILE`: figures of a run for Prometheus, however it ends."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.conftest import COMPANY, Desk

LIMIT = "spending_controls: {spending_limits: [{amount: 100.00 USD, interval: monthly}]}"
CARD = f"cards:\n  ads: {{cardholder: acme, type: virtual, currency: usd, status: active, {LIMIT}}}\n"


def figures(file: Path) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the labels that are its own."""
    place = ("project", "environment", "mode", "command")
    return {
        (
            sample.name.removeprefix("provisioner_"),
            *(v for k, v in sample.labels.items() if k not in place),
        ): (sample.value)
        for family in text_string_to_metric_families(file.read_text())
        for sample in family.samples
    }


@pytest.fixture
def applied(desk: Desk) -> Desk:
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve", "--metrics", "apply.prom")
    return desk


def test_an_apply_tells_its_changes_requests_and_exposure(applied: Desk):
    found = figures(applied.folder / "apply.prom")

    assert found["plan_changes", "create"] == 2
    assert found["run_exit_code",] == 0
    assert found["run_requests", "POST"] >= 2
    assert found["exposure_minor_units", "usd", "after", "acme"] == 10_000
    assert found["last_success_timestamp_seconds",] == found["run_timestamp_seconds",]


def test_drift_is_told_by_section_and_direction(applied: Desk):
    identity = applied.live()["cards.ads"]["id"]
    applied.sdk.v1.issuing.cards.update(identity, {"status": "inactive"})

    applied.run("drift", "--metrics", "drift.prom", code=2)

    found = figures(applied.folder / "drift.prom")
    assert found["drift",] == 1
    assert found["drift_by_kind", "tightening", "cards"] == 1
    assert found["run_exit_code",] == 2
    assert found["plan_changes", "update"] == 1
    assert ("run_requests", "POST") not in found


def test_a_run_that_fails_keeps_the_time_of_the_last_success(applied: Desk):
    file = applied.folder / "plan.prom"
    applied.run("plan", "--metrics", "plan.prom")
    success = figures(file)["last_success_timestamp_seconds",]
    applied.write(COMPANY + CARD.replace("virtual", "paper"))

    applied.run("plan", "--metrics", "plan.prom", code=1)

    found = figures(file)
    assert (found["run_exit_code",], found["last_success_timestamp_seconds",]) == (1, success)
    assert found["run_timestamp_seconds",] >= success


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_sent(desk: Desk):
    desk.write(COMPANY + CARD)
    (desk.folder / "link.prom").symlink_to("elsewhere")

    result = desk.run("apply", "--auto-approve", "--metrics", "link.prom", code=1)

    assert "link.prom is a symbolic link" in result.output
    result = desk.run("apply", "--auto-approve", "--metrics", "missing/x.prom", code=1)
    assert result.output.count("missing/x.prom cannot be written: No such file or directory") == 1
    assert desk.live() == {}
