"""Bytes → text.

A byte order mark says it outright. Without one, what is valid UTF-8 is UTF-8: other encodings are
that by accident only when they hold nothing but ASCII. Every second byte empty is UTF-16. The rest
is Windows-1252, which Western European spreadsheets write; a file in another one needs to be told.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
}
LOOKED_AT = 4_000  # bytes that tell UTF-16 without a mark


class UnreadableFile(ValueError):
    """A file is no table of text at all. The text says why."""


@dataclass(frozen=True)
class Decoded:
    """A file's text, and what its encoding is called."""

    text: str
    encoding: str


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Read bytes as text, in the given encoding or the one that they seem to be in.

    Raises:
        UnreadableFile: they are no text in that encoding.
    """
    codec = _codec(encoding) if encoding else _guess(data)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnreadableFile(
            f"The file is not {NAMES.get(codec, codec)}: line {line} has bytes that are none."
        ) from None
    if text.count("\0") > len(text) // 100:
        raise UnreadableFile("The file is not text. Save it as CSV first.")
    return Decoded(text, NAMES.get(codec, codec))


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise UnreadableFile(f"There is no encoding “{encoding}”.") from None


def _guess(data: bytes) -> str:
    for mark, codec in MARKS:
        if data.startswith(mark):
            return codec
    even, odd = data[:LOOKED_AT:2].count(0), data[1:LOOKED_AT:2].count(0)
    half = min(len(data), LOOKED_AT) // 2
    if half and max(even, odd) > half * 0.6 and min(even, odd) < half * 0.1:
        return "utf-16-le" if odd > even else "utf-16-be"
    for codec in ("utf-8", "cp1252"):
        try:
            data.decode(codec)
        except UnicodeDecodeError:
            continue
        return codec
    return "latin-1"  # has a character for every byte
