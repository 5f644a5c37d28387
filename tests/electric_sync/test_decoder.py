"""What PostgreSQL's stream says, understood: payloads as the server makes them."""

from __future__ import annotations

import struct
import time

import psycopg
import pytest

from electric_sync.engine import decoder
from electric_sync.engine.decoder import Decoder, Keepalive
from electric_sync.values import TableName, Transaction, format_lsn, parse_lsn
from tests.electric_sync.database import connect, execute, table

pytestmark = pytest.mark.django_db  # for the database; Django itself does nothing here

HEADER = b"w" + bytes(24)
THINGS = TableName("public", "things")


class Stream:
    """What was committed since the last time, through a decoder."""

    def __init__(self, session: psycopg.Connection) -> None:
        self._session = session
        self._decoder = Decoder()
        session.execute("CREATE PUBLICATION stream_of_the_tests FOR ALL TABLES")
        session.execute(
            "SELECT pg_create_logical_replication_slot('of_the_tests', 'pgoutput', true)"
        )

    def read(self) -> list[Transaction]:
        rows = self._session.execute(
            "SELECT data FROM pg_logical_slot_get_binary_changes('of_the_tests', NULL, NULL,"
            " 'proto_version', '1', 'publication_names', 'stream_of_the_tests')"
        ).fetchall()
        fed = [self._decoder.feed(HEADER + data) for (data,) in rows]
        return [each for each in fed if isinstance(each, Transaction)]

    def one(self) -> Transaction:
        (transaction,) = [each for each in self.read() if each.touched]
        return transaction


@pytest.fixture
def stream(django_db_setup):
    with connect() as session:
        yield Stream(session)
        session.execute("DROP PUBLICATION stream_of_the_tests")


@pytest.fixture
def things(stream):
    with table("(id int PRIMARY KEY, note text, big text)") as there:
        execute("ALTER TABLE things ALTER big SET STORAGE EXTERNAL, REPLICA IDENTITY FULL")
        stream.read()
        yield there


def images(transaction: Transaction) -> list[tuple[tuple | None, tuple | None]]:
    """Old and new rows, as text."""

    def text(row):
        return row and tuple(None if value is None else value.decode() for value in row)

    return [(text(each.old), text(each.new)) for each in transaction.changes]


def test_rows_that_come_change_and_go(stream, things):
    execute("INSERT INTO things VALUES (1, 'ä'), (2, NULL)")
    assert images(stream.one()) == [(None, ("1", "ä", None)), (None, ("2", None, None))]

    execute("UPDATE things SET note = '' WHERE id = 1")
    assert images(stream.one()) == [(("1", "ä", None), ("1", "", None))]

    execute("DELETE FROM things WHERE id = 1")
    assert images(stream.one()) == [(("1", "", None), None)]


def test_a_key_that_changes_has_both_rows(stream, things):
    execute("INSERT INTO things VALUES (1, 'a')")
    stream.read()

    execute("UPDATE things SET id = 2")

    assert images(stream.one()) == [(("1", "a", None), ("2", "a", None))]


def test_a_large_value_that_stayed_is_filled_in(stream, things):
    """The stream does not send it again."""
    execute("INSERT INTO things VALUES (1, 'a', repeat('x', 10000))")
    stream.read()

    execute("UPDATE things SET note = 'b'")

    ((old, new),) = images(stream.one())
    assert old == ("1", "a", "x" * 10_000)
    assert new == ("1", "b", "x" * 10_000)


def test_a_large_value_that_went_is_null(stream, things):
    execute("INSERT INTO things VALUES (1, 'a', repeat('x', 10000))")
    stream.read()

    execute("UPDATE things SET big = NULL")

    assert images(stream.one())[0][1] == ("1", "a", None)


def test_what_was_rolled_back_to_a_savepoint_is_not_there(stream, things):
    with connect(autocommit=False) as session:
        session.execute("INSERT INTO things VALUES (1)")
        session.execute("SAVEPOINT one")
        session.execute("INSERT INTO things VALUES (2)")
        session.execute("SAVEPOINT two")
        session.execute("INSERT INTO things VALUES (3)")
        session.execute("ROLLBACK TO one")
        session.execute("INSERT INTO things VALUES (4)")
        ((xid,),) = session.execute("SELECT pg_current_xact_id()::text::bigint").fetchall()
        session.commit()

    transaction = stream.one()
    assert [new[0] for _, new in images(transaction)] == ["1", "4"]
    assert transaction.xid == xid % 2**32  # the top one's, never the savepoint's


def test_truncate_names_all_its_tables(stream, things):
    with table("(id int PRIMARY KEY)", name="others") as others:
        execute("TRUNCATE things, others")

        transaction = stream.one()

    assert set(transaction.truncated) == {things, others}
    assert transaction.touched == {things, others}


def test_truncate_among_other_changes(stream, things):
    with connect(autocommit=False) as session:
        session.execute("INSERT INTO things VALUES (1)")
        session.execute("TRUNCATE things")
        session.execute("INSERT INTO things VALUES (2)")

    transaction = stream.one()
    assert transaction.truncated == (things,)
    assert len(transaction.changes) == 2


def test_changes_come_in_the_order_of_their_commits(stream, things):
    with connect(autocommit=False) as first:
        first.execute("INSERT INTO things VALUES (1)")
        execute("INSERT INTO things VALUES (2)")
        first.commit()

    assert [images(each)[0][1][0] for each in stream.read()] == ["2", "1"]


def test_a_table_that_was_altered_is_described_anew(stream, things):
    execute("INSERT INTO things VALUES (1)")
    execute("ALTER TABLE things DROP COLUMN note, ADD COLUMN more int DEFAULT 7")
    execute("INSERT INTO things VALUES (2)")

    before, after = (each for each in stream.read() if each.changes)
    assert before.changes[0].relation.columns == ("id", "note", "big")
    assert after.changes[0].relation.columns == ("id", "big", "more")
    assert images(after) == [(None, ("2", None, "7"))]


def test_odd_names(stream):
    with table('("ä b" int PRIMARY KEY)', name='odd "Näme') as there:
        execute(f"INSERT INTO {there.quoted} VALUES (1)")

        transaction = stream.one()

    assert transaction.touched == {there}
    assert transaction.changes[0].relation.columns == ("ä b",)


def test_a_commit_has_its_time_and_its_place(stream, things):
    before = time.time()
    execute("INSERT INTO things VALUES (1)")
    ((written,),) = execute("SELECT pg_current_wal_insert_lsn()")

    transaction = stream.one()

    assert before <= transaction.committed_at <= time.time()
    assert 0 < transaction.lsn < transaction.end_lsn <= parse_lsn(str(written))


def test_invariant_6_a_transaction_with_too_many_changes_is_a_set_of_tables(
    stream, things, monkeypatch
):
    monkeypatch.setattr(decoder, "MAX_CHANGES", 10)
    execute("INSERT INTO things SELECT generate_series(1, 10)")
    assert len(stream.one().changes) == 10

    execute("INSERT INTO things SELECT generate_series(11, 21)")

    transaction = stream.one()
    assert transaction.changes == ()
    assert transaction.touched == {things}


def test_invariant_6_a_transaction_with_too_many_bytes_is_a_set_of_tables(
    stream, things, monkeypatch
):
    monkeypatch.setattr(decoder, "MAX_BYTES", 10_000)
    execute("INSERT INTO things VALUES (1, repeat('x', 9000))")
    assert len(stream.one().changes) == 1

    with connect(autocommit=False) as session:
        session.execute("INSERT INTO things VALUES (2, repeat('x', 6000))")
        session.execute("INSERT INTO things VALUES (3, repeat('x', 6000))")
        session.execute("INSERT INTO things VALUES (4, 'small')")

    transaction = stream.one()
    assert transaction.changes == ()
    assert transaction.touched == {things}


def test_invariant_6_what_was_emptied_in_a_large_transaction_is_named_too(
    stream, things, monkeypatch
):
    monkeypatch.setattr(decoder, "MAX_CHANGES", 1)
    with table("(id int PRIMARY KEY)", name="others") as others:
        with connect(autocommit=False) as session:
            session.execute("INSERT INTO things SELECT generate_series(1, 5)")
            session.execute("TRUNCATE others")

        transaction = stream.one()

    assert (transaction.changes, transaction.truncated) == ((), (others,))
    assert transaction.touched == {things, others}


def test_the_transaction_after_a_large_one_is_kept_again(stream, things, monkeypatch):
    monkeypatch.setattr(decoder, "MAX_CHANGES", 1)
    execute("INSERT INTO things SELECT generate_series(1, 5)")
    execute("INSERT INTO things VALUES (6)")

    large, small = (each for each in stream.read() if each.touched)
    assert (len(large.changes), len(small.changes)) == (0, 1)


def test_a_transaction_without_changes_touches_nothing(stream, things):
    with connect(autocommit=False) as session:
        session.execute("SELECT pg_current_xact_id()")

    assert not [each for each in stream.read() if each.touched]


# ------------------------------------------------------------------- without a server


@pytest.mark.parametrize(("reply", "asks"), [(0, False), (1, True)])
def test_a_keepalive_says_how_far_the_server_is(reply, asks):
    payload = struct.pack(">cQqB", b"k", 7_000, 0, reply)

    assert Decoder().feed(payload) == Keepalive(7_000, asks)


@pytest.mark.parametrize("kind", [b"O", b"Y", b"M", b"?"])
def test_messages_that_say_nothing_about_rows_are_passed_over(kind):
    assert Decoder().feed(HEADER + kind + bytes(20)) is None


def test_a_commit_outside_of_a_transaction_is_a_mistake():
    with pytest.raises(ValueError, match="outside a transaction"):
        Decoder().feed(HEADER + b"C" + bytes(25))


def test_a_change_outside_of_a_transaction_is_a_mistake():
    told = Decoder()
    told.feed(HEADER + b"R" + struct.pack(">I", 1) + b"public\0things\0d" + struct.pack(">H", 0))

    with pytest.raises(ValueError, match="outside a transaction"):
        told.feed(HEADER + b"I" + struct.pack(">I", 1) + b"N" + struct.pack(">H", 0))


@pytest.mark.parametrize("text", ["0/0", "0/1", "16/B374D848", "FFFFFFFF/FFFFFFFF"])
def test_positions_are_written_as_postgresql_does(text):
    assert format_lsn(parse_lsn(text)) == text
