"""How the pages write what others have written."""

from provisioner.web.render import LONGEST, ServedLinks, dashboard, environment


def shown(text):
    return environment().from_string("{{ text }}").render(text=text)


def test_texts_are_escaped_shortened_and_turn_nothing_round():
    assert shown("<b>&\"'") == "&lt;b&gt;&amp;&#34;&#39;"
    assert shown("\u202eevil\x07") == "\\u202eevil\\x07"
    assert len(shown("x" * 10_000)) == LONGEST + 1


def test_links_are_made_of_ids_only():
    assert ServedLinks().card("ic_1Abc") == "/cards/ic_1Abc"
    assert ServedLinks().card('"><script>') == ""
    assert ServedLinks().page("cards", q="a&b", team="") == "/cards?q=a%26b"
    assert dashboard("test", "logs", "req_1") == "https://dashboard.stripe.com/test/logs/req_1"
    assert dashboard("live", "logs", "javascript:alert(1)") == ""
