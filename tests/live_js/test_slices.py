"""Work is done in slices of a frame, and what waits for it is bounded."""

from tests.live_js.driver import Live
from tests.live_js.markup import after, deleted, everything, first, replaced, row, table, tabled

ROWS = [row(str(n), f"row {n}", str(n), "note") for n in range(500)]
FRESH = [row(str(n), f"fresh {n}", str(n), "note") for n in reversed(range(500))]


def test_a_whole_list_is_applied_in_several_frames(live: Live) -> None:
    live.open(table(ROWS))
    live.server.apply(everything(FRESH))
    slices = [len(event["detail"]["changed"]) for event in live.events("live:applied")]
    assert (sum(slices), len(slices) > 1) == (500, True)
    assert live.html() == "".join(FRESH)


def test_a_list_that_leaves_the_page_meanwhile_is_not_written_on(live: Live) -> None:
    live.open(table(ROWS), table([row("x", "x")], name="other"))
    live.js(
        """document.querySelector("#list").addEventListener("live:applied", ({ target }) => {
          window.left = target; target.remove(); }, { once: true })"""
    )
    live.server.frame(everything(FRESH))
    live.server.apply(everything([row("y", "y")], name="other"), name="other")
    assert live.ids("#other") == ["y"]
    assert live.js("left.textContent.includes('row 0')")


def test_a_cell_taken_in_hand_between_two_slices_is_left_alone(live: Live) -> None:
    live.open(table(ROWS))
    live.js(
        """document.addEventListener("live:applied", () => {
          const cell = document.querySelector("#row-0 td");
          window.before = cell.textContent;
          live.hold(cell); cell.textContent = "mine"; }, { once: true })"""
    )
    live.server.apply(everything(FRESH))
    assert (live.js("before"), live.js("document.querySelector('#row-0 td').textContent")) == (
        "row 0",
        "mine",
    )
    live.release("#row-0 td")
    assert live.html() == "".join(FRESH)


def test_an_error_in_one_frame_does_not_stop_the_next(live: Live) -> None:
    live.open(table([row("a", "1")]), table([row("x", "1")], name="other"))
    live.server.answer = live.server.whole(lambda: everything([row("a", "3")]), "e3")
    live.server.frame(tabled('<tbody><tr id="row-a" hx-swap-oob="explode"></tr></tbody>'))
    live.server.apply(everything([row("x", "2")], name="other"), name="other")
    live.until("document.querySelector('#row-a').textContent === '3'")
    assert live.html("#other") == row("x", "2")


def test_more_than_can_be_applied_is_dropped_and_asked_for_anew(live: Live) -> None:
    live.open(table([row("a", "0")]))
    live.js("Object.defineProperty(document, 'hidden', { value: false }); window.stopped = true")
    live.server.answer = live.server.whole(lambda: everything([row("a", "newest")]), "e-new")
    note = "x" * 100_000
    for number in range(100):
        live.server.frame(tabled(replaced(row("a", f"{number}{note}"))), etag=f"e{number}")
        if live.server.of("subscribe")[-1]["etag"] is None:
            break
    live.until("document.querySelector('#list').dataset.liveEtag")
    live.server.apply("", etag="e-last")
    assert live.js("document.querySelector('#row-a').textContent").startswith(("newest", "99"))


def test_the_queue_says_when_it_is_overfull(live: Live) -> None:
    live.open("<p>")
    counts = live.js(
        """async () => {
          const { Queue } = await import("/static/live/queue.js");
          const arrival = (content) => ({ message: { type: "frame", sub: "s1", seq: 1, content },
                                          generation: 1, isWhole: false, isVoid: false });
          const many = new Queue(), large = new Queue();
          while (!many.isOverfull) many.push(arrival(""));
          while (!large.isOverfull) large.push(arrival("x".repeat(100_000)));
          const full = [many.length, large.length];
          many.clear(); large.shift();
          return [...full, many.isOverfull, large.isOverfull];
        }"""
    )
    assert counts == [2_001, 81, False, False]


def test_a_queue_keeps_its_order_however_long_it_runs(live: Live) -> None:
    live.open("<p>")
    assert live.js(
        """async () => {
          const { Queue } = await import("/static/live/queue.js");
          const queue = new Queue();
          const seen = [];
          for (let seq = 0; seq < 1000; seq++) {
            queue.push({ message: { type: "frame", sub: "s1", seq, content: "" },
                         generation: 1, isWhole: false, isVoid: false });
            if (seq % 3) { seen.push(queue.head.message.seq); queue.shift(); }
          }
          while (queue.length) { seen.push(queue.head.message.seq); queue.shift(); }
          return seen.every((seq, index) => seq === index) && seen.length === 1000;
        }"""
    )


def test_many_small_frames_become_few_events(live: Live) -> None:
    live.open(table([row("a", "0"), row("b", "0")]))
    live.js("window.requestAnimationFrame = (draw) => setTimeout(draw, 100)")
    for number in range(200):
        live.server.frame(tabled(replaced(row("a", str(number)))))
    live.server.apply(tabled(deleted("b"), first(row("c", "1")), after("a", row("d", "2"))))
    assert live.ids() == ["c", "a", "d"]
    assert len(live.events("live:applied")) < 100


def test_a_frame_in_pieces_is_applied_when_it_is_complete(live: Live) -> None:
    live.open(table([row("a", "0")]))
    content = everything([row("a", "1"), row("b", "2")])
    for start in range(0, 120, 40):
        live.server.frame(content[start : start + 40], partial=True, etag="e1")
    assert live.html() == row("a", "0")
    live.server.apply(content[120:], etag="e1")
    assert live.html() == row("a", "1") + row("b", "2")


def test_pieces_of_a_lost_connection_do_not_count(live: Live) -> None:
    live.open(table([row("a", "0")]))
    live.server.frame("<table><tbody", partial=True)
    live.server.hang_up()
    live.server.until(lambda: len(live.server.of("subscribe")) == 2)
    live.server.apply(everything([row("a", "1")]))
    assert live.html() == row("a", "1")
