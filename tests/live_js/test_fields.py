"""Form fields are kept without being held: the focused one, and those edited and not sent."""

from tests.live_js.driver import Live, cell
from tests.live_js.markup import (
    after,
    deleted,
    first,
    moved,
    region,
    rendered,
    replaced,
    row,
    table,
)
from tests.live_js.markup import tabled as frame

NAME = '<input id="name" name="name" value="{}">'
TICK = '<input type="checkbox" id="tick"{}>'


def field(live: Live, selector: str = "#name") -> object:
    """Return the value of a field."""
    return live.js("(s) => document.querySelector(s).value", selector)


def test_a_focused_field_is_not_touched(live: Live) -> None:
    live.open(region(NAME.format("old")))
    live.page.focus("#name")
    live.server.apply(rendered(NAME.format("new")), name="region")
    assert field(live) == "old"


def test_it_gets_the_servers_value_when_the_focus_leaves(live: Live) -> None:
    live.open(region(NAME.format("old")), '<button id="away">Away</button>')
    live.page.focus("#name")
    live.server.apply(rendered(NAME.format("new")), name="region")
    live.page.focus("#away")
    live.until("document.querySelector('#name').value === 'new'")


def test_a_field_that_was_edited_keeps_its_value_without_the_focus(live: Live) -> None:
    live.open(region(NAME.format("old")), '<button id="away">Away</button>')
    live.page.fill("#name", "mine")
    live.page.focus("#away")
    live.server.apply(rendered(f"<p>Hello</p>{NAME.format('new')}"), name="region")
    assert (field(live), live.js("document.querySelector('p').textContent")) == ("mine", "Hello")


def test_the_page_is_told_that_a_field_has_another_value(live: Live) -> None:
    live.open(region(NAME.format("old")))
    live.page.fill("#name", "mine")
    live.server.apply(rendered(NAME.format("new")), name="region")
    assert live.events("live:deferred") == [
        {
            "name": "live:deferred",
            "id": "name",
            "detail": {"element": "name"},
        }
    ]


def test_a_field_that_is_reset_gets_the_servers_value(live: Live) -> None:
    live.open(region(f'<form id="form">{NAME.format("old")}<button>Save</button></form>'))
    live.page.fill("#name", "mine")
    live.server.apply(
        rendered(f'<form id="form">{NAME.format("new")}<button>Save</button></form>'),
        name="region",
    )
    live.page.focus("button")
    live.js("document.querySelector('form').reset()")
    live.until("document.querySelector('#name').value === 'new'")


def test_a_field_that_was_sent_gets_the_servers_value(live: Live) -> None:
    form = f'<form id="form">{NAME.format("{}")}</form>'
    live.open(region(form.format("old")), '<button id="away">Away</button>')
    live.page.fill("#name", "mine")
    live.page.focus("#away")
    live.js(
        """document.dispatchEvent(new CustomEvent("htmx:afterRequest", {
          detail: { elt: document.querySelector("form"), successful: true } }))"""
    )
    live.server.apply(rendered(form.format("theirs")), name="region")
    assert field(live) == "theirs"


def test_a_field_that_could_not_be_sent_keeps_its_value(live: Live) -> None:
    form = f'<form id="form">{NAME.format("{}")}</form>'
    live.open(region(form.format("old")), '<button id="away">Away</button>')
    live.page.fill("#name", "mine")
    live.page.focus("#away")
    live.js(
        """document.dispatchEvent(new CustomEvent("htmx:afterRequest", {
          detail: { elt: document.querySelector("form"), successful: false } }))"""
    )
    live.server.apply(rendered(form.format("theirs")), name="region")
    assert field(live) == "mine"


def test_a_value_that_the_server_has_too_is_no_edit_any_more(live: Live) -> None:
    live.open(region(NAME.format("old")), '<button id="away">Away</button>')
    live.page.fill("#name", "new")
    live.page.focus("#away")
    live.server.apply(rendered(NAME.format("new")), name="region")
    live.server.apply(rendered(NAME.format("newer")), name="region")
    assert field(live) == "newer"


def test_a_form_that_somebody_fills_in_is_not_removed(live: Live) -> None:
    live.open(
        region(f'<form id="form">{NAME.format("old")}</form>'), '<button id="away">x</button>'
    )
    live.page.fill("#name", "mine")
    live.server.apply(rendered("<p>Gone</p>"), name="region")
    assert field(live) == "mine"
    live.js("document.querySelector('#name').value = 'old'")
    live.page.focus("#away")
    live.until("!document.querySelector('#name')")
    assert live.html("#region") == "<p>Gone</p>"


def test_a_text_area_and_a_choice_are_kept_too(live: Live) -> None:
    form = (
        '<textarea id="text">{}</textarea>'
        '<select id="choice"><option>x</option><option{}>y</option><option>z</option></select>'
    )
    live.open(region(form.format("old", "")))
    live.page.fill("#text", "mine")
    live.page.select_option("#choice", "z")
    live.server.apply(rendered(form.format("new", " selected")), name="region")
    assert (field(live, "#text"), field(live, "#choice")) == ("mine", "z")


def test_untouched_fields_follow_the_server(live: Live) -> None:
    form = (
        '<textarea id="text">{}</textarea>'
        '<select id="choice"><option>x</option><option{}>y</option></select>'
        '<input type="checkbox" id="tick"{}>'
    )
    live.open(region(form.format("old", "", "")))
    live.server.apply(rendered(form.format("new", " selected", " checked")), name="region")
    assert (field(live, "#text"), field(live, "#choice")) == ("new", "y")
    assert live.js("document.querySelector('#tick').checked")


def test_a_tick_that_was_not_sent_is_kept(live: Live) -> None:
    live.open(table([row("a", TICK.format(""), "1")]))
    live.page.check("#tick")
    live.server.apply(frame(replaced(row("a", TICK.format(""), "2"))))
    assert live.js("document.querySelector('#tick').checked")


def test_a_ticked_row_may_move_and_go(live: Live) -> None:
    live.open(table([row("b", "x"), row("a", TICK.format(""))]))
    live.page.check("#tick")
    live.server.apply(frame(first(moved("a"))))
    assert (live.ids(), live.js("document.querySelector('#tick').checked")) == (["a", "b"], True)
    live.server.apply(frame(deleted("a")))
    assert live.ids() == ["b"]


def test_a_row_with_a_typed_value_stays_until_it_is_taken_back(live: Live) -> None:
    live.open(table([row("a", NAME.format("old")), row("b", "x")]), '<button id="away">x</button>')
    live.page.fill("#name", "mine")
    live.server.apply(frame(deleted("a")))
    live.page.focus("#away")
    assert live.ids() == ["a", "b"]
    live.page.fill("#name", "old")
    live.page.focus("#away")
    live.until("document.querySelector('#list').children.length === 1")


def test_a_typed_value_in_a_row_survives_changes_around_it(live: Live) -> None:
    live.open(table([row("a", NAME.format("old"), "1")]))
    live.page.fill("#name", "mine")
    live.server.apply(frame(replaced(row("a", NAME.format("new"), "2"))))
    assert (
        field(live),
        live.js("(s) => document.querySelector(s).textContent", cell("a", "amount")),
    ) == (
        "mine",
        "2",
    )


def test_the_caret_stays_where_it_is(live: Live) -> None:
    live.open(region(f"<p>1</p>{NAME.format('some words')}"))
    live.page.focus("#name")
    live.js("document.activeElement.setSelectionRange(2, 5)")
    live.server.apply(rendered(f"<p>2</p><p>3</p>{NAME.format('other words')}"), name="region")
    assert live.js(
        "[document.activeElement.id, document.activeElement.selectionStart,"
        " document.activeElement.selectionEnd]"
    ) == ["name", 2, 5]


def test_a_row_that_moved_while_somebody_typed_in_it_moves_when_the_focus_leaves(
    live: Live,
) -> None:
    live.open(table([row("a", NAME.format("old")), row("b", "x")]), '<button id="away">x</button>')
    live.page.focus("#name")
    live.server.apply(frame(first(moved("b"))))
    live.server.apply(frame(first(moved("a"))))
    assert live.ids() == ["b", "a"]
    live.server.apply(frame(after("b", moved("a"))))
    live.page.focus("#away")
    live.until("document.querySelector('#list').childNodes.length === 2")
    assert live.ids() == ["b", "a"]


def test_a_row_takes_its_place_when_a_frame_comes_just_after_the_focus_left(live: Live) -> None:
    live.open(table([row("b", "x"), row("a", NAME.format("old"))]), '<button id="away">x</button>')
    live.page.focus("#name")
    live.server.apply(frame(first(moved("a"))))
    live.page.focus("#away")
    live.server.apply(frame(replaced(row("a", NAME.format("new")))))
    live.until("document.querySelector('#list').childNodes.length === 2")
    assert (live.ids(), field(live)) == (["a", "b"], "new")
