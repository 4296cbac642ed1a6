"""The estate as one file: it says the same as the pages, and asks for nothing."""

import re

import pytest
from support.chromium import chromium

from provisioner.app.estate import EstateReader
from provisioner.web.report import report_html
from web.conftest import NAMES
from web.test_browser import overflow, serious


@pytest.fixture
def file(shop, tmp_path):
    path = tmp_path / "estate.html"
    path.write_text(report_html(EstateReader(lambda: shop.account, days=30).read()), encoding="utf-8")
    return path


def test_it_has_all_sections_and_nothing_personal(file):
    page = file.read_text(encoding="utf-8")

    for section in ("overview", "cards", "purchases", "drift", "plan"):
        assert f'<section id="{section}"' in page
    assert "$77.77" in page
    assert "cards.tools" in page
    assert not [name for name in NAMES if name in page]
    assert not re.findall(r"(?:src|href)=\"(?!#|https://dashboard\.stripe\.com/)[^\"]*\"", page)


@pytest.mark.skipif(chromium() is None, reason="no Chromium here")
def test_it_works_alone_in_a_browser(browser, file):
    browser.open(file, 1280)
    browser.until("document.querySelectorAll('canvas').length === 2")

    assert browser.requests() == [file.as_uri()]
    assert browser.complaints() == []
    assert serious(browser) == []
    for width in (400, 1600):
        browser.resize(width)
        assert overflow(browser) <= 0
