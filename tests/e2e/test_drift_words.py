"""What drift says: amounts with their interval, as plans do."""

from e2e.conftest import CARD, COMPANY, Desk


def test_a_moved_limit_is_told_as_in_a_plan(desk: Desk):
    desk.write(COMPANY + CARD.replace("2,000.00", "6,000.00"))
    desk.run("apply", "--auto-approve")
    limits = [{"amount": 900000, "interval": "monthly"}]
    desk.sdk.v1.issuing.cards.update(
        desk.live()["cards.ads"]["id"], {"spending_controls": {"spending_limits": limits}}
    )

    assert "= $6,000.00 (600000) per month (configuration) -> $9,000.00 (900000) per month (Stripe)" in (
        desk.run("drift", code=2).stdout
    )
    assert ".amount: $9,000.00 (900000) per month (in Stripe)" in (
        desk.run("drift", "--format", "markdown", code=2).stdout
    )


def test_a_balance_below_its_target_is_pending_and_nobody_moved_the_yaml(desk: Desk):
    desk.write('balance_targets: {usd: {target: "100.00 USD"}}\n')
    said = desk.run("drift").stdout

    waits = "below its target; the next apply will top it up"
    assert f"# balance_targets.usd: not applied yet\n      {waits}\n" in said
    assert "configuration changed" not in said
    assert "No drift; 1 change not applied yet." in said


def test_a_report_in_a_ci_log_is_colored_if_the_environment_forces_it(desk: Desk, monkeypatch):
    desk.write(COMPANY)
    plain = desk.run("drift").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert "\x1b" not in plain
    for words in (("drift",), ("doctor",), ("plan",), ("apply", "--auto-approve")):
        assert "\x1b[" in desk.run(*words).stdout
