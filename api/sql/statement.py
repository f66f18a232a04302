"""First step: the words of a statement, before the engine sees any of it."""

import itertools
import re
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.problems import Problem
from api.sql.functions import SYNTAX
from api.sql.functions import TABLE_FUNCTIONS
from api.sql.functions import TYPES
from api.sql.functions import may_call

MAX_BYTES: Final = 20 * 1024
# Deep enough for anything written by hand; the engine's parser recurses.
MAX_DEPTH: Final = 64
HIDDEN_TABLE: Final = "operator_documents"
_TOKEN: Final = re.compile(
    r"""
      (?P<blank> [ \t\r\n]+ )
    | (?P<comment> --[^\n]* | \#[ !][^\n]* | /\*.*?\*/ )
    | (?P<text> '(?:[^'\\]|\\.|'')*' )
    | (?P<name> "[^"\\\x00-\x1f\x7f-\U0010ffff]+"(?!") | `[^`\\\x00-\x1f\x7f-\U0010ffff]+`(?!`) )
    | (?P<word> [A-Za-z_][A-Za-z0-9_]* )
    | (?P<number> [0-9][0-9A-Za-z_]* (?:\.[0-9A-Za-z_]*)? )
    | (?P<sign> [()\[\]{},.:;+\-*/%<>=!|?^~&] )
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_STARTS: Final = frozenset({"select", "with", "("})
# Words that change what a statement does rather than what it computes. A column of such a name can
# be written in backticks.
_REFUSED: Final = {
    "settings": "settings are the gateway's",
    "into": "results are sent back, not written to files",
    "outfile": "results are sent back, not written to files",
    "infile": "files are not read",
    "parallel": "one statement at a time",
    "explain": "EXPLAIN is not offered",
    "apply": "APPLY would call a function nobody has looked at",
    "stream": "a statement that does not end is not offered; subscribe to the stream instead",
}
_KEYWORD_FORMAT: Final = "the field format of the request chooses json, csv or parquet"
_IDENTIFIER: Final = "identifier"
_STATE_TYPE: Final = "aggregatefunction"


@dataclass(frozen=True, slots=True)
class Word:
    """
    One token.

    Parameters
    ----------
    text : str
        As written.
    kind : str
        `text`, `name` (quoted), `word`, `number` or `sign`.
    is_apart : bool
        Whether blanks or a comment stand before it.
    """

    text: str
    kind: str
    is_apart: bool

    @property
    def value(self) -> str:
        """Return a name without its quotes, anything else as written; in lower case."""
        text = self.text[1:-1] if self.kind == "name" else self.text
        return text.lower()


def sql_refused(reason: str) -> Problem:
    """Return the 422 of a statement."""
    return Problem("sql_refused", reason)


def checked(statement: str, parameters: Sequence[str]) -> str:
    """
    Return a statement as the engine will get it: its words without comments.

    Parameters
    ----------
    statement : str
        As sent.
    parameters : sequence of str
        Names that have values.

    Raises
    ------
    Problem
        `sql_refused`, with the reason.

    Notes
    -----
    Source: gateway specification, 5. What the engine reads is put together from the words that
    were looked at, so no comment or quote can mean something else to it than to us.
    """
    words = list(_words(statement))
    if words and words[-1].text == ";":
        words.pop()
    if not words:
        raise sql_refused("the statement is empty")
    _check_one_select(words)
    _check_brackets(words)
    _check_words(words)
    _check_calls(words)
    _check_parameters(words, parameters)
    return "".join(f" {word.text}" if word.is_apart else word.text for word in words).strip()


def _words(statement: str) -> Iterator[Word]:
    try:
        size = len(statement.encode())
    except UnicodeEncodeError:
        raise sql_refused("the statement is not valid Unicode") from None
    if size > MAX_BYTES:
        raise sql_refused(f"the statement has {size} bytes, at most {MAX_BYTES} are read")
    position, is_apart = 0, False
    while position < len(statement):
        found = _TOKEN.match(statement, position)
        if found is None or found.lastgroup is None:
            raise sql_refused(_unreadable(statement, position))
        kind, text = found.lastgroup, found.group()
        position = found.end()
        if kind in {"blank", "comment"}:
            is_apart = True
            continue
        if text == "/" and statement.startswith("*", position):
            raise sql_refused("a comment is not closed")
        if "\0" in text:
            raise sql_refused("a text holds the character 0")
        yield Word(text, kind, is_apart)
        is_apart = False


def _unreadable(statement: str, position: int) -> str:
    sign = statement[position]
    line = statement.count("\n", 0, position) + 1
    if sign in "'\"`":
        return f"line {line}: a quote is not closed, or a quoted name holds more than plain text"
    if not sign.isascii():
        return f"line {line}: {sign!a} outside quotes; only ASCII is read there"
    return f"line {line}: {sign!r} is not read outside quotes"


def _check_one_select(words: Sequence[Word]) -> None:
    if any(word.text == ";" for word in words):
        raise sql_refused("one statement a request; a semicolon may only end it")
    first = next((word for word in words if word.text != "("), words[0])
    if first.kind != "word" or first.value not in _STARTS:
        raise sql_refused("only SELECT, with or without WITH before it, is run here")


def _check_brackets(words: Sequence[Word]) -> None:
    opened: list[str] = []
    for word in words:
        if word.kind != "sign":
            continue
        if word.text in _PAIRS.values():
            opened.append(word.text)
            if len(opened) > MAX_DEPTH:
                raise sql_refused(f"brackets are nested deeper than {MAX_DEPTH}")
        elif word.text in _PAIRS and (not opened or opened.pop() != _PAIRS[word.text]):
            raise sql_refused(f"a bracket {word.text} closes none")
    if opened:
        raise sql_refused(f"a bracket {opened[-1]} is not closed")


def _check_words(words: Sequence[Word]) -> None:
    for word, after in itertools.pairwise([*words, Word("", "sign", is_apart=False)]):
        if word.kind == "text":
            continue
        if word.value == HIDDEN_TABLE:
            raise sql_refused(f"{HIDDEN_TABLE} is not readable here")
        if word.kind == "word" and word.value in _REFUSED:
            raise sql_refused(f"{word.text}: {_REFUSED[word.value]}")
        if word.kind == "word" and word.value == "format" and after.text != "(":
            raise sql_refused(f"{word.text}: {_KEYWORD_FORMAT}")
        if word.kind in {"word", "name"} and _STATE_TYPE in word.value:
            raise sql_refused("states of aggregates are not read here")


def _check_calls(words: Sequence[Word]) -> None:
    """Look at every name before a bracket, whatever the engine's tree will show of it."""
    for word, after in itertools.pairwise(words):
        if after.text != "(" or after.kind != "sign" or word.kind not in {"word", "name"}:
            continue
        is_syntax = word.kind == "word" and word.value in SYNTAX | TYPES | TABLE_FUNCTIONS
        if not is_syntax and not may_call(word.value):
            raise sql_refused(f"the function {word.value} is not on the list of those allowed")


def _check_parameters(words: Sequence[Word], given: Sequence[str]) -> None:
    """Let `{name:Type}` stand for values only, never for names of tables or columns."""
    for position, word in enumerate(words):
        if word.kind != "sign" or word.text != "{":
            continue
        inside = list(itertools.takewhile(lambda each: each.text != "}", words[position + 1 :]))
        texts = [each.text for each in inside[:2]]
        if len(inside) < 3 or inside[0].kind != "word" or texts[1] != ":":
            raise sql_refused("a parameter is written {name:Type}")
        if any(each.value == _IDENTIFIER for each in inside[2:]):
            raise sql_refused(f"the parameter {texts[0]} may not name a table or column")
        if texts[0] not in given:
            raise sql_refused(f"the parameter {texts[0]} has no value in params")
