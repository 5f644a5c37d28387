"""What the page says of its connection."""

from tests.live_js.driver import Live
from tests.live_js.markup import region, replaced, row, table, tabled

A = row("a", "Mug")


def test_a_page_that_is_connected_is_live(live: Live) -> None:
    live.open(table([A]), region("1"))
    live.until("live.state().connection === 'live' && live.state().open === 2")
    assert live.state()["lag"] is None


def test_the_last_change_and_its_lag_are_told(live: Live) -> None:
    live.open(table([A]))
    live.server.apply(tabled(replaced(row("a", "Jug"))), lag=12)
    live.until("window.events.some((e) => e.name === 'live:state' && e.detail.lag === 12)")
    assert live.js("Date.now() - live.state().lastChange < 10_000")


def test_the_document_is_told_when_the_connection_changes(live: Live) -> None:
    live.open(table([A]))
    live.server.hang_up()
    live.server.until(lambda: len(live.server.of("subscribe")) == 2)
    live.until("live.state().connection === 'live'")
    told = [event["detail"]["connection"] for event in live.events("live:state")]
    assert [state for n, state in enumerate(told) if told[:n][-1:] != [state]] == [
        "live",
        "reconnecting",
        "live",
    ]


def test_a_page_that_is_cut_off_for_long_is_offline_since_then(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.server.is_refusing = True
    clocked.server.hang_up()
    clocked.until("live.state().connection === 'reconnecting'")
    lost = clocked.js("live.state().since.getTime()")
    clocked.page.clock.run_for(11_000)
    clocked.until("live.state().connection === 'offline'")
    assert clocked.js("live.state().since.getTime()") == lost


def test_a_server_that_restarts_is_told(live: Live) -> None:
    live.open(table([A]))
    live.server.say({"type": "going-down"})
    live.server.hang_up()
    live.until("window.events.some((e) => e.name === 'live:state' && e.detail.restarting)")
    live.until("live.state().connection === 'live'")
    assert not live.state()["restarting"]


def test_many_changes_are_told_a_few_times(live: Live) -> None:
    live.open(table([A]))
    for number in range(100):
        live.server.frame(tabled(replaced(row("a", str(number)))))
    live.server.apply("", etag="e9")
    assert len(live.events("live:state")) < 20
