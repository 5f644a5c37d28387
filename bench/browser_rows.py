"""Rows like those of the product's grid, ten columns wide."""

LIST = "live-bench"
HUES = ("grey", "red", "orange", "yellow", "green", "teal", "blue", "purple")


def row(number: int, version: int) -> str:
    """Return a row; every cell of another version differs."""
    value = number * 7 + version
    texts = "".join(
        _cell(f"text-{n}", "text", f"Item {number}, version {version}, {n}") for n in range(3)
    )
    numbers = "".join(
        _cell(f"number-{n}", "number", f'<data value="{value + n}">{value + n}</data>')
        for n in range(3)
    )
    hue = HUES[value % len(HUES)]
    chip = f'<span class="chip" data-hue="{hue}">{hue}</span>'
    day = f'<time datetime="2026-01-{1 + value % 28:02}">{value}</time>'
    tick = f'<input type="checkbox"{" checked" if value % 2 else ""}>'
    return (
        f'<tr id="{LIST}-{number}" role="row">'
        '<td class="cell-no" role="gridcell"><label><input type="checkbox" '
        f'aria-label="Select row"><span class="n"></span></label></td>{texts}{numbers}'
        f"{_cell('choice', 'select', chip)}{_cell('day', 'date', day)}"
        f"{_cell('tick', 'check', tick)}</tr>"
    )


def _cell(column: str, kind: str, content: str) -> str:
    return (
        f'<td class="cell-{kind}" role="gridcell" data-column="{column}" tabindex="-1">'
        f"{content}</td>"
    )


def cells(rows: int) -> str:
    """Return the rows of a fresh page."""
    return "".join(row(number, 0) for number in range(rows))
