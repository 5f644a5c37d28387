"""PostgreSQL's lexical rules, as far as a where clause needs them.

For three ends: to see that a clause is one closed expression before it is pasted into a
statement, to find ``$1`` outside of strings, and to find conjuncts that an index can serve.
What a token means is PostgreSQL's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from electric_sync.engine.errors import ClauseRefused


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted identifier"
    STRING = "string"
    ODD_STRING = "string of another kind"
    NUMBER = "number"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text, and where it starts."""

    kind: Kind
    text: str
    start: int


_PATTERNS = (
    (None, re.compile(r"[ \t\n\r\f\v]+|--[^\n\r]*")),
    (Kind.STRING, re.compile(r"'(?:[^']|'')*'")),
    (Kind.ODD_STRING, re.compile(r"[eE]'(?:[^'\\]|''|\\.)*'", re.DOTALL)),
    (Kind.ODD_STRING, re.compile(r"(?:[bBxXnN]|[uU]&)'(?:[^']|'')*'")),
    (Kind.ODD_STRING, re.compile(r"(\$(?:[A-Za-z_\x80-\U0010ffff][\w]*)?\$).*?\1", re.DOTALL)),
    (Kind.QUOTED, re.compile(r'(?:[uU]&)?"(?:[^"]|"")+"')),
    (
        Kind.NUMBER,
        re.compile(r"0[xXoObB][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?"),
    ),
    (Kind.PARAMETER, re.compile(r"\$\d+")),
    (Kind.WORD, re.compile(r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*")),
    (Kind.OPERATOR, re.compile(r"[-+*/<>=~!@#%^&|`?]+")),
    (Kind.PUNCTUATION, re.compile(r"::|:=|\.\.|[(),\[\].;:]")),
)


def tokenize(text: str) -> list[Token]:
    """The tokens of a clause; white space and comments are left out.

    Raises:
        ClauseRefused: something does not end, or more than one expression stands there.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text.startswith("/*", at):
            at = _end_of_comment(text, at)
            continue
        token = _next(text, at)
        if token.text == "":
            at = token.start
            continue
        tokens.append(token)
        at += len(token.text)
    _check_closed(tokens)
    return tokens


def _next(text: str, at: int) -> Token:
    """The token at ``at``; an empty one behind white space."""
    for kind, pattern in _PATTERNS:
        found = pattern.match(text, at)
        if found is None:
            continue
        if kind is None:
            return Token(Kind.PUNCTUATION, "", found.end())
        if kind is Kind.OPERATOR:
            # A comment ends an operator.
            return Token(kind, re.split(r"--|/\*", found.group())[0], at)
        return Token(kind, found.group(), at)
    what = {"'": "a string", '"': "a quoted name", "$": "a dollar-quoted string"}.get(text[at])
    raise ClauseRefused(
        f"At character {at}: {what} without its end."
        if what
        else f"At character {at}: {text[at]!r} cannot stand here."
    )


def _end_of_comment(text: str, start: int) -> int:
    depth, at = 0, start
    while at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                return at
        else:
            at += 1
    raise ClauseRefused(f"At character {start}: a comment without its end.")


def _check_closed(tokens: list[Token]) -> None:
    """Parentheses match, and nothing ends the statement around the clause."""
    opened: list[Token] = []
    for token in tokens:
        if token.kind is not Kind.PUNCTUATION:
            continue
        if token.text == ";":
            raise ClauseRefused(f"At character {token.start}: ';': a clause is one expression.")
        if token.text in "([":
            opened.append(token)
        elif token.text in ")]" and (
            not opened or opened.pop().text != {")": "(", "]": "["}[token.text]
        ):
            raise ClauseRefused(f"At character {token.start}: {token.text!r} closes nothing.")
    if opened:
        raise ClauseRefused(f"At character {opened[-1].start}: {opened[-1].text!r} is not closed.")
