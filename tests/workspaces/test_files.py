"""Files of unknown make: what is found in them, and what is said of what does not fit."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.files.encodings import UnreadableFile, decode
from workspaces.files.incoming import MAX_ROWS, How, Incoming, read

DATA = Path(__file__).parent / "data"

GERMAN = """Bestell-Nr;Kunde;Datum;Betrag;bezahlt
20418;Möller & Söhne;24.11.2026;1.204,50;ja
20419;Fenwick;23.11.2026;88,00;nein
"""


def incoming(text: str | bytes, **how: object) -> Incoming:
    data = text.encode() if isinstance(text, str) else text
    return read(data, How(**how))  # type: ignore[arg-type]


def types(found: Incoming) -> dict[str, str]:
    return {column.name: column.type for column in found.columns}


def faults(found: Incoming) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column, fault.reason) for fault in found.faults]


@pytest.mark.parametrize(
    ("codec", "mark", "called"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", codecs.BOM_UTF8, "UTF-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "UTF-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "UTF-16"),
        ("utf-16-le", b"", "UTF-16"),
        ("utf-16-be", b"", "UTF-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "UTF-32"),
        ("cp1252", b"", "Windows-1252"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_encoding_is_found(codec: str, mark: bytes, called: str, newline: str) -> None:
    found = incoming(mark + GERMAN.replace("\n", newline).encode(codec))
    assert found.describe() == f"2 rows, {called}, semicolons, names in line 1"
    assert found.rows[0] == [20418, "Möller & Söhne", "2026-11-24", 1204.5, True]
    assert types(found) == {
        "Bestell-Nr": "number",
        "Kunde": "text",
        "Datum": "date",
        "Betrag": "number",
        "bezahlt": "checkbox",
    }


def test_an_encoding_that_is_told_is_used() -> None:
    found = incoming("Miasto\nŁódź\n".encode("cp1250"), encoding="cp1250", header=True)
    assert found.rows == [["Łódź"]]
    with pytest.raises(UnreadableFile, match="line 2 has bytes that are none"):
        incoming("Miasto\nŁódź\n".encode("cp1250"), encoding="utf-8")
    with pytest.raises(UnreadableFile, match="There is no encoding “morse”"):
        incoming("a", encoding="morse")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_though_the_others_stand_in_fields(delimiter: str) -> None:
    lines = ["a{0}b{0}c", '"1,5; x|y\tz"{0}2{0}3', '"1,5; x|y\tz"{0}2{0}3']
    found = incoming("\n".join(lines).format(delimiter))
    assert (found.layout.delimiter, found.rows) == (delimiter, [["1,5; x|y\tz", 2, 3]] * 2)


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        # no line of names
        ("1,2\n3,4\n", ["Column 1", "Column 2"], [[1, 2], [3, 4]]),
        # names with blanks, twice, empty, and more than one line
        (
            ' Name ,name,,"In\nstock"\nFern,a,b,1\n',
            ["Name", "name 2", "Column 3", "In stock"],
            [["Fern", "a", "b", 1]],
        ),
        # a title and blank lines before
        (
            "Stock list\n\nName,Pieces\nFern,1\nMoss,2\n",
            ["Name", "Pieces"],
            [["Fern", 1], ["Moss", 2]],
        ),
        # Excel's hint
        ("sep=|\nName|Pieces\nFern|1\n", ["Name", "Pieces"], [["Fern", 1]]),
        # comments, the last of them with the names
        ("# of 2026\n#Name\tPieces\nFern\t1\n# done\n", ["Name", "Pieces"], [["Fern", 1]]),
        # columns that nobody filled, and lines that leave out what is empty at their end
        (
            "Name,Pieces,,\nFern,1,,\nMoss,,,\nIvy,\n",
            ["Name", "Pieces"],
            [["Fern", 1], ["Moss", None], ["Ivy", None]],
        ),
        # quotation marks doubled, and escaped behind a blank
        ('a,b\n"say ""x""",1\n', ["a", "b"], [['say "x"', 1]]),
        ('a, b\n"say \\"x\\" twice", 1\n', ["a", "b"], [['say "x" twice', 1]]),
        # fields of several lines
        ('a,b\n"one\ntwo",1\n', ["a", "b"], [["one\ntwo", 1]]),
        # one column only
        ("Name\nFern\nMoss\n", ["Name"], [["Fern"], ["Moss"]]),
    ],
)
def test_the_layout_is_found(text: str, names: list[str], rows: list[list[object]]) -> None:
    found = incoming(text)
    assert (found.layout.names, found.rows, faults(found)) == (names, rows, [])


@pytest.mark.parametrize(
    ("values", "type_", "stored"),
    [
        (["1,204.50", "3"], "number", [1204.5, 3]),
        (["1.204,50", "1.204"], "number", [1204.5, 1204]),
        (["1 204", "(12.50)", "£3", "NA"], "number", [1204, -12.5, 3, None]),
        (["8.3945900000000009", "1"], "number", [8.39459, 1]),
        (["0171", "0172"], "text", ["0171", "0172"]),
        (["1", "x"], "text", ["1", "x"]),
        (["12345678901234567890"], "text", ["12345678901234567890"]),
        (["24.11.2026", "1.2.2026"], "date", ["2026-11-24", "2026-02-01"]),
        (["3/4/2026", "24/4/2026"], "date", ["2026-04-03", "2026-04-24"]),
        (["3/4/2026", "4/24/2026"], "date", ["2026-03-04", "2026-04-24"]),
        (["3/4/2026", "4/4/2026"], "text", ["3/4/2026", "4/4/2026"]),
        (["Jan 1 2000", "Feb 1 2000"], "date", ["2000-01-01", "2000-02-01"]),
        (["2026-01-01T00:00:00Z", "n/a"], "date", ["2026-01-01", None]),
        (["2026-01-01T08:30"], "text", ["2026-01-01T08:30"]),
        (["TRUE", "false", ""], "checkbox", [True, False, None]),
        (["yes", "yes"], "text", ["yes", "yes"]),
        (["NA", "n/a"], "text", ["NA", "n/a"]),
    ],
)
def test_the_type_of_a_column_is_found(values: list[str], type_: str, stored: list[object]) -> None:
    lines = [f'"{value}",.' for value in values]
    found = incoming("\n".join(["Column,Mark", *lines]), delimiter=",")
    assert (types(found)["Column"], [row[0] for row in found.rows]) == (type_, stored)


def test_few_words_that_come_again_make_a_select() -> None:
    found = incoming("Light\n" + "Sun\nShade\n" * 10, header=True)
    (column,) = found.columns
    options = column.options["options"]
    assert (column.type, [option["name"] for option in options]) == ("select", ["Sun", "Shade"])
    assert found.rows[:2] == [[options[0]["id"]], [options[1]["id"]]]


def test_where_nearly_all_are_numbers_the_rest_is_named() -> None:
    lines = [f"{number},x" for number in range(98)]
    lines[40], lines[60] = "on request,x", "12-,x"
    found = incoming("\n".join(["Amount,Mark", *lines]))
    assert types(found)["Amount"] == "number"
    assert faults(found) == [
        (42, "Amount", "“on request” is not a number."),
        (62, "Amount", "“12-” is not a number."),
    ]
    assert faults(incoming("\n".join(["Amount,Mark", *lines]), types={"amount": "text"})) == []


def test_each_bad_line_is_named_with_its_reason() -> None:
    found = incoming(
        'Name,Due,Pieces,Note\nFern,2026-11-31,1,x\nMoss\nIvy,2026-11-01,"2"3,x\n'
        'Oak,2026-11-01,1,x,y\nElm,2026-11-01,"two\nlines",x\nAsh,soon,2,x\n"Yew,2026-11-01,2,x\n',
        types={"Due": "date", "Pieces": "number"},
    )
    assert faults(found) == [
        (2, "Due", "“2026-11-31” is not a date: November 2026 has 30 days."),
        (3, "", "The line has 1 fields, the table has 4 columns."),
        (4, "", "The quotation marks do not match."),
        (5, "", "The line has 5 fields, the table has 4 columns."),
        (6, "Pieces", "“two lines” is not a number."),
        (8, "Due", "“soon” is not a date. Write it like 2026-11-24."),
        (9, "", "A quotation mark opens here and is never closed."),
    ]
    assert found.fault_count == 7


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "There is nothing in the file."),
        (b"\n \n\n", "There is nothing in the file."),
        (b"\x7fELF\x00\x00\x00\x00" * 100, "The file is not text. Save it as CSV first."),
        (b",".join(b"x" for _ in range(101)), "The file has 101 columns. A table has at most 100."),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        incoming(data)
    assert str(error.value) == sentence


def test_there_are_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workspaces.files.incoming.MAX_ROWS", 50)
    with pytest.raises(UnreadableFile, match="more than 50 rows"):
        incoming("a,b\n" * 100)
    monkeypatch.setattr("workspaces.files.incoming.MAX_BYTES", 2_000_000)
    with pytest.raises(UnreadableFile, match="larger than 2 MB"):
        incoming(b"x" * 2_000_001)
    assert MAX_ROWS == 500_000


@pytest.mark.parametrize(
    ("types_given", "sentence"),
    [
        ({"Nmae": "text"}, "There is no column “nmae”. There are: Name."),
        (
            {"Name": "person"},
            "“person” is no type to import. Choose one of: text, number, checkbox",
        ),
    ],
)
def test_what_is_told_must_be_there(types_given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        incoming("Name\nFern\nMoss", types=types_given, header=True)


@given(st.binary(max_size=300))
def test_no_bytes_whatsoever_break_it(data: bytes) -> None:
    try:
        found = read(data, How())
    except UnreadableFile:
        return
    assert all(len(row) == len(found.columns) for row in found.rows)


@given(st.text(max_size=300))
def test_text_that_was_encoded_is_read_again(text: str) -> None:
    data = text.replace("\0", "").encode("utf-8", "ignore")
    assert decode(codecs.BOM_UTF8 + data).text == data.decode()


class TestPublicFiles:
    """Real files, see docs/data-sets.md."""

    def test_penguins_were_counted_by_people(self) -> None:
        found = read((DATA / "penguins-raw.csv").read_bytes(), How())
        assert found.describe() == "344 rows, UTF-8, commas, names in line 1"
        assert (len(found.rows), found.fault_count) == (344, 0)
        kinds = types(found)
        assert kinds["Date Egg"] == "date"
        assert kinds["Culmen Length (mm)"] == kinds["Delta 15 N (o/oo)"] == "number"
        assert (kinds["Clutch Completion"], kinds["Island"]) == ("checkbox", "select")
        assert (kinds["Individual ID"], kinds["Comments"]) == ("text", "text")

    def test_time_zones_have_comments_and_lines_of_two_lengths(self) -> None:
        found = read((DATA / "zone1970.tab").read_bytes(), How())
        assert found.describe() == "312 rows, UTF-8, tabs, names in line 38"
        assert found.layout.names == ["codes", "coordinates", "TZ", "comments"]
        assert (found.rows[0][0], found.rows[0][3], found.fault_count) == ("AD", None, 0)

    def test_marriages_are_missing_in_some_years(self) -> None:
        found = read((DATA / "us_marriages_divorces.csv").read_bytes(), How())
        assert set(types(found).values()) == {"number"}
        assert any(None in row for row in found.rows)
        assert (len(found.rows), found.fault_count) == (145, 0)

    def test_airports_have_names_from_everywhere_and_long_coordinates(self) -> None:
        found = read((DATA / "airports.csv").read_bytes(), How())
        kinds = types(found)
        assert (kinds["Latitude"], kinds["Altitude"], kinds["IATA"]) == ("number", "number", "text")
        assert (len(found.rows), found.fault_count) == (514, 0)
