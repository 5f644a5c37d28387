"""What is a person's own."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from typing import Any
from uuid import UUID

from electric_sync.live import Audience, LiveRegion
from electric_sync.models import UserSession
from electric_sync.shapes import register
from workspaces.access import WorkspaceAccess
from workspaces.live.people import Device, in_order
from workspaces.shapes import OwnDevices


@register
class OwnDeviceList(LiveRegion):
    """Where the viewer is signed in. ``session_id`` is the sign-in that looks."""

    shapes = (OwnDevices,)
    params = {"session_id": UUID}
    template = "workspaces/_own_devices.html"

    def audience(self, access: WorkspaceAccess, user_id: UUID, session_id: UUID) -> Audience | None:
        """The viewer alone: the shape says so."""
        return Audience()

    def context(self, audience: Audience, user_id: UUID, session_id: UUID) -> dict[str, Any]:
        """This device, and the others, the one that was used last first."""
        devices = [
            Device(session, is_here=session.pk == session_id)
            for session in UserSession.objects.open().filter(user_id=user_id)
        ]
        return {"devices": in_order(devices)}
