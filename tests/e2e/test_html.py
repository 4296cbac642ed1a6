"""The HTML plan in a real browser: found, filtered, opened by keyboard; quiet, and alone with itself."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.chromium import Tab, chromium, tab
from support.plan_documents import forged, many

from e2e.conftest import COMPANY, Desk
from e2e.mixed_plan import mixed_plan
from provisioner.views.plan.html import plan_html

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium here")
PICTURES = os.environ.get("PICTURES")  # a folder for screenshots, for people who want to look


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "plan.html"


@pytest.fixture
def page(kept: Path, request: pytest.FixtureRequest) -> Path:
    """One plan, made by the first test that looks at it."""
    if not kept.exists():
        desk: Desk = request.getfixturevalue("desk")
        shown = desk.run("show", str(mixed_plan(desk)), "--format", "html")
        kept.write_text(shown.stdout, encoding="utf-8")
    return kept


def found(browser: Tab) -> str:
    return browser.value("document.getElementById('found').textContent")


def addresses(browser: Tab) -> list[str]:
    return browser.value("[...document.querySelectorAll('#changes summary code')].map((n) => n.textContent)")


def test_a_plan_is_searched_filtered_and_opened_by_keyboard(browser, page):
    browser.open(page, 1600)
    everything = addresses(browser)
    browser.press("/", *"podcast")
    podcast = addresses(browser)
    browser.press("Escape")
    again = addresses(browser)
    browser.value("document.activeElement.blur()")
    browser.press("j", "j", "Enter")
    opened = browser.value("document.querySelector('details[open] .body').textContent")
    browser.value("document.querySelector('[data-filter=retire]').click()")
    retired = addresses(browser)

    assert len(everything) >= 30
    assert podcast == ["cards.podcast-ads"]
    assert again == everything
    assert "metadata.team" in opened
    assert "marketinggrowth" in opened
    assert retired == ["cards.contractor-spare", "cards.podcast-ads"]
    assert found(browser).startswith("2 of ")


def test_renames_are_a_class_of_their_own_and_escape_shows_all_again(browser, page):
    browser.open(page, 1600)
    everything = addresses(browser)
    browser.value("document.querySelector('[data-filter=marks]').click()")
    marked = addresses(browser)
    browser.press("Escape")

    assert marked == ["cards.courier", "cards.remarketing"]
    assert addresses(browser) == everything


def test_what_is_open_stays_open_when_more_is_shown(browser, tmp_path):
    file = tmp_path / "many.html"
    file.write_text(plan_html(many(300)), encoding="utf-8")
    browser.open(file, 1600)
    browser.press("j", "Enter")
    before = found(browser)
    browser.value("document.getElementById('more').click()")

    assert before == "300 of 300 changes, the first 200 shown"
    assert found(browser) == "300 of 300 changes"
    assert len(addresses(browser)) == 300
    assert browser.value("document.querySelectorAll('details[open]').length") == 1
    assert browser.value("document.activeElement.textContent").startswith("~cards.c000200")


def test_a_page_is_printed_with_all_that_changes(browser, page):
    browser.open(page, 1600)
    browser.value("dispatchEvent(new Event('beforeprint'))")
    printed = browser.value("document.querySelectorAll('details[open] .body').length")
    browser.value("dispatchEvent(new Event('afterprint'))")

    assert printed == len(addresses(browser))
    assert browser.value("document.querySelectorAll('details[open]').length") == 0


def test_values_and_fields_are_searched_too(browser, page):
    browser.open(page, 1600)
    browser.press("/", *"$750.00")

    software = addresses(browser)
    assert len(software) >= 10
    assert "cards.ci-runners" in software


def chosen(browser: Tab, key: str, value: str) -> list[str]:
    """Choose a team (`m`) or a kind (`k`), and return the addresses that are left."""
    picked = f"document.querySelector('[data-choice={key}]')"
    browser.value(f"{picked}.value = '{value}'; {picked}.dispatchEvent(new Event('change'))")
    return addresses(browser)


def test_changes_are_filtered_by_team_and_kind(browser, page):
    browser.open(page, 1600)
    growth = chosen(browser, "m", "growth")
    people = chosen(browser, "k", "cardholder")
    none = chosen(browser, "m", "shared")
    said = browser.value("document.getElementById('none').textContent")
    browser.value("document.activeElement.blur()")
    browser.press("Escape")

    assert "cards.podcast-ads" in growth
    assert "cards.ci-runners" not in growth
    assert people == [
        f"cardholders.{name}" for name in ("ines-vidal", "mara-lind", "paul-brandt", "tom-okafor")
    ]
    assert none == []
    assert said == "No changes match the search and the filters."
    assert len(addresses(browser)) >= 30
    assert browser.value("document.querySelector('[data-choice=m]').value") == ""


def test_what_ends_is_told_in_full_with_a_link_to_the_dashboard(browser, page):
    browser.open(page, 1600)
    browser.press("/", *"podcast", "Enter")
    browser.press("Enter")
    body = browser.value("document.querySelector('details[open] .body').innerText")
    link = browser.value("document.querySelector('details[open] a').href")

    assert "cardholders.mara-lind" in body
    assert "$5,000.00 (500000) per month" in body
    assert "the same card works again" in body
    assert link.startswith("https://dashboard.stripe.com/test/issuing/cards/ic_")
    assert browser.requests() == [page.as_uri()]


def test_a_page_says_when_and_from_which_commit_the_plan_was_made(browser, desk):
    desk.write(COMPANY)
    words = ("-c", "user.name=A", "-c", "user.email=a@b.example", "commit", "-qm", "a company")
    for each in (("init", "-q"), ("add", "provisioner.yaml"), words):
        subprocess.run(["git", *each], cwd=desk.folder, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=desk.folder, check=True, capture_output=True, text=True
    )
    file = desk.folder / "plan.html"
    file.write_text(desk.run("plan", "--format", "html").stdout, encoding="utf-8")

    browser.open(file, 1600)

    made = browser.value("document.getElementById('made').textContent")
    assert re.fullmatch(r"Made \d{4}-\d\d-\d\d \d\d:\d\d UTC from commit [0-9a-f]{12}", made)
    assert head.stdout.startswith(made[-12:])


def test_a_plan_without_changes_says_so(browser, desk):
    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")
    file = desk.folder / "plan.html"
    file.write_text(desk.run("plan", "--format", "html").stdout, encoding="utf-8")

    browser.open(file, 1600)

    assert "1 resource compared" in browser.value("document.getElementById('empty').innerText")
    assert "No changes. Stripe matches the configuration." in browser.value("document.body.innerText")
    assert browser.complaints() == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1600])
def test_a_page_is_quiet_alone_and_fits(browser, page, width, dark):
    browser.open(page, width, dark=dark)
    browser.press("e")
    widest = browser.value("document.documentElement.scrollWidth")
    if PICTURES:
        browser.screenshot(Path(PICTURES) / f"plan-{width}-{'dark' if dark else 'light'}.png")

    assert browser.complaints() == []
    assert browser.requests() == [page.as_uri()]
    assert widest <= width


def test_the_balance_and_the_teams_are_drawn(browser, page):
    browser.open(page, 1600)

    label = browser.value("document.querySelector('#balances svg').getAttribute('aria-label')")
    teams = browser.value("document.querySelectorAll('#exposure .team').length")
    assert label.startswith("USD: $0.00 available, ")
    assert "target $60,000.00" in label
    assert teams == 4


def test_a_forged_plan_runs_nothing(browser, tmp_path):
    file = tmp_path / "forged.html"
    file.write_text(plan_html(forged()), encoding="utf-8")

    browser.open(file, 1600)
    browser.press("e")

    assert browser.complaints() == []
    assert browser.requests() == [file.as_uri()]
    assert browser.value("document.querySelectorAll('a, img, script:not([type]) ~ script').length") == 0
    assert "<script>alert(1)</script>" in browser.value("document.body.innerText")


def test_tens_of_thousands_of_changes_are_searched(browser, tmp_path):
    file = tmp_path / "large.html"
    file.write_text(plan_html(many(30_000, different=True)), encoding="utf-8")

    browser.open(file, 1600)
    browser.press("/", *"c029999")

    assert addresses(browser) == ["cards.c029999"]
    assert found(browser) == "1 of 30,000 changes"
