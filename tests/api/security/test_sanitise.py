from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.security.sanitise import MAX_BYTES
from api.security.sanitise import TAGS
from api.security.sanitise import clean_html

REL = 'rel="noopener noreferrer nofollow"'
STORIES = [
    ("<p>Shares <b>rose</b> 9%</p>", "<p>Shares <b>rose</b> 9%</p>"),
    ("<script>alert(1)</script>news", "news"),
    ("<p onclick=alert(1)>a</p>", "<p>a</p>"),
    ('<p style="x" class="y" id="z">a</p>', "<p>a</p>"),
    ("<img src=x onerror=alert(1)>a", "a"),
    ("<svg onload=alert(1)><p>a</p></svg>", "<p>a</p>"),
    ("<iframe src=//evil.example></iframe>a", "a"),
    ("<style>p{}</style>a", "a"),
    ("<h1>a</h1><h3>b</h3><h4>c</h4>", "a<h3>b</h3><h4>c</h4>"),
    ('<a href="https://x.example/?a=1">a</a>', f'<a href="https://x.example/?a=1" {REL}>a</a>'),
    ('<a href="https://x" target="_top" rel="opener">a</a>', f'<a href="https://x" {REL}>a</a>'),
    ('<a href="http://x.example">a</a>', f"<a {REL}>a</a>"),
    ('<a href="javascript:alert(1)">a</a>', f"<a {REL}>a</a>"),
    ('<a href="JaVaScRiPt&#58;alert(1)">a</a>', f"<a {REL}>a</a>"),
    ('<a href="data:text/html,x">a</a>', f"<a {REL}>a</a>"),
    ('<a href="//evil.example">a</a>', f"<a {REL}>a</a>"),
    ('<a href="/auth/logout">a</a>', f"<a {REL}>a</a>"),
    ("<!-- a --><p>b", "<p>b</p>"),
    ("<form action=/x><input name=p></form>a", "a"),
    ("a < b & c", "a &lt; b &amp; c"),
    ("", ""),
]


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize(("given_html", "harmless"), STORIES)
def test_a_story_keeps_its_words_and_loses_what_acts(given_html: str, harmless: str) -> None:
    assert clean_html(given_html) == harmless


def test_elements_are_those_of_the_specification() -> None:
    listed = "p br ul ol li strong em b i blockquote h3 h4 table thead tbody tr th td a"

    assert set(listed.split()) == TAGS


PIECES = st.sampled_from(
    [
        *("<script>", "</script>", "<a href='", "'>", "</a>", "<svg>", "<math>", "<style>", "<!--"),
        *("-->", "<p", ">", "<table>", "<td>", "onload=x ", "javascript:", "https://x", "&#x3c;"),
        *("<img src=x ", "<noscript>", "<template>", "<mtext>", "<br/>", "\0", '"', "é", "<"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join))
def test_whatever_comes_in_only_listed_elements_go_out(markup: str) -> None:
    cleaned = clean_html(markup)
    reader = _Elements()
    reader.feed(cleaned)

    for tag, attributes in reader.found:
        assert tag in TAGS
        assert set(attributes) <= ({"href", "rel"} if tag == "a" else set())
        assert str(attributes.get("href", "https://")).startswith("https://")
    assert clean_html(cleaned) == cleaned


@pytest.mark.parametrize("unit", ["a", "é", "&", "<p>", "<b>x", "<" * 7, "\ud800", "<li>é"])
def test_a_story_is_never_longer_than_64_kib(unit: str) -> None:
    cleaned = clean_html(unit * 70_000)

    assert len(cleaned.encode()) <= MAX_BYTES
    assert MAX_BYTES == 65_536
