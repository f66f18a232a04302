"""A page taken apart with the standard library, as a reader without eyes would."""

from collections import Counter
from html.parser import HTMLParser

VOID = frozenset({"meta", "br", "hr", "link", "col"})


class Table:
    """Caption, column headings and rows of text."""

    def __init__(self) -> None:
        self.caption = ""
        self.columns: list[str] = []
        self.scopes: list[str | None] = []
        self.rows: list[list[str]] = []


class Page(HTMLParser):
    """What a page holds; a tag that is closed wrongly is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.tables: list[Table] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, str]] = []
        self._in_head = False
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        found = dict(attrs)
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr" and not self._within("thead"):
            self.tables[-1].rows.append([])
        elif tag in {"th", "td"}:
            if tag == "th":
                self.tables[-1].scopes.append(found.get("scope"))
            if self._within("thead"):
                self.tables[-1].columns.append("")
            else:
                self.tables[-1].rows[-1].append("")
        if tag not in VOID:
            self._open.append((tag, found.get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"{opened} is closed by {tag} at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        for tag, style in self._open:
            for key in {tag, *(f".{each}" for each in style.split())}:
                self.texts.setdefault(key, []).append(data)
        if not self._within("table"):
            return
        if self._within("caption"):
            self.tables[-1].caption += data
        elif self._within("thead"):
            if self.tables[-1].columns and self._within("th"):
                self.tables[-1].columns[-1] += data
        elif self._within("th") or self._within("td"):
            self.tables[-1].rows[-1][-1] += f" {data}" if self._within("small") else data

    def text(self, key: str) -> str:
        """Return all text within a tag, or a class with a dot before it."""
        return " ".join("".join(self.texts.get(key, [])).split())

    def values(self, name: str) -> list[str | None]:
        """Return the values of an attribute."""
        return [value for _, each, value in self.attributes if each == name]

    def _within(self, tag: str) -> bool:
        return any(opened == tag for opened, _ in self._open)
