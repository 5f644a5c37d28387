"""Random tables, clauses and writes: every client's shape equals PostgreSQL's own answer.

Writers work at the same time and commit one after another; after each commit PostgreSQL is
asked for the rows of every shape, and where its WAL ends. An up-to-date names the position up
to which the client has everything: its rows must be those of that commit, or of a later one if
the shape's snapshot was taken later.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
import pytest

from tests.electric_sync.loop import PATIENCE
from tests.engine.asking import Asker
from tests.engine.replica import Replica, Rows

ROUNDS, LONG_ROUNDS = 200, 5_000

VALUES: dict[str, list[str]] = {
    "int4": ["0", "1", "2", "3", "-7", "2147483647"],
    "int8": ["0", "1", "2", "9223372036854775807"],
    "text": ["", "a", "A", "b/c", 'd"e', "é", "x y", "%", "\\", "NULL", "\n"],
    "varchar(3)": ["", "a", "abc"],
    "numeric": ["0", "1", "1.0", "1.00", "-2.5", "NaN"],
    "bool": ["t", "f"],
    "float8": ["0", "-0", "1.5", "NaN", "Infinity"],
    "jsonb": ['{"a": 1}', '{"a": 2, "b": [1, 2]}', '"s"', "null", "[]"],
    "json": ['{"a":1,  "b":2}', '"s"', "null"],
    "timestamptz": ["2024-01-01 00:00Z", "2025-06-01 12:00+02", "infinity"],
    "date": ["2024-02-29", "2025-01-01"],
    "int4[]": ["{}", "{1,2}", "{NULL,3}"],
    "char(4)": ["", "a", "ab"],
    "uuid": [
        "00000000-0000-0000-0000-000000000001",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    ],
    "bytea": ["\\x", "\\x00ff"],
    "interval": ["1 day", "24 hours", "1 mon -3 days"],
    "int4range": ["empty", "[1,5)", "(,3]"],
    "kind": ["sad", "ok", "happy"],
}
"""Types, and values that are easily taken for others."""

CLAUSES: dict[str, list[str]] = {
    "int4": ["{c} = {v}", "{c} IN (1, 2)", "{c} > 1", "{c} % 2 = 0", "{c} = $1", "{c} = 1.0"],
    "int8": ["{c} = {v}", "{c} + 1 > 1 IS NOT FALSE", "{c} BETWEEN 0 AND 2"],
    "text": ["{c} = {v}", "{c} LIKE 'a%'", "{c} IS NULL", "lower({c}) = 'a'", "{c} = ANY($1)"],
    "varchar(3)": ["{c} = {v}", "length({c}) > 1", "{c} = $1"],
    "numeric": ["{c} = {v}", "{c} > 0"],
    "bool": ["{c}", "NOT {c}", "{c} = true", "{c} IS NOT TRUE"],
    "float8": ["{c} > 1", "{c} = 0"],
    "jsonb": ["{c} ? 'a'", "{c}->>'a' = '1'", "{c} @> '{{\"a\": 1}}'", "{c} = {v}"],
    "json": ["{c}->>'a' = '1'", "json_typeof({c}) = 'string'"],
    "timestamptz": ["{c} > '2024-06-01 00:00Z'", "{c} = {v}"],
    "date": ["{c} = {v}", "{c} > '2024-06-01'"],
    "int4[]": ["1 = ANY({c})", "{c} @> '{{3}}'", "cardinality({c}) = 0"],
    "char(4)": ["{c} = {v}", "{c} = 'a  '"],
    "uuid": ["{c} = {v}", "{c} <> {v}"],
    "bytea": ["{c} = {v}", "length({c}) = 0"],
    "interval": ["{c} = {v}", "{c} > '1 hour'"],
    "int4range": ["{c} @> 2", "isempty({c})"],
    "kind": ["{c} = {v}", "{c}::text = 'ok'", "{c} > 'sad'"],
}


@dataclass
class Story:
    """One table, its writers, its clients, and what PostgreSQL said after each commit."""

    random: random.Random
    asker: Asker
    connect: Callable[..., psycopg.Connection]
    columns: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    clients: list[Replica] = field(default_factory=list)
    commits: list[tuple[int, list[Rows | None]]] = field(default_factory=list)
    queries: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    table: str = "oracle"

    def begin(self) -> None:
        self.session = self.connect()
        self.session.execute("SET client_min_messages = error")
        kinds = self.random.sample(sorted(VALUES), self.random.randint(2, 5))
        self.columns = {"id": "int4", **{f"c{n}": kind for n, kind in enumerate(kinds)}}
        self.key = ["id"]
        definition = [f"{name} {kind}" for name, kind in self.columns.items()]
        if self.random.random() < 0.3:
            self.columns["k/2"] = "text"
            self.key = ["k/2", "id"]
            definition.append("\"k/2\" text DEFAULT 'x'")
        key = ", ".join(f'"{name}"' for name in self.key)
        self.session.execute(f"DROP TABLE IF EXISTS {self.table}")
        self.session.execute(
            f"CREATE TABLE {self.table} ({', '.join(definition)}, PRIMARY KEY ({key}))"
        )
        for _ in range(self.random.randint(0, 5)):
            self.write(self.session)
        for _ in range(self.random.randint(2, 5)):
            self.add_client()
        # Taking the table in waits for its writers, and they would wait for us.
        assert Replica(self.asker, table=self.table).catch_up()

    def end(self) -> None:
        self.session.execute(f"DROP TABLE {self.table}")
        self.session.close()

    # ── clients ──────────────────────────────────────────────────────────

    def add_client(self) -> None:
        where, params = self.clause()
        query: dict[str, str] = {"table": self.table}
        if where:
            query["where"] = where
            query.update({f"params[{n}]": value for n, value in params.items()})
        if self.random.random() < 0.3:
            query["replica"] = "full"
        if self.random.random() < 0.3:
            others = [name for name in self.columns if name not in self.key]
            chosen = [*self.key, *self.random.sample(others, self.random.randint(0, len(others)))]
            query["columns"] = ",".join(f'"{name}"' for name in chosen)
        self.clients.append(Replica(self.asker, **query))
        self.queries.append((where, params))

    def clause(self) -> tuple[str, dict[str, str]]:
        conjuncts: list[str] = []
        params: dict[str, str] = {}
        for _ in range(self.random.randint(0, 2)):
            column = self.random.choice([c for c in self.columns if c.startswith("c")])
            kind = self.columns[column]
            value = self.random.choice(VALUES[kind])
            template = self.random.choice(CLAUSES[kind])
            if "$1" in template:
                if params:
                    continue
                params["1"] = '{a,"b/c"}' if "ANY" in template else value
            literal = "'" + value.replace("'", "''") + "'"
            conjuncts.append(template.format(c=column, v=literal))
        return self.random.choice([" AND ", " OR "]).join(conjuncts), params

    # ── writing ──────────────────────────────────────────────────────────

    def write(self, session: psycopg.Connection) -> None:
        """One statement, within a savepoint; what PostgreSQL refuses is not written."""
        session.execute("SELECT")  # begins the transaction that the savepoint is in
        column = self.random.choice(list(self.columns))
        value = self.value(column)
        chosen = self.random.randint(0, 4)
        statement, params = self.random.choices(
            [
                self.insert(),
                (f'UPDATE {self.table} SET "{column}" = %s WHERE id = %s', [value, chosen]),
                (f'UPDATE {self.table} SET "{column}" = %s WHERE id > %s', [value, chosen]),
                (
                    f"UPDATE {self.table} SET id = %s WHERE id = %s",
                    [chosen, self.random.randint(0, 4)],
                ),
                (f'UPDATE {self.table} SET "{column}" = "{column}"', []),
                (f"DELETE FROM {self.table} WHERE id = %s", [chosen]),
            ],
            weights=[8, 5, 3, 3, 1, 3],
        )[0]
        with suppress(psycopg.Error), session.transaction():
            session.execute(statement, params)

    def insert(self) -> tuple[str, list[str | None]]:
        values = [
            str(self.random.randint(0, 4)) if name == "id" else self.value(name)
            for name in self.columns
        ]
        holes = ", ".join(["%s"] * len(values))
        names = ", ".join(f'"{name}"' for name in self.columns)
        return f"INSERT INTO {self.table} ({names}) VALUES ({holes})", values

    def value(self, column: str) -> str | None:
        if column not in self.key and self.random.random() < 0.2:
            return None
        return self.random.choice(VALUES[self.columns[column]])

    def truncate(self, session: psycopg.Connection) -> None:
        """Empty the table, perhaps with rows before and after it in the same transaction."""
        with suppress(psycopg.Error), session.transaction():
            session.execute(f"TRUNCATE {self.table}")
            session.execute(*self.insert())
        session.commit()
        self.note()

    def cut(self, sessions: list[psycopg.Connection]) -> None:
        """The engine loses its stream; another begins when nobody is writing."""
        for session in sessions:
            session.commit()
            self.note()
        probe = Replica(self.asker, table=self.table)
        assert probe.catch_up()
        self.session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'walsender' AND datname = current_database()"
        )
        deadline = time.monotonic() + PATIENCE
        while self.asker.service.shapes.find(probe.handle):
            assert time.monotonic() < deadline, "the engine did not lose its stream"
        assert probe.catch_up()

    def alter(self) -> None:
        """Another schema: whoever selects what is gone is refused from then on."""
        others = [name for name in self.columns if name.startswith("c")]
        column = self.random.choice(others)
        choice = self.random.randint(0, 3)
        if choice == 0 and "new" not in self.columns:
            self.session.execute(f"ALTER TABLE {self.table} ADD new int DEFAULT 5")
            self.columns["new"] = "int4"
        elif choice == 1 and len(others) > 1:
            self.session.execute(f'ALTER TABLE {self.table} DROP "{column}"')
            del self.columns[column]
        elif choice == 2:
            self.session.execute(f'ALTER TABLE {self.table} RENAME "{column}" TO "{column}x"')
            self.columns[f"{column}x"] = self.columns.pop(column)
        else:
            self.session.execute(f"ALTER TABLE {self.table} ALTER \"{column}\" TYPE text USING 'a'")
            self.columns[column] = "text"
        self.note()

    # ── what PostgreSQL says ─────────────────────────────────────────────

    def note(self) -> None:
        """What the shapes are now, and where the WAL ends."""
        rows = [
            self.rows(*query, client)
            for query, client in zip(self.queries, self.clients, strict=True)
        ]
        position = self.session.execute("SELECT (pg_current_wal_lsn() - '0/0')::int8").fetchone()
        self.commits.append((position[0], rows))

    def rows(self, where: str, params: dict[str, str], client: Replica) -> Rows | None:
        """The rows of a shape by key; None: PostgreSQL does not take the clause."""
        names = list(self.columns)
        if "columns" in client.query:
            names = [part.strip('"') for part in client.query["columns"].split(",")]
        selected = ", ".join(
            f'CASE WHEN "{n}" IS NOT NULL THEN format(\'%s\', "{n}") END' for n in names
        )
        key = " || '/' || ".join(
            f"'\"' || replace(format('%s', \"{n}\"), '/', '//') || '\"'" for n in self.key
        )
        statement = f'SELECT \'"public"."{self.table}"/\' || {key}, {selected} FROM {self.table}'
        if where:
            statement += f" WHERE {where.replace('$1', self.literal(where, params))}"
        try:
            found = self.session.execute(statement).fetchall()
        except psycopg.Error:
            return None
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in found}

    def literal(self, where: str, params: dict[str, str]) -> str:
        return "'" + params.get("1", "").replace("'", "''") + "'"

    # ── comparing ────────────────────────────────────────────────────────

    def compare(self, client: Replica, number: int, *, final: bool) -> None:
        if not client.catch_up():
            assert self.rows(*self.queries[number], client) is None, client.query
            return
        first = next(
            (n for n, (lsn, _) in enumerate(self.commits) if lsn >= client.seen),
            len(self.commits) - 1,
        )
        allowed = [rows[number] for _, rows in self.commits[first:] if len(rows) > number]
        if final:
            allowed = allowed[-1:]
        assert client.rows in allowed, (client.query, client.rows, allowed)

    def wait_until_applied(self) -> None:
        """A write that every shape has passed when a shape of its table has it."""
        mark = str(self.random.getrandbits(60))
        self.session.execute("INSERT INTO marks VALUES (%s)", [mark])
        marks = Replica(self.asker, table="marks")
        while f'"public"."marks"/"{mark}"' not in marks.rows:
            assert marks.catch_up()


@pytest.fixture
def marks(sql) -> None:
    sql("CREATE TABLE IF NOT EXISTS marks (id text PRIMARY KEY)")
    sql("TRUNCATE marks")
    sql(
        "DO $$ BEGIN CREATE TYPE kind AS ENUM ('sad', 'ok', 'happy');"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )


@pytest.fixture
def sessions(connect) -> list[psycopg.Connection]:
    made = [connect(autocommit=False) for _ in range(3)]
    for session in made:
        session.execute("SET lock_timeout = '5ms'")
        session.commit()
    return made


def tell(story: Story, sessions: list[psycopg.Connection]) -> None:
    """Write and read, in any order."""
    story.begin()
    story.note()
    for _ in range(story.random.randint(5, 25)):
        session = story.random.choice(sessions)
        choice = story.random.random()
        if choice < 0.5:
            story.write(session)
        elif choice < 0.75:
            session.commit()
            story.note()
        elif choice < 0.8:
            session.rollback()
        elif choice < 0.83:
            for each in sessions:
                each.rollback()
            story.alter()
        elif choice < 0.85:
            story.truncate(session)
        elif choice < 0.855:
            story.cut(sessions)
        elif choice < 0.88:
            number = story.random.randrange(len(story.clients))
            story.clients[number].forget()
        else:
            number = story.random.randrange(len(story.clients))
            story.compare(story.clients[number], number, final=False)
            if story.random.random() < 0.2:
                story.compare(story.clients[number].copy(), number, final=False)
    for session in sessions:
        session.commit()
    story.note()
    story.wait_until_applied()
    for number, client in enumerate(story.clients):
        story.compare(client, number, final=True)
    story.end()


def run(seeds: Iterator[int], asker, connect, sessions) -> None:
    for seed in seeds:
        try:
            tell(Story(random.Random(seed), asker, connect, table=f"oracle_{seed}"), sessions)
        except BaseException as error:
            error.add_note(f"The seed was {seed}.")
            raise


def test_invariant_8_every_client_has_what_postgresql_has(asker, connect, sessions, marks):
    run(iter(range(ROUNDS)), asker, connect, sessions)


@pytest.mark.long
def test_invariant_8_every_client_has_what_postgresql_has_long(asker, connect, sessions, marks):
    run(iter(range(ROUNDS, LONG_ROUNDS)), asker, connect, sessions)
