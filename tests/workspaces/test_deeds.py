"""The audit log in words."""

from __future__ import annotations

from typing import Any

import pytest

from workspaces.actions import people, rows, sharing, tables, workspaces
from workspaces.deeds import TOLD, say
from workspaces.models import AuditLog, Membership

from .conftest import Firm


def told(firm: Firm) -> str:
    entry = AuditLog.objects.filter(company=firm.company).order_by("created_at", "id").last()
    assert entry is not None
    return say(entry)


def test_who_was_given_what(firm: Firm) -> None:
    who = firm.people["editor-without-grant"].pk
    name = "Editor-without-grant"
    sharing.share_workspace(firm.actor(), firm.workspace, who, "view")
    assert told(firm) == f"{name} may view Garden"
    sharing.share_workspace(firm.actor(), firm.workspace, who, "edit")
    assert told(firm) == f"{name} may edit Garden, before: view"
    sharing.unshare_workspace(firm.actor(), firm.workspace, who)
    assert told(firm) == f"{name} may no longer edit Garden"


def test_who_came_and_went_and_as_what(firm: Firm) -> None:
    member, _ = people.add_person(firm.actor(), "nell@fern.example", "Nell", "viewer")
    assert told(firm) == "Nell added as viewer"
    people.change_role(firm.actor(), member, "editor")
    assert told(firm) == "Nell is editor now, before: viewer"
    sharing.share_workspace(firm.actor(), firm.workspace, member.user_id, "edit")
    people.remove_person(firm.actor(), member)
    assert told(firm) == "Nell removed, who was editor, and no longer sees Garden"


def test_where_a_table_went(firm: Firm) -> None:
    tables.move_table(firm.actor(), firm.table, workspaces.create_workspace(firm.actor(), "Shed"))
    assert told(firm) == "Table moved: Plants from Garden to Shed"


def test_what_a_row_held_and_holds(firm: Firm) -> None:
    cells = {firm.key("text"): "Moss", firm.key("number"): 12}
    rows.set_cells(firm.actor(), firm.row, cells)
    assert told(firm) == "Row changed in Plants: Name: “Fern” → “Moss”; Number: empty → “12”"
    cells = {firm.key("text"): "", firm.key("number"): 1, firm.key("select"): "Sun"}
    rows.set_cells(firm.actor(), firm.row, {**cells, firm.key("checkbox"): True})
    assert told(firm).endswith("Select: empty → “Sun”; and 1 more")
    assert "Name: “Moss” → empty" in told(firm)


def test_names_that_were_true_then_stay(firm: Firm) -> None:
    rows.set_cells(firm.actor(), firm.row, {firm.key("person"): firm.people["viewer"].email})
    Membership.objects.filter(user=firm.people["viewer"]).delete()
    firm.columns["person"].name = "Whose"
    firm.columns["person"].save(update_fields=["name"])
    assert told(firm) == "Row changed in Plants: Person: empty → “Viewer”"


def test_a_new_name(firm: Firm) -> None:
    tables.rename_table(firm.actor(), firm.table, "Trees")
    assert told(firm) == "Table renamed: Plants is now Trees"


@pytest.mark.parametrize("action", [*TOLD, "row.added", "table.renamed", "", "x.y"])
@pytest.mark.parametrize(
    "details",
    [
        None,
        5,
        [],
        {},
        {"from": 1, "to": [], "said": 7, "person": "x", "level": 5, "role": []},
        {"from": {"name": 5}, "to": {"name": {}}, "said": [5, {"column": 1}, {"column": "x"}]},
        {"person": {"name": []}, "role": {"from": {}, "to": 5}, "devices": "x", "workspaces": 5},
        {"role": {"from": "x", "to": "y"}, "workspaces": [5, None], "devices": True},
    ],
)
def test_whatever_psql_wrote_is_told(action: str, details: Any) -> None:
    said = say(AuditLog(action=action, target_name="Thing", details=details))
    assert "Thing" in said
