"""What tests do with streams."""

import asyncio

from electric_sync.client import Change, Message, ShapeStream, UpToDate


async def whole(stream: ShapeStream) -> list[Message]:
    """Everything up to the next up-to-date."""
    messages: list[Message] = []
    async with asyncio.timeout(20):
        async for message in stream:
            messages.append(message)
            if isinstance(message, UpToDate):
                break
    return messages


def names(messages: list[Message]) -> list[tuple[str, str | None]]:
    """The changes among messages: what happened, and the name in the row."""
    return [
        (message.operation.value, message.value.get("name"))
        for message in messages
        if isinstance(message, Change)
    ]
