"""A believable plan of 30 mixed changes, of every action: the example company, applied, and then edited."""

import re
import shutil
from pathlib import Path

from e2e.conftest import Desk

ROOT = Path(__file__).parents[2]


def mixed_plan(desk: Desk) -> Path:
    """Apply a copy of `examples/acme`, edit it, and save the plan of that; returns the plan's path."""
    config = desk.folder / "acme"
    shutil.copytree(ROOT / "examples" / "acme", config)
    (config / "scenarios.yaml").unlink(missing_ok=True)  # they speak of cards that go
    desk.run("apply", "acme", "--auto-approve")
    edit(config / "provisioner.yaml", '"500.00 USD", interval: per', '"750.00 USD", interval: per')
    edit(
        config / "provisioner.yaml", '"4,000.00 USD", interval: monthly', '"3,000.00 USD", interval: monthly'
    )
    edit(config / "provisioner.yaml", 'target: "20,000.00 USD"', 'target: "60,000.00 USD"')
    edit(config / "provisioner.yaml", "top_up_below: .*", 'top_up_below: "60,000.00 USD"')
    teams = config / "teams" / "marketing.yaml"
    edit(teams, r"  podcast-ads: .*\n", "")
    edit(teams, r"(?m)^  newsletter: .*\n", "  newsletter: {use: software-card, cardholder: tom-okafor}\n")
    edit(teams, "team: marketing", "team: growth")
    edit(teams, "12,000.00 USD", "9,000.00 USD")
    more = (
        "cards:\n  launch-party: {use: ads-card, cardholder: acme}\n"
        "  conference: {use: virtual-card, cardholder: mara-lind}"
    )
    edit(teams, "(?m)^cards:$", more)
    edit(teams, "(?m)^  retargeting:", "  remarketing:\n    lifecycle: {previously: [retargeting]}")
    operations = config / "teams" / "operations.yaml"
    edit(operations, r"  contractor-spare:\n(    .*\n)+", "")
    edit(operations, "(?m)^  courier:", "  courier:\n    lifecycle: {protect: true}")
    reissue = "  domain-names:\n    lifecycle: {reissue: {number: 1, reason: expired}}"
    edit(config / "teams" / "engineering.yaml", "(?m)^  domain-names:", reissue)
    desk.run("plan", "acme", "--out", "plan.json")
    return desk.folder / "plan.json"


def edit(file: Path, pattern: str, text: str) -> None:
    before = file.read_text(encoding="utf-8")
    after = re.sub(pattern, text, before)
    assert after != before, pattern
    file.write_text(after, encoding="utf-8")
