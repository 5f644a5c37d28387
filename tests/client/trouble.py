"""Ways of going wrong that several tests know."""

from tests.client.electric import Electric, inserted
from tests.client.server import Play, Request, Wire


def repeating(electric: Electric, matches: str) -> Play:
    """A cache that knows one answer, and gives it whenever ``matches`` is not in the query."""

    async def play(request: Request, wire: Wire) -> None:
        if matches in request.query:
            await electric.play(request, wire)
        else:
            headers = electric.headers("0_0", False, schema=True) | {"electric-handle": "gone"}
            await wire.answer(200, headers, [inserted(7, "old")])

    return play
