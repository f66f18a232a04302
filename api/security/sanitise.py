"""Markup of news stories, made harmless."""

from typing import Final

import nh3

TAGS: Final = frozenset(
    {
        *("p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "blockquote", "h3", "h4"),
        *("table", "thead", "tbody", "tr", "th", "td", "a"),
    }
)
LINK_REL: Final = "noopener noreferrer nofollow"
MAX_BYTES: Final = 65_536
_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    attributes={"a": {"href"}},
    url_schemes={"https"},
    url_relative="deny",
    link_rel=LINK_REL,
    strip_comments=True,
)


def clean_html(markup: str) -> str:
    """
    Return a story's markup with nothing in it that runs, loads or looks like ours.

    Text of unknown elements stays, that of scripts and styles goes; links are absolute and https
    or lose their target. What is over 64 KiB is cut at a whole character, before and after, so
    the answer is always closed markup.

    Examples
    --------
    >>> clean_html('<p onclick="x()">Up <b>9%</b></p><script>x()</script>')
    '<p>Up <b>9%</b></p>'
    """
    text = _cut(markup, MAX_BYTES)
    found: str = _CLEANER.clean(text)
    # Entities and closing tags may make it longer than what came in.
    while len(found.encode()) > MAX_BYTES:
        text = _cut(text, len(text.encode()) * 3 // 4)
        found = _CLEANER.clean(text)
    return found


def _cut(text: str, limit: int) -> str:
    encoded = text.encode(errors="replace")
    return encoded[:limit].decode(errors="ignore") if len(encoded) > limit else encoded.decode()
