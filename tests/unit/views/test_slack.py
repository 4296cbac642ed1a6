"""A message for a webhook: within Slack's limits, and nothing of others' text acts in it."""

import re

import pytest
from support.plan_documents import HOSTILE

from provisioner.notify.notice import Highlights, NoticePlace, notice_document
from provisioner.notify.slack import LONGEST_TEXT, slack_message

TAME = "".join(c for c in HOSTILE if c.isprintable())


def message(told, *, project="acme", error=None, run=None, path="x"):
    place = NoticePlace("apply", path, project=project, mode="test", account="acct_1", run=run)
    return slack_message(notice_document(place, 5, {}, told, error))


def texts(sent):
    sections = [block["text"] for block in sent["blocks"] if block["type"] == "section"]
    return [sent["text"], *(section["text"] for section in sections)]


def outside_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("count", [1, 50, 100_000])
@pytest.mark.parametrize("line", ["x" * 100_000, "<&>`" * 90, "cards.ads: FAILED"])
def test_it_stays_within_the_limits_and_counts_what_it_leaves_out(count, line):
    sent = message(Highlights("Applied in part", lines=[line] * count, final=[line] * count))

    assert len(sent["blocks"]) <= 50
    assert all(len(text) <= 3_000 for text in texts(sent))
    assert len(sent["text"]) <= LONGEST_TEXT
    assert all(text.count("```") in (0, 2) for text in texts(sent))
    if count > 50:
        assert "more" in sent["blocks"][-1]["text"]["text"]


@pytest.mark.parametrize("text", ["<!channel> @here `x` ```y``` *b* <https://evil.example|ok> &amp;", TAME])
def test_what_others_wrote_stands_in_code(text):
    sent = message(Highlights(final=[text], lines=[text]), project=text, path=text, error={"error": text})

    for shown in texts(sent):
        assert "<" not in shown
        assert "channel" not in outside_code(shown)
        assert "evil" not in outside_code(shown)
        assert outside_code(shown).count("*") in (0, 2)


@pytest.mark.parametrize("run", ["javascript:alert(1)", "https://x|<!channel>", "https://x y", ""])
def test_only_an_address_becomes_a_link(run):
    sent = message(Highlights("Applied"), run=run)

    assert [block["type"] for block in sent["blocks"]] == ["section"]
    assert "This run" not in sent["text"]


def test_a_summary_is_one_line_whatever_the_error():
    notice = notice_document(
        NoticePlace("apply", "."), 1, {}, Highlights(), {"error": "bad\x1b[31m\0\nand more"}
    )

    assert notice["summary"] == "Failed: bad\\x1b[31m\\x00"
    assert notice["lines"] == ["bad\\x1b[31m\\x00", "and more"]
