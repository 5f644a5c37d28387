"""From PostgreSQL's text to Python."""

import json
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electric_sync.client import PYTHON, BadAnswer, Change, ShapeStream
from electric_sync.client.parsers import read_array, row_reader
from tests.client.electric import Electric, inserted
from tests.client.reading import whole
from tests.client.server import Server


def test_without_parsers_everything_is_text_as_sent() -> None:
    read = row_reader({"a": {"type": "int4"}, "b": {"type": "bool"}}, {})
    assert read({"a": "1", "b": "t", "c": None}) == {"a": "1", "b": "t", "c": None}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bool", "t", True),
        ("bool", "true", True),
        ("bool", "f", False),
        ("bool", "false", False),
        ("int8", "-9223372036854775808", -(2**63)),
        ("float8", "1e+300", 1e300),
        ("float4", "-Infinity", float("-inf")),
        ("numeric", "12345678901234567890.123456789", Decimal("12345678901234567890.123456789")),
        ("jsonb", '{"a": [1, null]}', {"a": [1, None]}),
        ("timestamptz", "infinity", "infinity"),
        ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ],
)
def test_values_of_a_type(kind: str, text: str, value: object) -> None:
    assert row_reader({"a": {"type": kind}}, PYTHON)({"a": text}) == {"a": value}


def test_null_is_none_for_every_type() -> None:
    assert row_reader({"a": {"type": "int4"}}, PYTHON)({"a": None}) == {"a": None}


def test_a_parser_may_be_added() -> None:
    text = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    read = row_reader({"a": {"type": "uuid"}}, {**PYTHON, "uuid": uuid.UUID})
    assert read({"a": text}) == {"a": uuid.UUID(text)}


@pytest.mark.parametrize(
    ("kind", "text"), [("int4", "many"), ("bool", "maybe"), ("numeric", "x"), ("jsonb", "{")]
)
def test_a_value_that_cannot_be_read_names_its_column(kind: str, text: str) -> None:
    read = row_reader({"size": {"type": kind}}, PYTHON)
    with pytest.raises(BadAnswer, match="'size'"):
        read({"size": text})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", []),
        ("{1,NULL,3}", [1, None, 3]),
        ("{{1,2},{3,4}}", [[1, 2], [3, 4]]),
        ("[0:1]={7,8}", [7, 8]),
    ],
)
def test_arrays_are_lists(text: str, value: object) -> None:
    assert row_reader({"a": {"type": "int4", "dims": 1}}, PYTHON)({"a": text}) == {"a": value}


@pytest.mark.parametrize("text", ["", "{", "}", "{1", "1", "{1}}", "{1}{2}", '{"a', "{1}x"])
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no array"):
        read_array(text, str)


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))))
def test_arrays_of_any_text(texts: list[str | None]) -> None:
    def quoted(text: str | None) -> str:
        if text is None:
            return "NULL"
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    assert read_array("{" + ",".join(map(quoted, texts)) + "}", str) == texts


@pytest.mark.anyio
async def test_a_stream_parses_by_the_services_schema() -> None:
    schema = {"id": {"type": "int4", "pk_index": 0}, "name": {"type": "jsonb"}}
    electric = Electric(inserted(1, json.dumps({"a": 1})), schema=schema)
    async with (
        Server(electric.play) as server,
        ShapeStream(server.url, parsers=PYTHON) as stream,
    ):
        messages = await whole(stream)
        await electric.commit(("update", 1, {"name": "[2]"}))
        messages += await whole(stream)
    rows = [each.value for each in messages if isinstance(each, Change)]
    assert rows == [{"id": 1, "name": {"a": 1}}, {"id": 1, "name": [2]}]
