"""What a rendering may depend on.

Templates and querysets of live views get an audience and never a user, an access or a
request: what is rendered for one person can then be shown to everybody with an equal one,
and nothing of one person can reach another.
"""

from __future__ import annotations

from typing import Any


class Audience:
    """A small frozen bag of attributes; equal if all attributes are.

    >>> Audience(can_edit=True) == Audience(can_edit=True)
    True
    """

    __slots__ = ("_values",)

    def __init__(self, **values: Any) -> None:
        object.__setattr__(self, "_values", tuple(sorted(values.items())))
        hash(self._values)  # a value that cannot be hashed is refused here, where it was given

    def __getattr__(self, name: str) -> Any:
        for key, value in object.__getattribute__(self, "_values"):
            if key == name:
                return value
        raise AttributeError(f"This audience has no {name!r}.")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("An audience cannot be changed.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Audience) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        return f"Audience({', '.join(f'{key}={value!r}' for key, value in self._values)})"
