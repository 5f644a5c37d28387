"""Column types: what they read, what they refuse and in which words, and how PostgreSQL sorts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workspaces.columns import TYPES, CellError
from workspaces.errors import Invalid
from workspaces.filters import Order
from workspaces.models import DataTableColumn, DataTableRow

from .conftest import Firm

SUN = {"options": [{"id": "s", "name": "Sun", "hue": "red"}, {"id": "h", "name": "Shade"}]}

READ: list[tuple[str, dict[str, Any], object, Any]] = [
    # type, options, what was given, what is stored
    ("text", {}, "  Fern ", "Fern"),
    ("text", {}, "a\r\nb\x00\ud800", "a\nb"),
    ("text", {}, 12.5, "12.5"),
    ("text", {}, "   ", None),
    ("number", {}, "1,204.50", 1204.5),
    ("number", {}, "1.204,50", 1204.5),
    ("number", {}, "12,5", 12.5),
    ("number", {}, "1 204", 1204),
    ("number", {}, "1'204", 1204),
    ("number", {}, "−3", -3),
    ("number", {}, "-0", 0),
    ("number", {}, "£12.50", 12.5),
    ("number", {}, "-£12", -12),
    ("number", {}, ".5", 0.5),
    ("number", {}, "1e3", 1000),
    ("number", {}, 12, 12),
    ("number", {}, 12.0, 12),
    ("number", {}, 0.1 + 0.2, 0.3),
    ("number", {}, "0.00000000000001", 1e-14),
    ("number", {"precision": 2}, "12.50", 12.5),
    ("number", {"precision": 0}, "1,000", 1000),
    ("number", {}, None, None),
    ("checkbox", {}, True, True),
    ("checkbox", {}, False, False),
    ("checkbox", {}, "Yes", True),
    ("checkbox", {}, "off", False),
    ("checkbox", {}, "", None),
    ("date", {}, "2026-11-24", "2026-11-24"),
    ("date", {}, "2026-1-4", "2026-01-04"),
    ("date", {}, "24.11.2026", "2026-11-24"),
    ("date", {}, "24 November 2026", "2026-11-24"),
    ("date", {}, "24 Nov 2026", "2026-11-24"),
    ("date", {}, "24/11/2026", "2026-11-24"),
    ("date", {}, "11/24/2026", "2026-11-24"),
    ("date", {}, "3/3/2026", "2026-03-03"),
    ("date", {}, "2024-02-29", "2024-02-29"),
    ("select", SUN, "s", "s"),
    ("select", SUN, "shade", "h"),
    ("select", SUN, None, None),
]

REFUSED: list[tuple[str, dict[str, Any], object, str]] = [
    ("text", {}, ["a"], "“['a']” is not text."),
    ("text", {}, "x" * 10_001, "This has 10,001 characters. A cell holds at most 10,000."),
    ("number", {}, "12,-", "“12,-” is not a number. Write it like 12.50."),
    ("number", {}, "1,20,4", "“1,20,4” is not a number. Write it like 12.50."),
    ("number", {}, "a dozen", "“a dozen” is not a number. Write it like 12.50."),
    ("number", {}, True, "“True” is not a number."),
    ("number", {}, float("nan"), "“nan” has more than 15 digits."),
    ("number", {}, "1234567890123456", "“1234567890123456” has more than 15 digits."),
    ("number", {}, "1e300", "“1e300” has more than 15 digits."),
    ("number", {"precision": 2}, "1.234", "“1.234” has more than 2 decimal places."),
    ("number", {"precision": 1}, "1.23", "“1.23” has more than one decimal place."),
    (
        "number",
        {"precision": 0},
        1.5,
        "“1.5” has more than no decimal places, and this column keeps whole numbers.",
    ),
    ("checkbox", {}, "maybe", "“maybe” is neither yes nor no."),
    ("date", {}, "soon", "“soon” is not a date. Write it like 2026-11-24."),
    ("date", {}, "31.11.2026", "“31.11.2026” is not a date: November 2026 has 30 days."),
    ("date", {}, "2025-02-29", "“2025-02-29” is not a date: February 2025 has 28 days."),
    (
        "date",
        {},
        "2026-13-01",
        "“2026-13-01” is not a date: there is no month 13. Write it like 2026-11-24.",
    ),
    (
        "date",
        {},
        "3/4/2026",
        "“3/4/2026” can be two different days. Write it like 2026-11-24.",
    ),
    ("date", {}, "0000-01-01", "“0000-01-01” is not a date: there is no year 0."),
    ("date", {}, 20261124, "“20261124” is not text."),
    ("select", SUN, "Rain", "“Rain” is not an option of Light. Choose one of: Sun, Shade."),
    ("select", {}, "Rain", "“Rain” is not an option of Light. The column has no options yet."),
]


def column(type_: str, options: dict[str, Any]) -> DataTableColumn:
    return DataTableColumn(name="Light", type=type_, options=options)


@pytest.mark.parametrize(("type_", "options", "given", "stored"), READ)
def test_what_is_given_is_read(
    type_: str, options: dict[str, Any], given: object, stored: Any
) -> None:
    value = TYPES[type_].parse(given, column(type_, options))
    assert (value, type(value)) == (stored, type(stored))
    if value is not None:
        assert not TYPES[type_].invalid(value, column(type_, options))
        assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize(("type_", "options", "given", "sentence"), REFUSED)
def test_what_does_not_fit_is_refused_in_a_sentence(
    type_: str, options: dict[str, Any], given: object, sentence: str
) -> None:
    with pytest.raises(CellError) as error:
        TYPES[type_].parse(given, column(type_, options))
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("text", "a\nb", "a\nb"),
        ("number", 12.5, "12.5"),
        ("number", 1e-7, "0.0000001"),
        ("number", 123456789012345, "123456789012345"),
        ("number", "12,-", "12,-"),
        ("checkbox", True, "true"),
        ("checkbox", False, ""),
        ("date", "2026-11-24", "2026-11-24"),
        ("text", None, ""),
    ],
)
def test_a_value_stands_in_an_input_as_it_is_read_again(type_: str, value: Any, text: str) -> None:
    assert TYPES[type_].edit_text(value) == text


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", 5),
        ("text", ["a"]),
        ("number", "12"),
        ("number", True),
        ("checkbox", "true"),
        ("checkbox", 1),
        ("date", "24.11.2026"),
        ("date", "2026-02-31"),
        ("date", 5),
        ("select", "gone"),
        ("select", ["s"]),
        ("person", "Mira"),
        ("person", 7),
    ],
)
def test_a_stored_value_of_another_type_is_invalid(type_: str, value: Any) -> None:
    assert TYPES[type_].invalid(value, column(type_, SUN if type_ == "select" else {}))


class TestPerson:
    def test_somebody_is_found_by_id_address_or_name(self, firm: Firm) -> None:
        viewer = firm.people["viewer"]
        for given in (viewer.pk, str(viewer.pk), "VIEWER@fern.example", "viewer"):
            assert TYPES["person"].parse(given, firm.columns["person"]) == str(viewer.pk)

    @pytest.mark.parametrize("by", ["pk", "email", "name"])
    def test_somebody_of_another_company_is_nobody(self, firm: Firm, by: str) -> None:
        given = str(getattr(firm.people["outsider"], by))
        with pytest.raises(CellError, match="is nobody of this company"):
            TYPES["person"].parse(given, firm.columns["person"])

    def test_of_two_people_with_one_name_the_address_is_asked_for(self, firm: Firm) -> None:
        type(firm.people["editor"]).objects.filter(pk=firm.people["editor"].pk).update(
            name="Viewer"
        )
        with pytest.raises(CellError, match="Give the e-mail address"):
            TYPES["person"].parse("Viewer", firm.columns["person"])


class TestOptions:
    @pytest.mark.parametrize(
        ("type_", "options", "sentence"),
        [
            ("text", {"x": 1}, "A text column has no options."),
            ("number", {"precision": 9}, "Decimal places are a number from 0 to 8."),
            ("number", {"precision": True}, "Decimal places are a number from 0 to 8."),
            ("number", {"places": 2}, "A number column has no option “places”."),
            ("select", {"options": "a"}, "A select column has a list of options, nothing else."),
            ("select", {"options": ["a", "A"]}, "The names of options differ from one another."),
            ("select", {"options": [{}]}, "Each option has a name of 1 to 60 characters."),
            ("select", {"options": [7]}, "Each option has a name."),
            (
                "select",
                {"options": ["a"] * 101},
                "A select column has at most 100 options.",
            ),
        ],
    )
    def test_what_a_column_cannot_be_told_is_refused(
        self, type_: str, options: dict[str, Any], sentence: str
    ) -> None:
        with pytest.raises(Invalid) as error:
            TYPES[type_].clean_options(options)
        assert error.value.errors == {"options": sentence}

    def test_an_option_gets_an_id_and_a_hue(self) -> None:
        (option,) = TYPES["select"].clean_options({"options": [" In  full sun "]})["options"]
        assert (option["name"], option["hue"]) == ("In full sun", "red")
        assert len(option["id"]) == 8


SORTED: list[tuple[str, list[Any]]] = [
    # in the right order; what is not of the type comes last
    ("text", ["apple", "Banana", "cherry", "Äpfel", 5]),
    ("number", [-3, 2, 10, 10.5, "9"]),
    ("date", ["2025-12-31", "2026-01-01", "2026-11-24", "soon"]),
    ("select", ["s", "h", "gone"]),
    ("checkbox", [False, True]),
]


class TestSorting:
    @pytest.mark.parametrize(("type_", "values"), SORTED)
    @pytest.mark.parametrize("descending", [False, True])
    def test_postgresql_sorts_by_the_type(
        self, firm: Firm, type_: str, values: list[Any], descending: bool
    ) -> None:
        DataTableRow.objects.all().delete()
        key = firm.key(type_)
        for value in reversed(values):
            DataTableRow.objects.create(table=firm.table, cells={key: value})
        order = Order(firm.columns[type_], descending=descending)
        page, _ = order.page(firm.table.rows.all(), 10)
        valid = [v for v in values if not TYPES[type_].invalid(v, firm.columns[type_])]
        wrong = values[len(valid) :]
        expected = [*reversed(valid), *wrong] if descending else [*valid, *wrong]
        assert [row.cells[key] for row in page] == expected

    @pytest.mark.parametrize("type_", ["text", "number", "checkbox", "date", "select", "person"])
    @pytest.mark.parametrize("descending", [False, True])
    def test_pages_of_three_hold_every_row_once(
        self, firm: Firm, type_: str, descending: bool
    ) -> None:
        DataTableRow.objects.all().delete()
        values = [None, 1, 1, 2, True, True, "b", "b", "a", "2026-01-01", "s", "h", [], {}, 1.5]
        for value in values:
            DataTableRow.objects.create(table=firm.table, cells={firm.key(type_): value})
        order = Order(firm.columns[type_], descending=descending)
        seen, cursor = [], None
        while True:
            page, cursor = order.page(firm.table.rows.all(), 3, cursor)
            seen += [row.pk for row in page]
            if cursor is None:
                break
        whole, _ = order.page(firm.table.rows.all(), 100)
        assert seen == [row.pk for row in whole]
        assert len(set(seen)) == len(values)

    def test_no_value_whatsoever_breaks_a_sort(self, firm: Firm) -> None:
        odd = [None, 1e308, -1e308, "", "\n", "9" * 400, [1, [2]], {"a": None}, False, "31.11.2026"]
        for value in odd:
            cells = dict.fromkeys(map(firm.key, firm.columns), value)
            DataTableRow.objects.create(table=firm.table, cells=cells)
        for each in firm.columns.values():
            page, _ = Order(each).page(firm.table.rows.all(), 100)
            assert len(page) == len(odd) + 1

    def test_a_cursor_is_good_for_its_own_order_only(self, firm: Firm) -> None:
        for _ in range(3):
            DataTableRow.objects.create(table=firm.table)
        _, cursor = Order(firm.columns["number"]).page(firm.table.rows.all(), 2)
        for order in (Order(), Order(firm.columns["date"])):
            with pytest.raises(Invalid, match="This is no cursor of this list"):
                order.page(firm.table.rows.all(), 2, cursor)

    def test_the_page_behind_a_deleted_row_is_right(self, firm: Firm) -> None:
        rows = [DataTableRow.objects.create(table=firm.table) for _ in range(4)]
        page, cursor = Order().page(firm.table.rows.all(), 3)
        DataTableRow.objects.filter(pk=page[-1].pk).delete()
        page, cursor = Order().page(firm.table.rows.all(), 3, cursor)
        assert ([row.pk for row in page], cursor) == ([rows[2].pk, rows[3].pk], None)


@pytest.mark.django_db
def test_what_the_models_allow_is_what_there_are_types_for() -> None:
    assert set(TYPES) == set(DataTableColumn.Type.values)
