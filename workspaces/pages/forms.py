"""The forms of the pages. What is right for a column's type is the actions' business."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest, QueryDict

from workspaces.columns.number import MAX_PRECISION, precision_of
from workspaces.columns.select import options_of
from workspaces.models import DataTableColumn, Role, User, Workspace
from workspaces.models.fields import MAX_NAME

Type = DataTableColumn.Type


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with. A form without fields is sent, too."""
    return request.POST if request.method == "POST" else None


class PlainForm(forms.Form):
    """Fields in our classes."""

    use_required_attribute = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs.setdefault("class", "input")


class EmptyForm(PlainForm):
    """Nothing to fill in: the button says it all."""


class NameForm(PlainForm):
    """Names something."""

    name = forms.CharField(
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class PersonForm(PlainForm):
    """Somebody who is to belong to the company."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    name = forms.CharField(
        max_length=MAX_NAME,
        help_text="Somebody who has an account here already keeps the name that they chose.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        # An owner makes somebody an owner afterwards, on purpose.
        choices=[each for each in Role.choices if each[0] != Role.OWNER],
        initial=Role.EDITOR,
    )


class MoveForm(PlainForm):
    """Another workspace for a table."""

    workspace = forms.UUIDField(label="Workspace", widget=forms.Select)

    def offer(self, workspaces: Iterable[Workspace]) -> None:
        """Name the workspaces that the viewer may edit."""
        choices = [(str(each.pk), each.name) for each in workspaces]
        self.fields["workspace"].widget = forms.Select({"class": "input"}, choices)


class FirstPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("new_password1", "New password"), ("new_password2", "Once more")):
            self.fields[name].label = label
            self.fields[name].widget.attrs.update({"class": "input", "autofocus": False})
        self.fields["new_password2"].help_text = ""
        self.fields["new_password1"].help_text = "At least eight characters, and not a common word."


class OwnPasswordForm(FirstPasswordForm, PasswordChangeForm):
    """Another password, for whoever knows the old one. Wrong ones count as when signing in."""

    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(
        self, user: User, data: Any = None, *, request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        super().__init__(user, data, **kwargs)
        self._request = request
        self.fields["old_password"].label = "Present password"
        self.fields["old_password"].widget.attrs.update({"class": "input", "autofocus": False})

    def clean_old_password(self) -> str:
        """Tried like a sign-in: whoever sits at a device that is not theirs may not go on
        guessing."""
        old: str = self.cleaned_data["old_password"]
        if authenticate(self._request, username=self.user.email, password=old) is None:
            raise forms.ValidationError(self.error_messages["password_incorrect"])
        return old


class ColumnForm(NameForm):
    """A column: its name, and what its type can be told."""

    choices = forms.CharField(
        label="Options",
        required=False,
        help_text="One a line. A line that is taken out leaves its cells marked as not valid.",
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
    )
    precision = forms.IntegerField(
        label="Decimal places",
        required=False,
        min_value=0,
        max_value=MAX_PRECISION,
        help_text="Left empty: as many as somebody types.",
    )

    #: The field that only one type has.
    FIELD_OF = {Type.SELECT: "choices", Type.NUMBER: "precision"}

    @classmethod
    def has_options(cls, kind: str) -> bool:
        """Whether columns of this type can be told anything."""
        return kind in cls.FIELD_OF

    def keep_only_fields_of(self, kind: str) -> None:
        """Drop what another type than this one would be told."""
        for other, field in self.FIELD_OF.items():
            if other != kind:
                self.fields.pop(field, None)

    def fill_from(self, column: DataTableColumn) -> None:
        """Begin with the column as it is."""
        self.initial["name"] = column.name
        self.initial["precision"] = precision_of(column)
        self.initial["choices"] = "\n".join(each["name"] for each in options_of(column))

    @classmethod
    def options_of(
        cls, given: dict[str, Any], kind: str, known: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Return what the column's type is told. An option that keeps its name keeps its id."""
        if kind == Type.NUMBER:
            precision = given.get("precision")
            return {} if precision is None else {"precision": precision}
        if kind == Type.SELECT:
            by_name = {str(each.get("name", "")).casefold(): each for each in known}
            lines = [" ".join(line.split()) for line in given.get("choices", "").splitlines()]
            return {
                "options": [
                    {**by_name.get(line.casefold(), {}), "name": line} for line in lines if line
                ]
            }
        return {}


class NewColumnForm(ColumnForm):
    """A column that does not exist yet may still choose its type."""

    type = forms.ChoiceField(choices=Type.choices, initial=Type.TEXT)
    field_order = ["name", "type", "choices", "precision"]
