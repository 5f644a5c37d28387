"""People, roles and who was given what: what actions write, what they refuse, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from electric_sync.models import UserSession
from workspaces.access import Actor, explain, who_sees
from workspaces.actions import people, sharing, tables, workspaces
from workspaces.errors import Forbidden, Invalid, NotFound
from workspaces.models import AuditLog, Membership, User, Workspace, WorkspaceGrant

from .conftest import Firm

LAST_OWNER = "A company needs at least one owner. Make somebody else an owner first."


def member(firm: Firm, who: str) -> Membership:
    return Membership.objects.get(company=firm.company, user=firm.people[who])


def last_entry() -> tuple[str, str, dict[str, Any]]:
    entry = AuditLog.objects.order_by("created_at", "id").last()
    assert entry is not None
    return entry.action, entry.target_name, entry.details


class TestAdding:
    def test_somebody_new_is_made_without_a_password(self, firm: Firm) -> None:
        added, is_new = people.add_person(firm.actor(), " Nell@Fern.Example ", "Nell", "viewer")
        assert (is_new, added.role, added.name, added.email) == (
            True,
            "viewer",
            "Nell",
            "nell@fern.example",
        )
        assert not added.user.has_usable_password()
        details = {"email": "nell@fern.example", "role": {"from": None, "to": "viewer"}}
        assert last_entry() == ("person.added", "Nell", details)

    def test_somebody_of_another_company_keeps_their_name(self, firm: Firm) -> None:
        added, is_new = people.add_person(firm.actor(), "outsider@else.example", "X", "editor")
        assert (is_new, added.user) == (False, firm.people["outsider"])
        assert added.name == firm.people["outsider"].name

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            (("editor@fern.example", "E", "viewer"), "email"),
            (("no address", "E", "viewer"), "email"),
            (("new@fern.example", " ", "viewer"), "name"),
            (("new@fern.example", "New", "king"), "role"),
        ],
    )
    def test_what_does_not_fit_is_said_and_nobody_is_made(
        self, firm: Firm, given: tuple[str, str, str], field: str
    ) -> None:
        with pytest.raises(Invalid) as error:
            people.add_person(firm.actor(), *given)
        assert list(error.value.errors) == [field]
        assert not User.objects.filter(email="new@fern.example").exists()


class TestRoles:
    def test_a_change_is_in_the_audit_log_with_before_and_after(self, firm: Firm) -> None:
        changed = people.change_role(firm.actor("admin"), member(firm, "editor"), "viewer")
        assert changed.role == "viewer"
        details = {"role": {"from": "editor", "to": "viewer"}}
        assert last_entry() == ("person.role_changed", "Editor", details)

    def test_the_same_role_again_writes_nothing(self, firm: Firm) -> None:
        before = AuditLog.objects.count()
        people.change_role(firm.actor(), member(firm, "editor").pk, "editor")
        assert AuditLog.objects.count() == before

    @pytest.mark.parametrize(
        ("who", "role"), [("editor", "owner"), ("owner", "admin"), ("admin", "owner")]
    )
    def test_admins_neither_make_nor_unmake_owners(self, firm: Firm, who: str, role: str) -> None:
        Membership.objects.create(company=firm.company, user=_person("second"), role="owner")
        with pytest.raises(Forbidden, match="Only owners"):
            people.change_role(firm.actor("admin"), member(firm, who), role)
        people.change_role(firm.actor("owner"), member(firm, who), role)
        assert member(firm, who).role == role

    def test_an_admin_does_not_remove_an_owner(self, firm: Firm) -> None:
        Membership.objects.create(company=firm.company, user=_person("second"), role="owner")
        with pytest.raises(Forbidden, match="Only owners"):
            people.remove_person(firm.actor("admin"), member(firm, "owner"))

    def test_whoever_may_lower_somebody_may_lower_themselves(self, firm: Firm) -> None:
        people.change_role(firm.actor("admin"), member(firm, "admin"), "viewer")
        with pytest.raises(Forbidden):
            people.change_role(firm.actor("admin"), member(firm, "admin"), "admin")

    @pytest.mark.parametrize("road", ["page", "admin", "command"])
    @pytest.mark.parametrize(
        "act",
        [
            lambda actor, last: people.change_role(actor, last, "admin"),
            lambda actor, last: people.remove_person(actor, last),
        ],
    )
    def test_the_last_owner_stays_whoever_asks(
        self, firm: Firm, act: Callable[[Actor, Membership], object], road: str
    ) -> None:
        user_id = None if road == "command" else firm.people["owner"].pk
        with pytest.raises(Forbidden) as error:
            act(Actor(user_id, firm.company.pk, road), member(firm, "owner"))
        assert str(error.value) == LAST_OWNER
        connection.check_constraints()

    def test_an_owner_may_go_when_there_is_another(self, firm: Firm) -> None:
        people.change_role(firm.actor(), member(firm, "admin"), "owner")
        people.remove_person(firm.actor(), member(firm, "owner"))
        connection.check_constraints()
        assert not Membership.objects.filter(user=firm.people["owner"]).exists()


class TestRemoving:
    def test_what_they_were_given_goes_along_and_the_audit_log_names_it(self, firm: Firm) -> None:
        people.remove_person(firm.actor("admin"), member(firm, "editor"))
        assert not WorkspaceGrant.objects.filter(user=firm.people["editor"]).exists()
        assert User.objects.filter(pk=firm.people["editor"].pk, is_active=True).exists()
        details = {
            "email": "editor@fern.example",
            "role": {"from": "editor", "to": None},
            "workspaces": ["Garden"],
        }
        assert last_entry() == ("person.removed", "Editor", details)

    def test_who_has_gone_is_not_there_a_second_time(self, firm: Firm) -> None:
        key = member(firm, "editor").pk
        people.remove_person(firm.actor(), key)
        with pytest.raises(NotFound):
            people.remove_person(firm.actor(), key)


class TestDevices:
    def test_only_sign_ins_that_have_this_company_open_end(self, firm: Firm) -> None:
        for tenant in (firm.company.pk, firm.company.pk, uuid4()):
            _sign_in(firm.people["editor"], str(tenant))
        _sign_in(firm.people["viewer"], str(firm.company.pk))
        assert people.end_devices(firm.actor("admin"), member(firm, "editor")) == 2
        assert UserSession.objects.filter(ended_at=None).count() == 2
        assert last_entry() == ("person.signed_out", "Editor", {"devices": 2})

    def test_where_there_is_none_nothing_is_written(self, firm: Firm) -> None:
        before = AuditLog.objects.count()
        assert people.end_devices(firm.actor(), member(firm, "editor")) == 0
        assert AuditLog.objects.count() == before

    def test_an_admin_does_not_sign_an_owner_out(self, firm: Firm) -> None:
        with pytest.raises(Forbidden, match="Only owners"):
            people.end_devices(firm.actor("admin"), member(firm, "owner"))


class TestSignOutCommand:
    def test_everywhere_also_where_no_company_is_open(self, firm: Firm) -> None:
        for tenant in (str(firm.company.pk), ""):
            _sign_in(firm.people["editor"], tenant)
        _sign_in(firm.people["viewer"], str(firm.company.pk))
        assert _command("Editor@fern.example") == "Editor was signed out on 2 device(s).\n"
        assert UserSession.objects.get(ended_at=None).user == firm.people["viewer"]
        assert last_entry() == ("person.signed_out", "Editor", {"devices": 1})

    def test_where_one_company_is_open(self, firm: Firm) -> None:
        for tenant in (str(firm.company.pk), str(uuid4())):
            _sign_in(firm.people["editor"], tenant)
        assert "on 1 device" in _command("editor@fern.example", "--company", "Fern & Co")
        assert UserSession.objects.filter(ended_at=None).count() == 1

    @pytest.mark.parametrize(
        "given", [["nobody@x.example"], ["editor@fern.example", "--company", "Elsewhere"]]
    )
    def test_what_is_not_there_is_said(self, firm: Firm, given: list[str]) -> None:
        with pytest.raises(CommandError):
            _command(*given)


class TestSharing:
    def test_giving_changing_and_taking_are_in_the_audit_log(self, firm: Firm) -> None:
        who = firm.people["editor-without-grant"]
        named = {"id": str(who.pk), "name": "Editor-without-grant"}
        said = []
        for level in ("view", "edit", "edit"):
            assert sharing.share_workspace(firm.actor(), firm.workspace, who.pk, level).level == (
                level
            )
            said.append(last_entry())
        assert WorkspaceGrant.objects.get(user=who).level == "edit"
        sharing.unshare_workspace(firm.actor("admin"), firm.workspace.pk, who.pk)
        said.append(last_entry())
        assert not WorkspaceGrant.objects.filter(user=who).exists()
        changed = ("access.changed", {"from": "view", "to": "edit"})
        for (action, target, details), (wanted, level) in zip(
            said,
            [
                ("access.given", {"from": None, "to": "view"}),
                changed,
                changed,
                ("access.taken", {"from": "edit", "to": None}),
            ],
            strict=True,
        ):
            assert (action, target) == (wanted, "Garden")
            assert details == {"person": named, "level": level}
        assert AuditLog.objects.filter(action="access.changed").count() == 1

    @pytest.mark.parametrize("who", ["owner", "admin"])
    def test_who_sees_everything_already_is_given_nothing(self, firm: Firm, who: str) -> None:
        with pytest.raises(Invalid, match="see every workspace already"):
            sharing.share_workspace(firm.actor(), firm.workspace, firm.people[who].pk, "view")

    def test_a_grant_from_before_somebody_became_admin_can_be_taken_back(self, firm: Firm) -> None:
        people.change_role(firm.actor(), member(firm, "editor"), "admin")
        sharing.unshare_workspace(firm.actor(), firm.workspace, firm.people["editor"].pk)
        assert not WorkspaceGrant.objects.filter(user=firm.people["editor"]).exists()

    def test_what_was_not_given_cannot_be_taken(self, firm: Firm) -> None:
        who = firm.people["editor-without-grant"].pk
        with pytest.raises(NotFound):
            sharing.unshare_workspace(firm.actor(), firm.workspace, who)

    def test_somebody_of_another_company_is_not_there(self, firm: Firm) -> None:
        for key in (firm.people["outsider"].pk, uuid4()):
            with pytest.raises(NotFound, match="no such person"):
                sharing.share_workspace(firm.actor(), firm.workspace, key, "view")
            with pytest.raises(NotFound, match="no such person"):
                sharing.unshare_workspace(firm.actor(), firm.workspace, key)

    def test_there_is_no_such_level(self, firm: Firm) -> None:
        who = firm.people["editor"].pk
        with pytest.raises(Invalid):
            sharing.share_workspace(firm.actor(), firm.workspace, who, "own")

    def test_a_workspace_in_the_trash_is_given_to_nobody(self, firm: Firm) -> None:
        workspaces.delete_workspace(firm.actor(), firm.workspace)
        with pytest.raises(NotFound, match="no such workspace"):
            sharing.share_workspace(firm.actor(), firm.workspace, firm.people["editor"].pk, "view")


def test_a_table_that_moves_names_both_workspaces_in_the_audit_log(firm: Firm) -> None:
    shed = workspaces.create_workspace(firm.actor(), "Shed")
    tables.create_table(firm.actor(), shed, "Tools")
    moved = tables.move_table(firm.actor(), firm.table, shed)
    assert moved.position == "a1"
    places = {
        "from": {"id": str(firm.workspace.pk), "name": "Garden"},
        "to": {"id": str(shed.pk), "name": "Shed"},
    }
    assert last_entry() == ("table.moved", "Plants", places)


class TestReasons:
    def test_who_sees_a_workspace_and_why(self, firm: Firm) -> None:
        User.objects.filter(pk=firm.people["editor"].pk).update(is_active=False)
        seen = who_sees(
            firm.workspace.pk,
            Membership.objects.filter(company=firm.company),
            WorkspaceGrant.objects.all(),
        )
        found = {each.name: (sight.level, sight.reason) for each, sight in seen}
        looks = ("view", "Was given this workspace to look at.")
        assert found == {
            "owner": ("edit", "Owner: sees and changes every workspace."),
            "Admin": ("edit", "Admin: sees and changes every workspace."),
            "Editor": (None, "Is locked out: may not sign in anywhere."),
            "Editor-who-may-view": looks,
            "Viewer": looks,
            "Viewer-who-may-edit": (
                "view",
                "Was given this workspace for editing, but viewers only look.",
            ),
            "Editor-without-grant": (None, "Was not given this workspace."),
        }

    def test_what_a_person_sees_and_why_workspaces_in_the_trash_included(self, firm: Firm) -> None:
        Workspace.objects.create(company=firm.company, name="Attic", trashed_at=timezone.now())
        Workspace.objects.create(company=firm.company, name="Shed")
        found = [
            (place.name, sight.allowed, sight.level, sight.reason)
            for place, sight in explain(member(firm, "editor"))
        ]
        assert found == [
            ("Garden", True, "edit", "Was given this workspace for editing."),
            ("Shed", False, None, "Was not given this workspace."),
            ("Attic", False, None, "Is in the trash: nobody sees it."),
        ]

    def test_what_is_explained_is_what_access_allows(self, firm: Firm) -> None:
        from workspaces.access import WorkspaceAccess

        for who in firm.people:
            if who == "outsider":
                continue
            access = WorkspaceAccess.load(firm.people[who], str(firm.company.pk))
            assert access is not None
            for place, sight in explain(member(firm, who)):
                assert sight.allowed == access.may_view(place.pk)
                assert (sight.level == "edit") == access.may_edit(place.pk)


def _person(name: str) -> User:
    return User.objects.create_user(f"{name}@fern.example", name=name.capitalize())


def _sign_in(user: User, tenant: str) -> None:
    UserSession.objects.create(
        key_hash=uuid4().hex,
        user=user,
        tenant=tenant,
        expires_at=timezone.now() + timedelta(hours=1),
    )


def _command(*given: str) -> str:
    out = StringIO()
    call_command("sign_out", *given, stdout=out)
    return out.getvalue()
