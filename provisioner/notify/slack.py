"""Writes a notice as a message for Slack's incoming webhooks, and for compatible ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.model.money import show_money
from provisioner.core.model.words import count
from provisioner.views.values import inert, listed

Document = Mapping[str, Any]

# docs.slack.dev/reference/block-kit/blocks: at most 50 blocks, 3,000 characters in a section's text
LONGEST_SECTION = 3_000
# Mattermost, Rocket.Chat and Discord show only `text`; Discord accepts 2,000 characters
LONGEST_TEXT = 1_900
LONGEST_NAME = 80
MOST_NAMES = 5
LONGEST_ADDRESS = 300
EMOJI = {"done": ":white_check_mark:", "drift": ":warning:", "interrupted": ":warning:"}
TROUBLE = ":x:"
FENCE = "```"


def slack_message(notice: Document) -> dict[str, Any]:
    """
    Return a notice as the body of a webhook request.

    Text from users and from Stripe is formatted as code, where links, mentions and markup have no effect.
    """
    emoji = EMOJI.get(notice["outcome"], TROUBLE)
    head = f"{emoji} *{_escape(notice['title'])}*\n{_where(notice)}"
    facts = "\n".join(_facts(notice))
    run = notice["run"] or ""
    # only an address without characters that would end it
    linked = run.startswith(("https://", "http://")) and len(run) <= LONGEST_ADDRESS
    linked = linked and not any(c in "<>|" or c.isspace() for c in run)
    link = f"<{_escape(run)}|This run>" if linked else ""
    blocks = [_section(head)]
    if facts:
        blocks.append(_section(facts))
    if notice["lines"]:
        blocks.append(_section(_code(notice["lines"], LONGEST_SECTION)))
    if link:
        blocks.append({"type": "context", "elements": [_mrkdwn(link)]})
    words = "\n".join(filter(None, (head, facts, link)))
    # the heading, the facts and the link are far below the limit
    room = LONGEST_TEXT - len(words) - 1
    text = f"{words}\n{_code(notice['lines'], room)}" if notice["lines"] else words
    return {"text": text, "blocks": blocks, "unfurl_links": False}


def _where(notice: Document) -> str:
    what = f"`provisioner {notice['command']}`"
    of = f" for `{_name(notice['project'])}`" if notice["project"] else f" at `{_name(notice['path'])}`"
    mode = f", {_escape(notice['mode'])} mode" if notice["mode"] else ""
    env = f", environment `{_name(notice['env'])}`" if notice["env"] else ""
    account = f", account `{_name(notice['account'])}`" if notice["account"] else ""
    return f"{what}{of}{env}{mode}{account}"


def _facts(notice: Document) -> Iterator[str]:
    if money := listed([show_money(each["amount"], each["currency"]) for each in notice["money"]]):
        yield f"Top-ups: {_escape(money)}"
    if final := notice["final"]:
        more = f" and {len(final) - MOST_NAMES:,} more" if len(final) > MOST_NAMES else ""
        named = ", ".join(f"`{_name(address)}`" for address in final[:MOST_NAMES])
        yield f"Irreversible changes: {named}{more}"
    if gives := notice["broadening"]:
        yield f":rotating_light: {count(gives, 'change')} raised spending without a review."


def _code(lines: Sequence[str], longest: int) -> str:
    """Return as many lines as fit, and a last line that counts the others."""
    room = longest - 2 * len(FENCE) - len(f"\nand {len(lines):,} more lines\n")
    shown: list[str] = []
    for line in map(_inside, lines):
        room -= len(line) + 1
        if room < 0:
            break
        shown.append(line)
    left = len(lines) - len(shown)
    return "\n".join([FENCE, *shown, *([f"and {count(left, 'more line')}"] if left else []), FENCE])


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: otherwise names that look like domains (`cards.ads`) would become links
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _name(text: str) -> str:
    """Return a name for use in code, shortened to a limit that includes escapes."""
    signs = [_inside(sign) for sign in inert(text)[:LONGEST_NAME]]
    while sum(map(len, signs)) > LONGEST_NAME:
        signs.pop()
    return "".join(signs) + ("..." if len(signs) < len(inert(text)) else "")


def _inside(text: str) -> str:
    """Return a text for use in code; a backquote would end the code and cannot be escaped."""
    return _escape(inert(text).replace("`", "'"))


def _escape(text: str) -> str:
    """Escape the three characters of docs.slack.dev/messaging/formatting-message-text, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
