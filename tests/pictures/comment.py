"""The comment on a pull request as a page, about as GitHub shows it."""

import re
from html import escape

from markdown_it import MarkdownIt

STYLE = """
body { margin: 0; padding: 20px; background: #fff; color: #1f2328 }
body { font: 14px/1.5 system-ui, "DejaVu Sans", sans-serif }
article { border: 1px solid #d1d9e0; border-radius: 6px }
header { padding: 8px 16px; background: #f6f8fa; color: #59636e }
header { border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0 }
main { padding: 4px 16px 12px } h3 { font-size: 17px; margin: 16px 0 10px } p { margin: 10px 0 }
table { border-collapse: collapse; margin: 12px 0 } td, th { border: 1px solid #d1d9e0; padding: 5px 12px }
tr:nth-child(2n) { background: #f6f8fa } ul { padding-left: 24px } summary { margin: 6px 0 }
code { font: 12px ui-monospace, "DejaVu Sans Mono", monospace }
code { background: #eff1f3; padding: 2px 5px; border-radius: 5px }
pre { background: #f6f8fa; padding: 12px; border-radius: 6px; margin: 8px 0 }
pre code { background: none; padding: 0 } pre span { display: block }
.add { background: #dafbe1; color: #116329 } .gone { background: #ffebe9; color: #82071e }
.said { color: #59636e } blockquote { margin: 12px 0; padding: 2px 16px; border-left: 4px solid #d1d9e0 }
.warning { border-color: #9a6700 } .caution { border-color: #d1242f } .note { border-color: #0969da }
.alert { font-weight: 600 } .warning .alert { color: #9a6700 } .caution .alert { color: #d1242f }
"""
ALERT = re.compile(r"<blockquote>\n<p>\[!(\w+)\]\n?(?:</p>\n<p>)?")
DIFF = re.compile(r'(<pre><code class="language-diff">)(.*?)(</code></pre>)', re.DOTALL)
COLORS = {"+": "add", "-": "gone", "#": "said"}


def page(markdown: str) -> str:
    """Return the page that shows a comment."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    body = ALERT.sub(lambda found: f'<blockquote class="{found[1].lower()}">{_title(found[1])}<p>', body)
    body = DIFF.sub(lambda found: found[1] + "".join(map(_line, found[2].splitlines())) + found[3], body)
    head = "<header><b>github-actions</b> bot commented</header>"
    return f"<!doctype html><style>{STYLE}</style><article>{head}<main>{body}</main></article>"


def _title(alert: str) -> str:
    return f'<p class="alert">{escape(alert.capitalize())}</p>'


def _line(line: str) -> str:
    return f'<span class="{COLORS.get(line[:1], "same")}">{line or " "}</span>'
