"""What somebody else changed is highlighted: briefly, calmly, not too much."""

from tests.live_js.driver import Live
from tests.live_js.markup import after, everything, replaced, row, table
from tests.live_js.markup import tabled as frame

A, B = row("a", "Mug", "1"), row("b", "Pot", "2")
HIGHLIGHTED = """[...document.querySelectorAll(".is-changed")].map(
  (element) => element.id || element.dataset.column)"""


def test_the_cell_that_changed_and_its_row_are_highlighted(live: Live) -> None:
    live.open(table([A, B]))
    live.server.apply(frame(replaced(row("b", "Pot", "3"))))
    assert live.js(HIGHLIGHTED) == ["row-b", "amount"]


def test_a_new_row_is_highlighted(live: Live) -> None:
    live.open(table([A]))
    live.server.apply(frame(after("a", B)))
    assert live.js(HIGHLIGHTED) == ["row-b"]


def test_the_highlight_ends_without_a_trace(live: Live) -> None:
    live.open(table([A]))
    live.server.apply(frame(replaced(row("a", "Mug", "3"))))
    live.until("!document.querySelector('.is-changed')")
    assert live.js("document.querySelector('#list').innerHTML") == row("a", "Mug", "3")


def test_a_highlight_that_is_renewed_lasts_longer(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.server.apply(frame(replaced(row("a", "Mug", "3"))))
    clocked.page.clock.pause_at(clocked.js("(Date.now() + 200) / 1_000"))
    clocked.js("live.highlight([document.querySelector('#row-a')])")
    clocked.page.clock.run_for(250)
    assert clocked.js(HIGHLIGHTED) == ["row-a"]
    clocked.page.clock.run_for(100)
    assert clocked.js(HIGHLIGHTED) == []


def test_nothing_is_highlighted_when_very_much_changes(live: Live) -> None:
    live.open(table([row(str(n), str(n)) for n in range(300)]))
    live.server.apply(everything([row(str(n), str(n + 1)) for n in range(300)]))
    assert len(live.js(HIGHLIGHTED)) <= 100


def test_nothing_is_highlighted_while_nobody_looks(live: Live) -> None:
    live.open(table([A]))
    live.js("Object.defineProperty(document, 'hidden', { value: true })")
    live.server.apply(frame(replaced(row("a", "Mug", "3"))))
    assert live.js(HIGHLIGHTED) == []


def test_a_row_that_only_moved_is_not_highlighted(live: Live) -> None:
    live.open(table([A, B]))
    live.server.apply(everything([B, A]))
    assert live.js(HIGHLIGHTED) == []
