"""A program that uses the JSON API."""

import itertools
import re
from typing import Any, Self

import httpx

from tests.browser.person import Table

COLUMNS = [
    {"name": "On hand", "type": "number", "options": {"precision": 0}},
    {
        "name": "Kind",
        "type": "select",
        "options": {"options": ["Kitchen", "Linen", "Garden"]},
    },
    {"name": "Due", "type": "date"},
    {"name": "Buyer", "type": "person"},
    {"name": "Active", "type": "checkbox"},
]
ITEMS = ["Mug", "Trivet", "Apron", "Towel", "Fork"]
_numbers = itertools.count(1)


class Api:
    """Signed in once, with the cookies and the token that a browser would have."""

    def __init__(self, address: str, person: str) -> None:
        self._client = httpx.Client(base_url=address, follow_redirects=True)
        self._person = person

    def __enter__(self) -> Self:
        page = self._client.get("/sign-in").text
        button = re.search(
            rf'name="demo" value="([^"]+)"(?:(?!</button>).)*{self._person}', page, re.DOTALL
        )
        assert button, page
        answer = self._client.post(
            "/sign-in",
            data={"demo": button[1], "csrfmiddlewaretoken": self._client.cookies["csrftoken"]},
        )
        assert answer.status_code == 200, answer
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request and return the answer's JSON."""
        token = self._client.cookies["csrftoken"]
        answer = self._client.request(
            method, f"/api/{path}", json=body, headers={"X-CSRFToken": token}
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def make_table(self, workspace: str, name: str, rows: list[str] = ITEMS) -> Table:
        """Make a table with a column of each type and a few rows, under a name of its own."""
        places = {each["name"]: each["id"] for each in self.ask("GET", "workspaces")}
        name = f"{name} {next(_numbers)}"
        made = self.ask("POST", f"workspaces/{places[workspace]}/data-tables", {"name": name})
        path = f"data-tables/{made['id']}"
        for column in COLUMNS:
            self.ask("POST", f"{path}/columns", column)
        columns = {each["name"]: each["id"] for each in self.ask("GET", f"{path}/columns")}
        table = Table(made["id"], name, columns)
        for number, item in enumerate(rows):
            self.add_row(table, Name=item, **{"On hand": number * 10})
        return table

    def member(self, name: str) -> dict[str, Any]:
        """Read a person of the company."""
        return next(each for each in self.ask("GET", "members") if each["name"] == name)

    def workspace(self, name: str) -> str:
        """Find the id of a workspace."""
        return next(
            str(each["id"]) for each in self.ask("GET", "workspaces") if each["name"] == name
        )

    def set_role(self, name: str, role: str) -> None:
        """Give somebody another role."""
        self.ask("PUT", f"members/{self.member(name)['id']}", {"role": role})

    def give(self, name: str, workspace: str, level: str) -> None:
        """Give somebody a workspace."""
        user = self.member(name)["user_id"]
        self.ask("PUT", f"workspaces/{self.workspace(workspace)}/grants/{user}", {"level": level})

    def take(self, name: str, workspace: str) -> None:
        """Take a workspace back from somebody."""
        user = self.member(name)["user_id"]
        self.ask("DELETE", f"workspaces/{self.workspace(workspace)}/grants/{user}")

    def end_devices(self, name: str) -> None:
        """Sign somebody out everywhere."""
        self.ask("POST", f"members/{self.member(name)['id']}/end-devices")

    def add_row(self, table: Table, **cells: object) -> str:
        """Add a row at the end; cells by column name."""
        body = {"cells": {table.columns[name]: value for name, value in cells.items()}}
        return str(self.ask("POST", f"data-tables/{table.id}/rows", body)["id"])

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """Read the rows: their ids, and cells by column name."""
        names = {key: name for name, key in table.columns.items()}
        found = self.ask("GET", f"data-tables/{table.id}/rows?limit=500")["rows"]
        return [
            {"id": row["id"], **{names[key]: value for key, value in row["cells"].items()}}
            for row in found
        ]

    def row(self, table: Table, item: str) -> dict[str, Any]:
        """Read the row with this name."""
        return next(row for row in self.rows(table) if row.get("Name") == item)

    def set_cell(self, table: Table, item: str, column: str, value: object) -> None:
        """Change a cell."""
        row = self.row(table, item)["id"]
        self.ask("PATCH", f"rows/{row}", {"cells": {table.columns[column]: value}})
