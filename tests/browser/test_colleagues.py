"""Simulated colleagues: seen on every page while they work, and sent home from there."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.installation import ROOT, Installation
from tests.browser.person import Person, Table


@pytest.fixture
def colleagues(site: Installation) -> "Iterator[subprocess.Popen[str]]":
    """Some who have begun to work."""
    command = [sys.executable, "manage.py", "simulate_colleagues"]
    environment = {**site.environment, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        assert "at work" in program.stdout.readline()
        yield program
        program.terminate()


def test_a_banner_sends_them_home(
    colleagues: "subprocess.Popen[str]", stock: Table, mira: Person
) -> None:
    mira.open(stock)
    banner = mira.page.get_by_text("Simulated colleagues are working.")
    expect(banner).to_be_visible()
    mira.button("Stop them").click()
    expect(banner).to_be_hidden()
    assert colleagues.wait(timeout=10) == 0
    expect(mira.page.get_by_role("heading", name=stock.name)).to_be_visible()
    mira.wait_until_live()


def test_without_them_there_is_no_banner(stock: Table, mira: Person) -> None:
    mira.open(stock)
    expect(mira.page.get_by_text("Simulated colleagues")).to_have_count(0)
