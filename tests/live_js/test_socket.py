"""One websocket: it connects, notices that it is dead, and comes back."""

from tests.live_js.driver import Live
from tests.live_js.markup import everything, region, row, table, tabled

A, B = row("a", "Mug"), row("b", "Pot")
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_page_without_live_areas_opens_no_socket(live: Live) -> None:
    live.open("<p>Nothing here is live.</p>")
    live.js("new Promise(requestAnimationFrame)")
    assert live.server.sockets == []


def test_it_says_that_it_is_there_every_heartbeat(clocked: Live) -> None:
    clocked.open(table([A]))
    for pings in (1, 2, 3):
        clocked.page.clock.run_for(20_000)
        clocked.server.until(lambda pings=pings: len(clocked.server.of("ping")) == pings)


def test_a_connection_that_stays_silent_is_replaced(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.server.is_silent = True
    clocked.page.clock.run_for(21_000)
    clocked.server.until(lambda: clocked.server.of("ping"))
    clocked.server.is_silent = False
    clocked.page.clock.run_for(11_000)
    clocked.server.until(lambda: len(clocked.server.of("subscribe")) == 2)


def test_a_connection_that_answers_is_kept(clocked: Live) -> None:
    clocked.open(table([A]))
    for _ in range(5):
        pings = len(clocked.server.of("ping"))
        clocked.page.clock.run_for(21_000)
        clocked.server.until(lambda pings=pings: len(clocked.server.of("ping")) > pings)
    assert len(clocked.server.sockets) == 1


def test_after_an_hour_of_sleep_the_page_is_right_within_two_seconds(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.server.answer = clocked.server.whole(lambda: everything([A, B]), "e2")
    clocked.page.clock.fast_forward("01:00:00")
    woke = clocked.js("Date.now()")
    clocked.until("document.querySelector('#row-b')")
    assert clocked.js("Date.now()") - woke < 2_000


def test_after_a_short_sleep_a_dead_connection_is_noticed_within_two_seconds(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.server.is_silent = True
    clocked.page.clock.fast_forward(15_000)
    clocked.server.until(lambda: clocked.server.of("ping"))
    clocked.server.is_silent = False
    clocked.page.clock.run_for(1_100)
    clocked.server.until(lambda: len(clocked.server.of("subscribe")) == 2)


def test_after_a_short_sleep_a_connection_that_lives_is_kept(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.page.clock.fast_forward(15_000)
    clocked.server.until(lambda: clocked.server.of("ping"))
    clocked.page.clock.run_for(3_000)
    assert len(clocked.server.sockets) == 1


def test_it_comes_back_after_a_failure(live: Live) -> None:
    live.open(table([A]))
    live.server.hang_up()
    live.server.until(lambda: len(live.server.of("subscribe")) == 2)


def test_it_comes_back_at_once_when_the_network_does(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.server.is_refusing = True
    clocked.server.hang_up()
    for _ in range(8):
        clocked.page.clock.run_for(30_000)
    clocked.server.is_refusing = False
    clocked.js("window.dispatchEvent(new Event('online'))")
    clocked.server.until(lambda: len(clocked.server.of("subscribe")) == 2)


def test_a_server_that_never_welcomes_is_dialled_again(clocked: Live) -> None:
    clocked.server.is_silent = True
    clocked.open(table([A]), subscribed=False)
    clocked.server.until(lambda: len(clocked.server.sockets) == 1)
    clocked.page.clock.run_for(8_000)
    clocked.server.until(lambda: len(clocked.server.sockets) > 1)


def test_waits_double_and_are_random(live: Live) -> None:
    live.open("<p>")
    waits = live.js(
        """async () => {
          const { Backoff } = await import("/static/live/backoff.js");
          const runs = Array.from({ length: 200 }, () => {
            const backoff = new Backoff();
            return Array.from({ length: 10 }, () => backoff.next());
          });
          return runs[0].map((_, i) => runs.map((run) => run[i]));
        }"""
    )
    longest = [min(30_000, 500 * 2**n) for n in range(10)]
    assert all(min(w) >= 100 and max(w) <= top for w, top in zip(waits, longest, strict=True))
    assert all(max(w) - min(w) > top / 2 for w, top in zip(waits, longest, strict=True))


def test_a_server_that_restarts_is_expected_back_soon(live: Live) -> None:
    live.open("<p>")
    longest = live.js(
        """async () => {
          const { Backoff } = await import("/static/live/backoff.js");
          const backoff = new Backoff();
          backoff.restarting();
          return Math.max(...Array.from({ length: 50 }, () => backoff.next()));
        }"""
    )
    assert longest <= 2_000


def test_a_page_in_the_back_forward_cache_has_no_socket(live: Live) -> None:
    live.open(table([A]))
    live.js("window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    live.server.answer = live.server.whole(lambda: everything([A, B]), "e2")
    live.js("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    live.until("document.querySelector('#row-b')")
    assert len(live.server.sockets) == 2


def test_a_hidden_page_stays_connected_and_right(live: Live) -> None:
    live.open(table([A]))
    live.js(HIDE, True)
    live.js("window.requestAnimationFrame = () => 0")
    live.server.apply(everything([A, B]))
    assert (live.ids(), len(live.server.sockets)) == (["a", "b"], 1)


def test_a_slice_that_waits_when_the_page_is_hidden_is_not_lost(live: Live) -> None:
    live.open(table([A]))
    live.js("window.requestAnimationFrame = () => 0")
    seq = live.server.frame(everything([A, B]))
    live.js(HIDE, True)
    live.server.settled(seq)
    assert live.ids() == ["a", "b"]


def test_nonsense_from_the_server_is_ignored(live: Live) -> None:
    live.open(table([A]))
    for nonsense in ("", "{", "[]", "null", '{"type": 5}', '{"type": "news"}'):
        live.server.sockets[-1].send(nonsense)
    live.server.apply(everything([B]))
    assert live.ids() == ["b"]


def test_acknowledgements_are_few(live: Live) -> None:
    live.open(table([A]), region("0"))
    last = 0
    for number in range(300):
        last = live.server.frame("", etag=f"e{number}")
    live.server.settled(last)
    assert len(live.server.of("ack")) < 60


def test_numbers_of_an_earlier_connection_are_not_acknowledged(live: Live) -> None:
    live.open(table([A]))
    seq = live.server.frame(tabled())
    live.server.hang_up()
    live.server.until(lambda: len(live.server.of("subscribe")) == 2)
    acks = live.server.of("ack")
    live.server.apply("", etag="e5")
    assert [ack["seq"] for ack in live.server.of("ack")][len(acks) :] == [seq + 1]


def test_the_address_of_the_socket_may_be_named_by_the_page(live: Live) -> None:
    live.open('<meta name="live-socket" content="/elsewhere/live/">', table([A]))
    assert live.server.sockets[-1].url.endswith("/elsewhere/live/")
