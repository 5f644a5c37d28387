"""Typing is sacred: what somebody has in hand is left alone, and made right afterwards."""

import pytest

from tests.live_js.driver import Live, cell
from tests.live_js.markup import after, deleted, everything, first, moved, replaced, row, table
from tests.live_js.markup import tabled as frame

A, B, C = row("a", "Mug", "1"), row("b", "Pot", "2"), row("c", "Tin", "3")
TYPING = """(s) => { const cell = document.querySelector(s);
  live.hold(cell); cell.classList.add("is-editing");
  cell.innerHTML = '<input value="typed">'; cell.firstChild.focus(); }"""


def typing(live: Live, selector: str = cell("b")) -> None:
    """Edit a cell as a page's script does it."""
    live.js(TYPING, selector)


def stop(live: Live, selector: str = cell("b"), shown: str = "typed") -> dict[str, bool]:
    """Leave the editor, showing what was typed."""
    return live.js(
        """([s, shown]) => { const cell = document.querySelector(s);
          cell.textContent = shown; cell.classList.remove("is-editing");
          return live.release(cell); }""",
        [selector, shown],
    )


def test_a_held_cell_is_not_touched_while_the_rest_of_its_row_changes(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    live.server.apply(frame(replaced(row("b", "Pan", "20"))))
    assert live.js("document.activeElement.value") == "typed"
    assert live.js("(s) => document.querySelector(s).textContent", cell("b", "amount")) == "20"


def test_what_was_kept_is_shown_on_release(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    live.server.apply(frame(replaced(row("b", "Pan", "2"))))
    assert stop(live) == {"changed": True, "removed": False}
    assert live.html() == A + row("b", "Pan", "2")


def test_only_the_newest_is_kept(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    for name in ("Pan", "Lid", "Jar"):
        live.server.apply(frame(replaced(row("b", name, "2"))))
    stop(live)
    assert live.html() == A + row("b", "Jar", "2")


def test_the_page_is_told_of_what_waits(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    live.server.apply(frame(replaced(row("b", "Pan", "2"))))
    live.server.apply(frame(replaced(row("b", "Pan", "3"))))
    live.server.apply(frame(deleted("b")))
    assert [event["detail"]["element"] for event in live.events("live:deferred")] == [
        '<td data-column="name" tabindex="-1">Pan</td>',
        None,
    ]


def test_a_change_elsewhere_in_the_row_is_no_news_of_a_held_cell(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    live.server.apply(frame(replaced(row("b", "Pot", "3"))))
    assert live.events("live:deferred") == []


def test_a_deleted_row_stays_while_it_is_held(live: Live) -> None:
    live.open(table([A, B, C]))
    typing(live)
    live.server.apply(frame(deleted("b")))
    assert live.ids() == ["a", "b", "c"]
    assert stop(live) == {"changed": True, "removed": True}
    assert live.html() == A + C


def test_a_deleted_row_that_comes_back_stays(live: Live) -> None:
    live.open(table([A, B, C]))
    typing(live)
    live.server.apply(frame(deleted("b")))
    live.server.apply(frame(after("c", row("b", "Pan", "9"))))
    stop(live)
    assert live.html() == A + C + row("b", "Pan", "9")


def test_a_row_does_not_move_under_a_hand(live: Live) -> None:
    live.open(table([A, B, C]))
    typing(live)
    live.server.apply(frame(first(moved("b"))))
    assert live.ids() == ["a", "b", "c"]
    stop(live, shown="Pot")
    assert live.ids() == ["b", "a", "c"]


def test_others_find_their_place_around_a_row_that_could_not_move(live: Live) -> None:
    live.open(table([A, B, C]))
    typing(live, cell("a"))
    live.server.apply(frame(after("c", moved("a")), after("a", row("d", "Jar")), first(moved("c"))))
    stop(live, cell("a"), shown="Mug")
    assert live.ids() == ["c", "b", "a", "d"]


def test_a_row_that_moves_back_under_a_hand_has_not_moved(live: Live) -> None:
    live.open(table([A, B, C]))
    typing(live)
    live.server.apply(frame(first(moved("b"))))
    live.server.apply(frame(after("a", moved("b"))))
    stop(live, shown="Pot")
    assert live.ids() == ["a", "b", "c"]


def test_everything_anew_leaves_held_rows_and_cells_alone(live: Live) -> None:
    live.open(table([A, B, C]))
    typing(live, cell("a"))
    typing(live, cell("b"))
    fresh = [C, row("d", "Jar", "4"), row("b", "Pan", "20")]
    live.server.apply(everything(fresh))
    assert live.js("[...document.querySelectorAll('input')].map((field) => field.value)") == [
        "typed",
        "typed",
    ]
    stop(live, cell("a"))
    stop(live, cell("b"))
    assert live.html() == "".join(fresh)


def test_a_held_cell_whose_column_is_deleted_stays(live: Live) -> None:
    live.open(table([A, B]))
    typing(live, cell("b", "amount"))
    live.server.apply(frame(replaced(row("b", "Pot"))))
    assert live.js("document.activeElement.value") == "typed"
    assert stop(live, cell("b", "amount")) == {"changed": True, "removed": True}
    assert live.html() == A + row("b", "Pot")


def test_a_held_row_is_left_alone(live: Live) -> None:
    live.open(table([A, B]))
    live.hold("#row-b")
    live.server.apply(frame(replaced(row("b", "Pan", "3"))))
    assert live.html() == A + B
    assert live.release("#row-b") == {"changed": True, "removed": False}
    assert live.html() == A + row("b", "Pan", "3")


def test_a_cell_in_a_held_row_waits_for_the_row(live: Live) -> None:
    live.open(table([A, B]))
    live.hold("#row-b")
    live.hold(cell("b"))
    live.server.apply(frame(replaced(row("b", "Pan", "3"))))
    live.release(cell("b"))
    assert live.html() == A + B
    live.release("#row-b")
    assert live.html() == A + row("b", "Pan", "3")


def test_a_row_with_two_held_cells_stays_until_both_are_released(live: Live) -> None:
    live.open(table([A, B]))
    live.hold(cell("b"))
    live.hold(cell("b", "amount"))
    live.server.apply(frame(deleted("b")))
    assert live.release(cell("b")) == {"changed": True, "removed": False}
    assert live.release(cell("b", "amount")) == {"changed": True, "removed": True}
    assert live.html() == A


@pytest.mark.parametrize("held", ["#list", "table"])
def test_a_held_list_is_fetched_anew_on_release(live: Live, held: str) -> None:
    live.open(table([A, B]))
    live.hold(held)
    live.server.apply(frame(deleted("b")), etag="e1")
    live.server.apply(frame(after("a", C)), etag="e2")
    assert live.html() == A + B
    live.server.answer = live.server.whole(lambda: everything([A, C]), "e2")
    live.release(held)
    live.until("document.querySelector('#row-c')")
    assert live.html() == A + C


def test_a_saved_cell_keeps_what_was_typed_until_the_answer_comes(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    assert stop(live) == {"changed": False, "removed": False}
    assert live.js("(s) => document.querySelector(s).textContent", cell("b")) == "typed"
    live.server.apply(frame(replaced(row("b", "<b>typed</b>", "2"))))
    assert live.html() == A + row("b", "<b>typed</b>", "2")


def test_ones_own_save_is_not_highlighted(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    stop(live)
    live.server.apply(frame(replaced(row("b", "<b>typed</b>", "2"))))
    assert live.js("document.querySelector('.is-changed')") is None


def test_a_save_that_changed_nothing_is_put_back(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    stop(live)
    live.until("(s) => document.querySelector(s).textContent === 'Pot'", cell("b"))
    assert live.html() == A + B


def test_a_save_is_not_put_back_while_the_page_is_cut_off(clocked: Live) -> None:
    clocked.open(table([A, B]))
    typing(clocked)
    clocked.server.is_refusing = True
    clocked.server.hang_up()
    clocked.until("live.state().connection === 'reconnecting'")
    stop(clocked)
    clocked.page.clock.run_for(5_000)
    assert clocked.js("(s) => document.querySelector(s).textContent", cell("b")) == "typed"


def test_a_cell_taken_in_hand_again_is_not_told_what_it_showed_before(clocked: Live) -> None:
    clocked.open(table([A, B]))
    typing(clocked)
    stop(clocked)
    typing(clocked)
    clocked.page.clock.run_for(1_500)
    assert clocked.events("live:deferred") == []
    assert clocked.js("document.activeElement.value") == "typed"


def test_a_tick_that_was_saved_and_undone_by_others_is_put_back(live: Live) -> None:
    box = row("a", '<input type="checkbox">')
    live.open(table([box]))
    live.hold(cell("a"))
    live.page.check("input")
    live.release(cell("a"))
    live.until("!document.querySelector('input').checked")


def test_an_editor_survives_a_reconnect(live: Live) -> None:
    live.open(table([A, B]))
    typing(live)
    live.server.answer = live.server.whole(lambda: everything([row("b", "Pan", "5"), C]), "e9")
    live.server.hang_up()
    live.until("document.querySelector('#row-c')")
    assert live.js("document.activeElement.value") == "typed"
    stop(live)
    assert live.html() == row("b", "Pan", "5") + C


def test_a_page_with_something_in_hand_does_not_claim_to_show_what_the_server_has(
    live: Live,
) -> None:
    live.open(table([A, B]))
    typing(live)
    live.server.apply(frame(replaced(row("b", "Pan", "2"))), etag="e1")
    assert live.js("document.querySelector('#list').dataset.liveEtag") is None
    stop(live)
    assert live.js("document.querySelector('#list').dataset.liveEtag") == "e1"


def test_releasing_what_is_not_held_does_nothing(live: Live) -> None:
    live.open(table([A]))
    assert live.release(cell("a")) == {"changed": False, "removed": False}
    assert live.html() == A


def test_a_script_may_release_while_it_is_told(live: Live) -> None:
    live.open(table([A, B]))
    live.js("document.addEventListener('live:deferred', ({ target }) => live.release(target))")
    live.hold(cell("b"))
    live.server.apply(frame(replaced(row("b", "Pan", "2"))))
    assert live.html() == A + row("b", "Pan", "2")
