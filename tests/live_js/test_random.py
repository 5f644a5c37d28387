"""Old page + fragments = fresh page, whatever happens and whatever people have in hand.

Every round is a list of its own with its own seed; all rounds share one page and one socket, and
their steps are mixed. Between the steps people hold cells and rows, scribble in them, type into
fields, tick boxes and let go again; rows vanish by accident, and the connection breaks. When all
hands are off, each list must equal its model, element for element.
"""

import os
import time
from dataclasses import asdict
from random import Random

import pytest

from tests.live_js.driver import Live
from tests.live_js.model import ModelList
from tests.live_js.server import PATIENCE, Message

ROUNDS = 100
STEPS = 25
FIRST_SEED = int(os.environ.get("LIVE_SEED", "0")) or Random().randrange(10**6)

PEOPLE = """() => {
  const held = new Map();
  const pick = (deed) => document.querySelector(`#${deed.row} [data-column=${deed.column}]`);
  const hold = (deed, element) => {
    if (!element) return;
    live.hold(element);
    const mine = held.get(deed.list) ?? held.set(deed.list, []).get(deed.list);
    mine.push(element);
    if (!element.matches("td")) return;
    element.classList.add("is-editing");
    element.innerHTML = '<input value="scribble">';
  };
  window.deeds = {
    "hold": (deed) => hold(deed, pick(deed)),
    "hold row": (deed) => hold(deed, document.getElementById(deed.row)),
    "release": (deed) => {
      const element = held.get(deed.list)?.pop();
      if (!element) return;
      element.classList.remove("is-editing");
      if (!element.classList.length) element.removeAttribute("class");
      live.release(element);
    },
    "type": (deed) => {
      const field = pick(deed)?.querySelector("input:not([type=checkbox])");
      if (!field) return;
      field.focus();
      field.value = "typed";
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    },
    "tick": (deed) => pick(deed)?.querySelector("input[type=checkbox]")?.click(),
    "leave": () => document.activeElement?.blur(),
    "lose": (deed) => document.getElementById(deed.row)?.remove(),
    "stop": () => {
      for (const list of held.keys()) while (held.get(list).length) deeds.release({ list });
      document.activeElement?.blur();
      for (const field of document.querySelectorAll("input")) {
        if (field.type === "checkbox") field.checked = field.defaultChecked;
        else field.value = field.defaultValue;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    },
  };
}"""

UNEQUAL = """(models) => {
  const tidy = (node) => {
    for (const element of node.querySelectorAll("*")) {
      element.classList.remove("is-changed");
      if (!element.classList.length) element.removeAttribute("class");
    }
    return node;
  };
  return Object.entries(models).filter(([name, html]) => {
    const shown = tidy(document.getElementById(name).cloneNode(true));
    const fresh = shown.cloneNode(false);
    fresh.innerHTML = html;
    const fields = (list) => [...list.querySelectorAll("input")]
      .map((field) => `${field.value} ${field.checked}`).join();
    return shown.innerHTML !== fresh.innerHTML
      || fields(document.getElementById(name)) !== fields(fresh);
  }).map(([name]) => name);
}"""


class Play:
    """All rounds in one page."""

    def __init__(self, live: Live, seeds: range) -> None:
        self.live = live
        self.models = {model.name: model for model in map(ModelList, seeds)}
        self.dice = Random(seeds.start)
        self.asked: list[Message] = []
        live.server.answer = self.asked.append
        live.open(*(model.page for model in self.models.values()))
        live.js(PEOPLE)

    def run(self) -> list[str]:
        """Play, and return the names of the lists that are not what they should be."""
        for step in range(STEPS):
            self._people_act()
            if step % 10 == 9:
                self._break()
            else:
                self._change()
                self._lose_a_row()
        self.live.js("deeds.stop()")
        end = time.monotonic() + 6 * PATIENCE  # a busy machine draws few frames
        while (wrong := self._wrong()) and time.monotonic() < end:
            self._reply()
        return wrong

    def _people_act(self) -> None:
        deeds = [asdict(deed) for model in self.models.values() if (deed := model.deed())]
        self.live.js("(all) => { for (const deed of all) deeds[deed.what](deed); }", deeds)

    def _change(self) -> None:
        for model in self.models.values():
            self._reply()
            content = model.change()
            self.live.server.frame(content, name=model.name, etag=model.etag)

    def _lose_a_row(self) -> None:
        self._reply()
        loser = self.dice.choice([model for model in self.models.values() if model.rows])
        lost = self.dice.choice(loser.rows)
        self.live.js("(deed) => deeds.lose(deed)", {"row": f"row-{lost}"})
        self.live.server.frame(loser.touch(lost), name=loser.name, etag=loser.etag)

    def _break(self) -> None:
        """Lose the connection, and with it what changes meanwhile."""
        for model in self.models.values():
            model.change()
        self.asked.clear()
        self.live.server.hang_up()
        self.live.server.until(lambda: len(self.asked) >= len(self.models))

    def _reply(self) -> None:
        """Answer what was asked, with the lists as they are told so far."""
        while self.asked:
            message = self.asked.pop(0)
            model = self.models[message["token"].removeprefix("token-")]
            answer = self.live.server.whole(lambda model=model: model.whole, model.etag)
            self.live.server.say(answer(message))

    def _wrong(self) -> list[str]:
        fresh = {name: model.html for name, model in self.models.items()}
        return self.live.js(UNEQUAL, fresh)


def test_old_page_and_fragments_are_the_fresh_page(live: Live) -> None:
    wrong = Play(live, range(FIRST_SEED, FIRST_SEED + ROUNDS)).run()
    assert wrong == [], f"LIVE_SEED={FIRST_SEED}"


@pytest.mark.long
@pytest.mark.parametrize("batch", range(50))
def test_it_is_so_in_thousands_of_rounds(live: Live, batch: int) -> None:
    first = FIRST_SEED + (batch + 1) * ROUNDS
    wrong = Play(live, range(first, first + ROUNDS)).run()
    assert wrong == [], f"LIVE_SEED={first}"
