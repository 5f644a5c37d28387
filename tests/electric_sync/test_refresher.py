"""Jobs run when they are marked: one at a time, in turn, again when they fail."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest
from django.db import connection

from electric_sync.live import refresher
from electric_sync.live.refresher import Refresher
from tests.electric_sync.loop import PATIENCE, LoopThread

pytestmark = pytest.mark.django_db  # the refresher's threads have connections of their own


class Job:
    """Notes its runs; may be held up, and may fail."""

    def __init__(self, log: list[str], name: str = "job", tenant: str = "1") -> None:
        self.name = name
        self.tenant = tenant
        self.log = log
        self.errors: list[Exception] = []
        self.finish_errors: list[Exception] = []
        self.go = threading.Event()
        self.go.set()
        self.began = threading.Event()
        self.running = 0

    def begin(self) -> Job:
        return self

    def run(self, snapshot: object) -> None:
        self.running += 1
        assert self.running == 1, "it runs twice at once"
        self.began.set()
        assert self.go.wait(PATIENCE)
        self.running -= 1
        if self.errors:
            raise self.errors.pop()

    def finish(self, snapshot: object) -> None:
        if self.finish_errors:
            raise self.finish_errors.pop()
        self.log.append(self.name)

    def failed(self) -> None:
        self.log.append(f"{self.name} failed")


@pytest.fixture
def loop(django_db_setup):
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def make(loop, monkeypatch):
    """Refreshers that are closed at the end."""
    monkeypatch.setattr(refresher, "RETRY_SECONDS", (0.01, 0.02))
    made = []

    def one(threads: int) -> Refresher:
        async def make_it() -> Refresher:
            return Refresher(threads)

        made.append(loop.run(make_it()))
        return made[-1]

    yield one
    for each in made:
        loop.run(each.close())


def call(loop: LoopThread, function, *args) -> None:
    async def there() -> None:
        function(*args)

    loop.run(there())


def until(loop: LoopThread, condition) -> None:
    async def wait() -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 any condition
                await asyncio.sleep(0)

    loop.run(wait())


def test_a_job_that_is_marked_runs(loop, make):
    job = Job([])

    call(loop, make(1).mark, job)

    until(loop, lambda: job.log == ["job"])


def test_a_job_that_is_marked_while_it_runs_runs_once_more(loop, make):
    job, jobs = Job([]), make(2)
    job.go.clear()
    call(loop, jobs.mark, job)
    job.began.wait(PATIENCE)

    for _ in range(5):
        call(loop, jobs.mark, job)
    job.go.set()
    until(loop, lambda: len(job.log) == 2)
    call(loop, jobs.mark, Job(job.log, "another"))
    until(loop, lambda: len(job.log) == 3)

    assert job.log == ["job", "job", "another"]


def test_a_job_that_is_marked_often_waits_once(loop, make):
    log: list[str] = []
    first, second, jobs = Job(log, "first"), Job(log, "second"), make(1)
    first.go.clear()
    call(loop, jobs.mark, first)
    first.began.wait(PATIENCE)
    for _ in range(5):
        call(loop, jobs.mark, second)
    call(loop, jobs.mark, Job(log, "third"))
    first.go.set()

    until(loop, lambda: len(log) == 3)
    assert log == ["first", "second", "third"]


def test_tenants_take_turns(loop, make):
    log: list[str] = []
    jobs, first = make(1), Job(log, "first")
    first.go.clear()
    call(loop, jobs.mark, first)
    first.began.wait(PATIENCE)
    for number in range(3):
        call(loop, jobs.mark, Job(log, f"large {number}", tenant="large"))
    call(loop, jobs.mark, Job(log, "small", tenant="small"))
    first.go.set()

    until(loop, lambda: len(log) == 5)
    assert log == ["first", "large 0", "small", "large 1", "large 2"]


def test_jobs_run_beside_each_other_in_as_many_threads_as_there_are(loop, make):
    one, two, jobs = Job([], "one"), Job([], "two"), make(2)
    for job in (one, two):
        job.go.clear()
        call(loop, jobs.mark, job)

    assert one.began.wait(PATIENCE)
    assert two.began.wait(PATIENCE)
    for job in (one, two):
        job.go.set()
        until(loop, lambda job=job: job.log == [job.name])


def test_a_job_that_fails_is_tried_again(loop, make, caplog):
    job = Job([])
    job.errors = [ValueError("a defect"), ValueError("a defect")]

    call(loop, make(1).mark, job)

    until(loop, lambda: job.log == ["job failed", "job failed", "job"])
    assert "a defect" in caplog.text


def test_what_is_marked_as_it_fails_is_not_lost(loop, make):
    job, jobs = Job([]), make(1)
    job.errors = [ValueError("a defect")]
    job.go.clear()
    call(loop, jobs.mark, job)
    job.began.wait(PATIENCE)
    call(loop, jobs.mark, job)
    job.go.set()

    until(loop, lambda: "job" in job.log)


def test_an_outcome_that_cannot_be_taken_costs_no_thread(loop, make):
    """Found: the only thread was gone for good."""
    job, jobs = Job([]), make(1)
    job.finish_errors = [ValueError("a defect")]

    call(loop, jobs.mark, job)

    until(loop, lambda: job.log == ["job failed", "job"])


def test_invariant_6_a_job_that_failed_and_went_is_forgotten(loop, make, monkeypatch):
    """Found: each list that could not be rendered stayed in memory for ever."""
    monkeypatch.setattr(refresher.logger, "disabled", True)  # a log would remember it, too
    gone = fail_once_and_leave(loop, make(1))

    def is_gone() -> bool:
        gc.collect()
        return gone() is None

    until(loop, is_gone)


def fail_once_and_leave(loop: LoopThread, jobs: Refresher) -> weakref.ref[Job]:
    job = Job([])
    job.errors = [ValueError("a defect")]
    work, left = job.begin(), []
    job.begin = lambda: work if not job.log else left.append(True)
    call(loop, jobs.mark, job)
    until(loop, lambda: left)  # when it would be tried again there is nothing to be done
    return weakref.ref(job)


def test_later_is_later_and_only_once(loop, make):
    job, jobs = Job([]), make(1)
    call(loop, jobs.mark_later, job, 0.02)
    call(loop, jobs.mark_later, job, 0)
    assert job.log == []

    until(loop, lambda: job.log == ["job"])
    call(loop, jobs.mark, Job(job.log, "another"))
    until(loop, lambda: len(job.log) == 2)
    assert job.log == ["job", "another"]


def test_after_closing_nothing_runs(loop):
    async def make_and_close() -> Refresher:
        jobs = Refresher(1)
        await jobs.close()
        return jobs

    job, jobs = Job([]), loop.run(make_and_close())

    call(loop, jobs.mark, job)
    call(loop, jobs.mark_later, job, 0)
    call(loop, lambda: None)

    assert job.log == []


def test_closing_waits_for_what_runs(loop):
    async def make() -> Refresher:
        return Refresher(1)

    job, jobs = Job([]), loop.run(make())
    job.go.clear()
    call(loop, jobs.mark, job)
    job.began.wait(PATIENCE)
    closing = asyncio.run_coroutine_threadsafe(jobs.close(), loop.loop)
    job.go.set()

    closing.result(PATIENCE)

    assert job.log == ["job"]


def test_everything_in_a_run_is_read_from_one_snapshot(loop, make):
    seen: list[object] = []

    class Reader(Job):
        def run(self, snapshot: object) -> None:
            with connection.cursor() as cursor:
                for statement in (
                    "SELECT pg_current_snapshot()::text",
                    "SHOW transaction_isolation",
                    "SHOW transaction_read_only",
                ):
                    cursor.execute(statement)
                    seen.append(cursor.fetchone()[0])
            seen.append(f"{snapshot.xmin}:{snapshot.xmax}")

    job = Reader([])
    call(loop, make(1).mark, job)
    until(loop, lambda: job.log == ["job"])

    assert seen[1:3] == ["repeatable read", "on"]
    assert seen[0].startswith(seen[3])


def test_a_query_outside_of_the_snapshot_is_an_error(db):
    def after() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    assert connection.in_atomic_block
    with connection.execute_wrapper(refresher._refuse_outside):
        after()  # inside of one
        connection.in_atomic_block = False
        try:
            with pytest.raises(RuntimeError, match="outside of its snapshot"):
                after()
        finally:
            connection.in_atomic_block = True
