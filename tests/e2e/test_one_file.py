"""One file of a configuration of several: what the others declare looks removed, and that is said."""

from e2e.conftest import COMPANY, Desk

CARD = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd, status: active}\n"
SAID = (
    "Note: Only provisioner.yaml was loaded. Resources in {} will be treated as removed; "
    "pass the folder to load all files.\n"
)


def test_a_file_alone_says_which_others_it_leaves_out(desk: Desk):
    desk.write(COMPANY)
    desk.write("version: 1\n" + CARD, "teams/ads.yaml")
    desk.run("apply", "--auto-approve")

    one = desk.run("plan", "provisioner.yaml")
    desk.write("version: 1\n" + CARD.replace("ads", "more"), "more.yml")
    two = desk.run("plan", "provisioner.yaml")

    assert one.stderr == SAID.format("teams/ads.yaml")
    assert "cards.ads will be deactivated" in one.stdout
    assert two.stderr == SAID.format("more.yml and 1 more file")
    assert desk.run("plan").stderr == ""


def test_files_of_another_project_or_of_none_are_no_matter(desk: Desk):
    desk.write(COMPANY)
    desk.write("version: 1\n" + CARD, "environments/prod.yaml")
    desk.write("jobs: {}\n", "ci.yaml")
    desk.write("version: 1\n" + CARD, ".hidden/cards.yaml")
    alone = desk.run("plan", "provisioner.yaml")
    desk.write(COMPANY, "other.yaml", project="other")
    desk.write("version: 1\n" + CARD, "whose.yaml")
    beside = desk.run("plan", "provisioner.yaml")

    assert alone.stderr == beside.stderr == ""
