"""A table of any size, made inside PostgreSQL: a million rows in less than a minute.

The cells come from the row's number by arithmetic, so that the same size is the same table.
Positions are ``d`` and four digits, so there is room for 14 million.
"""

from __future__ import annotations

from django.db import connection, transaction

from workspaces.access import Actor
from workspaces.actions.audit import record
from workspaces.actions.tables import add_table
from workspaces.models import DataTable, DataTableColumn, Membership, Workspace
from workspaces.positions import DIGITS, spread

from . import sheets

MAX_ROWS = 10_000_000
COLUMNS = (
    sheets.text("Name", 14),
    sheets.text("Code", 8),
    sheets.select("State", new="blue", doing="yellow", done="green", dropped="grey"),
    sheets.number("Quantity"),
    sheets.number("Price", 2),
    sheets.date("Due"),
    sheets.checkbox("Checked", 6),
    sheets.person("Who"),
)
FILL = """
    insert into data_table_rows (company_id, workspace_id, table_id, position, cells)
    select %(company)s, %(workspace)s, %(table)s,
           'd' || substr(%(digits)s, n / 238328 %% 62 + 1, 1)
               || substr(%(digits)s, n / 3844 %% 62 + 1, 1)
               || substr(%(digits)s, n / 62 %% 62 + 1, 1)
               || substr(%(digits)s, n %% 62 + 1, 1),
           jsonb_build_object(
               %(name)s::text, (%(words)s::text[])[n %% 12 + 1] || ' ' || (n + 1),
               %(code)s::text, 'R-' || lpad(to_hex(n * 2654435761 %% 4294967296), 8, '0'),
               %(state)s::text, (%(states)s::text[])[n / 3 %% 4 + 1],
               %(quantity)s::text, n::bigint * 7919 %% 1000,
               %(price)s::text, round((n::bigint * 104729 %% 100000) / 100.0, 2),
               %(due)s::text, (date '2026-01-01' + n %% 730 * 13 %% 730)::text,
               %(checked)s::text, n %% 3 = 0,
               %(who)s::text, (%(people)s::text[])[n %% %(count)s + 1])
      from generate_series(0, %(rows)s - 1) as n
"""
WORDS = (
    "Anchor",
    "Barley",
    "Cove",
    "Dune",
    "Estuary",
    "Fern",
    "Gorse",
    "Heath",
    "Inlet",
    "Jetty",
    "Kelp",
    "Lighthouse",
)


@transaction.atomic
def make(actor: Actor, workspace: Workspace, name: str, rows: int) -> DataTable:
    """Make a table of ``rows`` rows with a column of every type."""
    table = add_table(actor, workspace, name)
    columns = {
        column.name: DataTableColumn.objects.create(
            table=table,
            name=column.name,
            type=column.type,
            width=column.width,
            options=column.options,
            position=position,
        )
        for column, position in zip(COLUMNS, spread(None, None, len(COLUMNS)), strict=True)
    }
    members = Membership.objects.filter(company_id=table.company_id).order_by("user_id")
    people = [str(member.user_id) for member in members]
    with connection.cursor() as cursor:
        cursor.execute(
            FILL,
            {
                **{column.lower(): str(columns[column].pk) for column in columns},
                "company": table.company_id,
                "workspace": table.workspace_id,
                "table": table.pk,
                "digits": DIGITS,
                "words": list(WORDS),
                "states": ["new", "doing", "done", "dropped"],
                "people": people,
                "count": len(people),
                "rows": rows,
            },
        )
    record(
        actor,
        "table.imported",
        target_id=table.pk,
        target_name=table.name,
        workspace_id=table.workspace_id,
        table_id=table.pk,
        details={"rows": rows, "from": "made up"},
    )
    return table
