"""A frame's operations on a list."""

from tests.live_js.driver import Live, cell
from tests.live_js.markup import (
    after,
    deleted,
    everything,
    first,
    moved,
    replaced,
    row,
    table,
    tabled,
)

A, B, C = row("a", "Mug", "1", "x"), row("b", "Pot", "2", "y"), row("c", "Tin", "3", "z")


def test_a_row_is_inserted_at_the_beginning(live: Live) -> None:
    live.open(table([B]))
    live.server.apply(tabled(first(A)))
    assert live.html() == A + B


def test_a_row_is_inserted_after_another(live: Live) -> None:
    live.open(table([A, C]))
    live.server.apply(tabled(after("a", B)))
    assert live.html() == A + B + C


def test_a_row_is_inserted_after_one_of_the_same_frame(live: Live) -> None:
    live.open(table([A]))
    live.server.apply(tabled(after("a", B), after("b", C)))
    assert live.html() == A + B + C


def test_a_row_that_moves_keeps_its_content(live: Live) -> None:
    live.open(table([A, B, C]))
    live.server.apply(tabled(first(moved("c"))))
    assert live.html() == C + A + B


def test_an_inserted_row_that_is_there_moves_and_changes(live: Live) -> None:
    changed = row("a", "Mug", "9", "x")
    live.open(table([A, B, C]))
    live.server.apply(tabled(after("c", changed)))
    assert live.html() == B + C + changed


def test_a_row_is_replaced(live: Live) -> None:
    changed = row("b", "Pot", "20", "y", attributes=' class="late"')
    live.open(table([A, B, C]))
    live.server.apply(tabled(replaced(changed)))
    assert live.html() == A + changed + C


def test_a_row_is_deleted(live: Live) -> None:
    live.open(table([A, B, C]))
    live.server.apply(tabled(deleted("b")))
    assert live.html() == A + C


def test_the_last_word_on_a_row_counts(live: Live) -> None:
    newest = row("a", "Mug", "3", "x")
    live.open(table([A]))
    live.server.apply(tabled(replaced(row("a", "Mug", "2", "x")), replaced(newest)))
    assert live.html() == newest


def test_everything_is_replaced(live: Live) -> None:
    fresh = [row("d", "Jar", "4", "w"), C, row("a", "Mug", "10", "x")]
    live.open(table([A, B, C]))
    live.server.apply(everything(fresh))
    assert live.html() == "".join(fresh)


def test_everything_may_be_nothing(live: Live) -> None:
    live.open(table([A, B]))
    live.server.apply(tabled(everything([])))
    assert live.html() == ""


def test_rows_that_stay_keep_their_elements(live: Live) -> None:
    live.open(table([A, B, C]))
    live.js("window.kept = [...document.querySelector('#list').children].map((r) => r.cells[0])")
    live.server.apply(everything([C, row("b", "Pot", "5", "y"), A]))
    assert (
        live.js(
            "kept.every((cell) => document.querySelector('#list').contains(cell))"
            " && kept.map((cell) => cell.parentElement.rowIndex).join()"
        )
        == "2,1,0"
    )


def test_only_the_cell_that_changed_is_written(live: Live) -> None:
    live.open(table([A, B]))
    live.js(
        """window.written = [];
        new MutationObserver((records) => written.push(
          ...records.filter((r) => r.type === "childList").map((r) => r.target.dataset.column)
        )).observe(document.querySelector("#list"), { childList: true, subtree: true });"""
    )
    live.server.apply(tabled(replaced(row("a", "Mug", "7", "x"))))
    assert live.js("written") == ["amount"]


def test_few_rows_move_when_one_goes_to_the_end(live: Live) -> None:
    rows = [row(str(n), str(n)) for n in range(20)]
    live.open(table(rows))
    live.js(
        """window.moves = 0;
        new MutationObserver((records) => {
          moves += records.filter((record) => record.addedNodes.length).length;
        }).observe(document.querySelector("#list"), { childList: true });"""
    )
    live.server.apply(everything([*rows[1:], rows[0]]))
    assert (live.ids()[-1], live.js("moves")) == ("0", 1)


def test_a_focused_cell_keeps_the_focus_when_its_row_moves(live: Live) -> None:
    live.open(table([A, B, C]))
    live.page.focus(cell("c"))
    live.server.apply(tabled(first(moved("c"))))
    assert live.js("document.activeElement.closest('tr').id") == "row-c"


def test_it_does_so_in_browsers_without_a_way_to_move(live: Live) -> None:
    live.open(table([A, B, C]))
    live.js("delete Element.prototype.moveBefore")
    live.page.focus(cell("c"))
    live.server.apply(tabled(first(moved("c"))))
    assert live.js("document.activeElement.closest('tr').id") == "row-c"


def test_a_new_column_appears_in_the_middle_of_a_row(live: Live) -> None:
    old = '<tr id="row-a"><td data-column="x">1</td><td data-column="z">3</td></tr>'
    new = (
        '<tr id="row-a"><td data-column="x">1</td><td data-column="y">2</td>'
        '<td data-column="z">3</td></tr>'
    )
    live.open(table([old]))
    live.js("window.z = document.querySelector('[data-column=z]')")
    live.server.apply(tabled(replaced(new)))
    assert live.html() == new
    assert live.js("z === document.querySelector('[data-column=z]')")


def test_a_column_that_moves_or_goes_takes_its_cell_along(live: Live) -> None:
    old = "".join(f'<td data-column="{c}">{c}</td>' for c in "wxyz")
    new = "".join(f'<td data-column="{c}">{c}</td>' for c in "zwy")
    live.open(table([f'<tr id="row-a">{old}</tr>']))
    live.server.apply(tabled(replaced(f'<tr id="row-a">{new}</tr>')))
    assert live.html() == f'<tr id="row-a">{new}</tr>'


def test_a_list_of_items_works_like_one_of_rows(live: Live) -> None:
    live.open(
        '<ul id="list" data-live="token-list" data-live-size="100" data-live-etag="e0">'
        '<li id="row-a">Buy milk</li><li id="row-b"><b>Sell</b> tea</li></ul>'
    )
    live.server.apply(
        '<ul hx-swap-oob="afterend:#row-a"><li id="row-c">New</li></ul>'
        '<ul><li id="row-a" hx-swap-oob="outerHTML">Buy <i>oat</i> milk</li></ul>'
        '<ul><li id="row-b" hx-swap-oob="delete"></li></ul>'
    )
    assert live.html() == '<li id="row-a">Buy <i>oat</i> milk</li><li id="row-c">New</li>'


def test_a_missing_target_asks_for_the_list_anew(live: Live) -> None:
    live.open(table([A, B]))
    live.server.answer = live.server.whole(lambda: everything([A, B, C]), "e2")
    live.js("document.querySelector('#row-b').remove()")
    live.server.frame(tabled(after("b", C)))
    live.until("document.querySelector('#row-c')")
    assert live.server.of("subscribe")[-1]["etag"] is None
    assert live.html() == A + B + C


def test_frames_sent_before_the_healing_do_not_count(live: Live) -> None:
    live.open(table([A]))
    live.server.answer = lambda _: None
    live.server.frame(tabled(replaced(row("lost", "?"))))
    live.server.until(lambda: live.server.of("subscribe")[-1]["etag"] is None)
    live.server.apply(tabled(after("a", B)), etag="e2")
    assert live.html() == A
    live.server.apply(everything([A, C]), etag="e3")
    assert live.html() == A + C


def test_deleting_what_is_gone_is_no_reason_to_ask_again(live: Live) -> None:
    live.open(table([A, B]))
    live.js("document.querySelector('#row-b').remove()")
    live.server.apply(tabled(deleted("b"), after("a", C)))
    assert (live.html(), len(live.server.of("subscribe"))) == (A + C, 1)


def test_frames_of_unknown_subscriptions_are_acknowledged_and_ignored(live: Live) -> None:
    live.open(table([A]))
    live.server.apply(tabled(first(B)), sub="s99")
    assert live.html() == A


def test_scripts_in_a_fragment_do_not_run(live: Live) -> None:
    live.open(table([A]))
    live.server.apply(tabled(after("a", row("b", "<script>window.ran = true</script>"))))
    assert live.js("window.ran") is None


def test_the_container_says_what_it_shows(live: Live) -> None:
    live.open(table([A]))
    live.server.apply(tabled(replaced(row("a", "Jug"))), etag="e7", more=True)
    attributes = live.js("({...document.querySelector('#list').dataset})")
    assert (attributes["liveEtag"], attributes["liveMore"]) == ("e7", "")


def test_new_content_is_shown_to_htmx(live: Live) -> None:
    live.open(table([A]))
    live.js("window.processed = []; window.htmx = { process: (e) => processed.push(e.id) }")
    live.server.apply(tabled(after("a", B), after("b", row("c", '<a hx-get="/c">More</a>'))))
    assert live.js("processed") == ["row-c"]


def test_the_page_is_told_what_changed(live: Live) -> None:
    live.open(table([A, B]))
    live.server.apply(tabled(after("b", C)))
    live.server.apply(tabled(after("b", row("d", "Jar"))))
    first_event, second_event = live.events("live:applied")
    assert first_event["detail"] == {"changed": ["row-c"], "initial": False}
    assert second_event["id"] == "list"


def test_a_value_formatted_for_the_viewer_is_not_a_change(live: Live) -> None:
    old = row("a", '<data value="1234">1234</data>', "1")
    live.open(table([old]))
    live.js("live.show(document.querySelector('data'), '1,234')")
    live.server.apply(tabled(replaced(row("a", '<data value="1234">1234</data>', "2"))))
    assert live.js("document.querySelector('data').textContent") == "1,234"
    assert live.js("document.querySelectorAll('td.is-changed').length") == 1


def test_text_formatted_behind_our_back_is_written_again_without_a_highlight(live: Live) -> None:
    fresh = row("a", '<data value="1234">1234</data>')
    live.open(table([fresh]))
    live.js("document.querySelector('data').textContent = '1,234'")
    live.server.apply(tabled(replaced(fresh)))
    assert live.html() == fresh
    assert live.js("document.querySelector('.is-changed')") is None


def test_what_scripts_set_on_rows_and_cells_stays(live: Live) -> None:
    live.open(table([A]))
    live.js(
        """(s) => { const cell = document.querySelector(s);
          cell.classList.add("is-focused", "edge-t"); cell.tabIndex = 0;
          cell.setAttribute("aria-selected", "true");
          cell.parentElement.setAttribute("aria-rowindex", "2");
          cell.insertAdjacentHTML("beforeend", '<span class="peer-flag">Mira</span>'); }""",
        cell("a"),
    )
    live.server.apply(tabled(replaced(row("a", "Jug", "1", "x", attributes=' class="late"'))))
    assert live.html() == (
        '<tr id="row-a" aria-rowindex="2" class="late">'
        '<td data-column="name" tabindex="0" class="is-focused edge-t" aria-selected="true">Jug'
        '<span class="peer-flag">Mira</span></td>'
        '<td data-column="amount" tabindex="-1">1</td><td data-column="note" tabindex="-1">x</td>'
        "</tr>"
    )


def test_what_a_product_declares_as_its_own_stays(live: Live) -> None:
    live.open(table([A]))
    live.js("live.keep({ classes: ['is-mine'], attributes: ['data-mine'], elements: ['.mine'] })")
    live.js(
        """(s) => { const cell = document.querySelector(s);
          cell.className = "is-mine"; cell.dataset.mine = "1";
          cell.insertAdjacentHTML("beforeend", "<i class=mine>!</i>"); }""",
        cell("a"),
    )
    live.server.apply(tabled(replaced(row("a", "Jug"))))
    assert live.html() == (
        '<tr id="row-a"><td data-column="name" tabindex="-1" class="is-mine" data-mine="1">Jug'
        '<i class="mine">!</i></td></tr>'
    )
