"""A card that was retired and is declared again, but whose status is left to others."""

from e2e.conftest import COMPANY, Desk, body

CARD = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd, status: active%s}\n"
SAID = "cards.ads: stays inactive: provisioner deactivated it earlier, and 'status' is in lifecycle.ignore"


def test_it_stays_inactive_and_that_is_said_until_somebody_acts(desk: Desk):
    for text in (COMPANY + CARD % "", COMPANY, COMPANY + CARD % ", lifecycle: {ignore: [status]}"):
        desk.write(text)
        desk.run("apply", "--auto-approve")
    edited = COMPANY + CARD % ", metadata: {team: a}, lifecycle: {ignore: [status]}"
    desk.write(edited)
    desk.run("apply", "--auto-approve")

    assert SAID in desk.run("plan", "--detailed-exitcode", code=0).stdout
    assert "stays inactive" in desk.run("drift", code=0).stdout
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], {"status": "active"})
    assert body(desk.run("plan").stdout) == "No changes. Stripe matches the configuration.\n"


def test_without_the_ignore_it_comes_back(desk: Desk):
    for text in (COMPANY + CARD % "", COMPANY, COMPANY + CARD % ", lifecycle: {ignore: [status]}"):
        desk.write(text)
        desk.run("apply", "--auto-approve")
    desk.write(COMPANY + CARD % "")

    assert "~ status = inactive -> active" in desk.run("plan").stdout
    assert "No drift; 1 change not applied yet" in desk.run("drift", code=0).stdout
