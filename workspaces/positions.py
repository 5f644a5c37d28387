"""Positions: short text keys with room between any two of them (fractional indexing).

A key is an *integer part* and, where two neighbours leave no integer between them, a *fraction*:

- The first character says how long the integer part is: ``a`` one digit, ``b`` two … ``z`` twenty-
  six; ``Z`` one, ``Y`` two … for what stands before ``a0``. So appending counts up, and the
  millionth key has five characters.
- Digits are base 62 in the order of ASCII, so keys sort right byte by byte (``COLLATE "C"``).
- A fraction never ends in ``0``; otherwise nothing could be put before it.

The database holds every key to this form and makes keys after the last in the same way (migration
0002). Two people may insert at the same place at once and get the same key: every order ends with
the row's id.
"""

from __future__ import annotations

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FIRST = "a0"


def between(before: str | None, after: str | None) -> str:
    """A key that sorts after ``before`` and before ``after``; ``None`` is the end on that side."""
    if before is not None and after is not None and before >= after:
        raise ValueError(f"There is no position between {before} and {after}.")
    if before is None:
        if after is None:
            return FIRST
        whole, fraction = _split(after)
        return whole if fraction else _decremented(whole)
    whole, fraction = _split(before)
    if after is None:
        return _incremented(whole)
    next_whole, next_fraction = _split(after)
    if whole == next_whole:
        return whole + _middle(fraction, next_fraction)
    candidate = _incremented(whole)
    return candidate if candidate < after else whole + _middle(fraction, "")


def spread(before: str | None, after: str | None, count: int) -> list[str]:
    """``count`` ascending keys between two others, none longer than it need be."""
    if count <= 0:
        return []
    if after is None:
        keys = []
        for _ in range(count):
            before = between(before, None)
            keys.append(before)
        return keys
    middle = between(before, after)
    left = count // 2
    return [*spread(before, middle, left), middle, *spread(middle, after, count - left - 1)]


def _split(key: str) -> tuple[str, str]:
    head = key[0]
    length = ord(head) - ord("a") + 2 if head >= "a" else ord("Z") - ord(head) + 2
    return key[:length], key[length:]


def _incremented(whole: str) -> str:
    head, digits = whole[0], list(whole[1:])
    for place in reversed(range(len(digits))):
        if digits[place] != "z":
            digits[place] = DIGITS[DIGITS.index(digits[place]) + 1]
            return head + "".join(digits)
        digits[place] = "0"
    if head == "z":
        raise ValueError(f"There is no position after {whole}.")
    if head == "Z":
        return FIRST
    grown = "".join(digits) + "0" if head >= "a" else "".join(digits[1:])
    return chr(ord(head) + 1) + grown


def _decremented(whole: str) -> str:
    head, digits = whole[0], list(whole[1:])
    for place in reversed(range(len(digits))):
        if digits[place] != "0":
            digits[place] = DIGITS[DIGITS.index(digits[place]) - 1]
            return head + "".join(digits)
        digits[place] = "z"
    if head == "A":
        raise ValueError(f"There is no position before {whole}.")
    if head == "a":
        return "Zz"
    grown = "".join(digits) + "z" if head <= "Z" else "".join(digits[1:])
    return chr(ord(head) - 1) + grown


def _middle(low: str, high: str) -> str:
    """A fraction between two others; ``high`` empty is one. Neither ends in ``0``, nor does the
    answer."""
    if high:
        same = 0
        while (low[same] if same < len(low) else "0") == high[same]:
            same += 1
        if same:
            return high[:same] + _middle(low[same:], high[same:])
    first = DIGITS.index(low[0]) if low else 0
    last = DIGITS.index(high[0]) if high else len(DIGITS)
    if last - first > 1:
        return DIGITS[(first + last) // 2]
    if len(high) > 1:
        return high[0]
    return DIGITS[first] + _middle(low[1:], "")
