"""Random writes to a table whose columns are ``COLUMNS``."""

from __future__ import annotations

from random import Random

KEYS = 12
"""How many keys there are: few, so that the same rows change again and again."""

COLUMNS = "(id int PRIMARY KEY, name text, number int)"


def random_transaction(random: Random, table: str) -> list[str]:
    """The statements of a transaction; each works whatever the table holds."""
    return [_statement(random, table) for _ in range(random.choice([1, 1, 2, 3, 8]))]


def _statement(random: Random, table: str) -> str:
    key, other = random.randrange(KEYS), random.randrange(KEYS)
    number = random.randrange(100)
    name = random.choice(["NULL", "''", "'it''s'", f"'{'long ' * 900}'", "'ünï/\"'"])
    return random.choice(
        [
            f"INSERT INTO {table} VALUES ({key}, {name}, {number}) ON CONFLICT DO NOTHING",
            f"INSERT INTO {table} VALUES ({key}, {name}, {number})"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            f"INSERT INTO {table} SELECT n, {name}, n FROM generate_series({key}, {KEYS}) n"
            " ON CONFLICT DO NOTHING",
            f"UPDATE {table} SET number = {number} WHERE id = {key}",
            f"UPDATE {table} SET name = {name}, number = number + 1 WHERE id > {key}",
            f"UPDATE {table} SET id = {other} WHERE id = {key}"
            f" AND NOT EXISTS (SELECT FROM {table} WHERE id = {other})",
            f"DELETE FROM {table} WHERE id = {key}",
            f"DELETE FROM {table} WHERE number > 90 OR id = {other}",
        ]
    )
