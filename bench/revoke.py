"""Commit of a revocation → the last page concerned is told what to clear, by each road."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.installation import Server, installation, made_table, sign_in_as, token_of
from bench.sockets import LiveSocket, opened
from bench.tables import percentile, show


@dataclass(frozen=True)
class Place:
    """A shared table, and the people who see it because they were given its workspace."""

    table: Any
    people: list[Any]

    @property
    def keys(self) -> list[Any]:
        return [person.pk for person in self.people]

    def give(self) -> None:
        """Give the workspace to everybody who has it not."""
        from workspaces.models import WorkspaceGrant

        WorkspaceGrant.objects.bulk_create(
            [
                WorkspaceGrant(
                    company_id=self.table.company_id,
                    workspace_id=self.table.workspace_id,
                    user_id=key,
                    level="view",
                )
                for key in self.keys
            ],
            ignore_conflicts=True,
        )


def made_people(table: Any, count: int) -> list[Any]:
    """Editors of the sample company who were given nothing yet."""
    from workspaces.models import Membership, User

    people = User.objects.bulk_create(
        [
            User(email=f"{count}-{number}@bench.example", name=f"Person {number}")
            for number in range(count)
        ]
    )
    Membership.objects.bulk_create(
        [Membership(company_id=table.company_id, user=each, role="editor") for each in people]
    )
    return people


# ── The roads. Each is committed when it returns. ───────────────────────────


def by_bulk_delete(place: Place) -> None:
    """`QuerySet.delete`, as the admin and pages do for one."""
    from workspaces.models import WorkspaceGrant

    WorkspaceGrant.objects.filter(user_id__in=place.keys).delete()


def by_bulk_update(place: Place) -> None:
    """Everybody's sign-in is switched off."""
    from workspaces.models import User

    User.objects.filter(pk__in=place.keys).update(is_active=False)


def by_psql(place: Place) -> None:
    """SQL that no line of Python sees."""
    import psycopg

    from electric_sync import conf

    with psycopg.connect(conf.conninfo()) as writer:
        writer.execute("DELETE FROM workspace_grants WHERE user_id = ANY(%s)", [place.keys])


def by_trash(place: Place) -> None:
    """The workspace goes into the trash."""
    from django.utils import timezone

    from workspaces.models import Workspace

    Workspace.objects.filter(pk=place.table.workspace_id).update(trashed_at=timezone.now())


def undo(place: Place) -> None:
    """Everybody sees it again."""
    from workspaces.models import User, Workspace

    Workspace.objects.filter(pk=place.table.workspace_id).update(trashed_at=None)
    User.objects.filter(pk__in=place.keys).update(is_active=True)
    place.give()


ROADS: list[Callable[[Place], None]] = [by_bulk_delete, by_psql, by_trash, by_bulk_update]


async def measure(server: Server, place: Place, road: Callable[[Place], None]) -> list[float]:
    """Milliseconds from the commit until each page was told."""
    await asyncio.to_thread(undo, place)
    signed_in = await asyncio.to_thread(sign_in_as, place.people)
    sockets = await opened(server.port, [cookie for cookie, _ in signed_in])
    for socket, (_, session) in zip(sockets, signed_in, strict=True):
        token = token_of(place.table, session)
        socket.send(type="subscribe", sub="s", token=token, etag=None, size=100)
    await asyncio.gather(*(socket.hear("frame") for socket in sockets))
    committed = 0.0
    told: list[float] = []

    async def follow(socket: LiveSocket) -> None:
        await socket.hear("access", "reset")
        told.append(time.perf_counter())

    following = [asyncio.ensure_future(follow(socket)) for socket in sockets]

    def revoke() -> float:
        road(place)
        return time.perf_counter()

    committed = await asyncio.to_thread(revoke)
    await asyncio.gather(*following)
    for socket in sockets:
        socket.close()
    return [max(0.0, (each - committed) * 1000) for each in told]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 100, 1000])
    options = parser.parse_args()
    lines = []
    with installation() as server:
        table = made_table("Revoke", 100)
        for sessions in options.sessions:
            place = Place(table, made_people(table, sessions))
            for road in ROADS:
                taken: list[float] = []
                for _ in range(options.times):
                    taken += asyncio.run(measure(server, place, road))
                line = [percentile(taken, 0.5), percentile(taken, 0.99), max(taken)]
                lines.append([sessions, road.__name__.replace("_", " "), *line])
    show(
        "revoke: commit of the revocation → page told what to clear, ms",
        ["sessions", "road", "median", "p99", "last"],
        lines,
    )


if __name__ == "__main__":
    main()
