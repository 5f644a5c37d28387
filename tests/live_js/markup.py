"""What the server would render: rows, lists, frames."""

from collections.abc import Iterable

COLUMNS = ("name", "amount", "note")


def row(key: str, *cells: str, attributes: str = "") -> str:
    """Return a table row whose cells are matched by column."""
    inner = "".join(
        f'<td data-column="{column}" tabindex="-1">{cell}</td>'
        for column, cell in zip(COLUMNS, cells, strict=False)
    )
    return f'<tr id="row-{key}"{attributes}>{inner}</tr>'


def table(rows: Iterable[str], *, name: str = "list", etag: str | None = "e0", **data: str) -> str:
    """Return a page's part with a live list."""
    attributes = {"live": f"token-{name}", "live-size": "100"}
    if etag is not None:
        attributes["live-etag"] = etag
    attributes |= {key.replace("_", "-"): value for key, value in data.items()}
    written = " ".join(f'data-{key}="{value}"' for key, value in attributes.items())
    return f'<table><tbody id="{name}" {written}>{"".join(rows)}</tbody></table>'


def region(content: str, *, name: str = "region", etag: str | None = "e0") -> str:
    """Return a page's part with a live region."""
    stamp = f' data-live-etag="{etag}"' if etag is not None else ""
    return f'<div id="{name}" data-live="token-{name}"{stamp}>{content}</div>'


def tabled(*operations: str) -> str:
    """Return operations on table rows, shielded from the parser as the server does it."""
    return f"<table>{''.join(operations)}</table>"


def first(child: str, *, name: str = "list") -> str:
    """Return the operation that puts a row at the beginning."""
    return f'<tbody hx-swap-oob="afterbegin:#{name}">{child}</tbody>'


def after(key: str, child: str) -> str:
    """Return the operation that puts a row after another."""
    return f'<tbody hx-swap-oob="afterend:#row-{key}">{child}</tbody>'


def moved(key: str) -> str:
    """Return the row that is only moved."""
    return f'<tr id="row-{key}" data-live-move></tr>'


def replaced(fresh: str) -> str:
    """Return the operation that replaces a row."""
    marked = fresh.replace("<tr", '<tr hx-swap-oob="outerHTML"', 1)
    return f"<tbody>{marked}</tbody>"


def deleted(key: str) -> str:
    """Return the operation that deletes a row."""
    return f'<tbody><tr id="row-{key}" hx-swap-oob="delete"></tr></tbody>'


def everything(rows: Iterable[str], *, name: str = "list") -> str:
    """Return the content that replaces a whole list."""
    return f'<tbody id="{name}" hx-swap-oob="innerHTML">{"".join(rows)}</tbody>'


def rendered(content: str, *, name: str = "region") -> str:
    """Return the content that replaces a region."""
    return f'<div id="{name}" hx-swap-oob="innerHTML">{content}</div>'


def head(
    user: str = "7", tenant: str = "acme", version: str = "v1", max_age: int = 7 * 86_400
) -> str:
    """Return what a page says of its viewer."""
    names = {
        "user": user,
        "tenant": tenant,
        "version": version,
        "data-version": "/data-version",
        "sign-in": "/sign-in",
        "offline-max-age": str(max_age),
    }
    return "".join(f'<meta name="live-{name}" content="{value}">' for name, value in names.items())
