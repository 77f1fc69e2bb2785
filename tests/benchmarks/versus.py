"""The library beside the official SDK, each in an environment of its own: the promises of speed.

Their processes take turns in slices of some milliseconds, so that whatever else the machine does
meets both; each round gives one ratio.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.benchmarks.measuring import Figure, Options
from tests.benchmarks.server import Server, serving, uuid_of

ROOT: Final = Path(__file__).resolve().parents[2]
OURS: Final = ROOT / ".venv-bench/bin/python"
OFFICIAL: Final = ROOT / ".venv-official-sdk/bin/python"
SLICES: Final = 30
"""How many slices of each make a round."""


class Worker:
    """A process that uses a library."""

    def __init__(self, stack: ExitStack, server: Server, python: Path, library: str) -> None:
        script = Path(__file__).with_name("worker.py")
        command: list[str | Path] = [
            python,
            "-W",
            "ignore",
            script,
            library,
            server.url,
            uuid_of(6),
            uuid_of(7),
        ]
        self._process = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._told = self._process.stdin, self._process.stdout
        stack.callback(self._orders.close)
        assert self._told.readline() == "\n"

    def do(self, action: str, times: int = 1, *given: Any) -> tuple[float, float, float]:
        """Seconds of processor and of wall time, and megabytes more at the peak."""
        self._orders.write(json.dumps([action, times, given]) + "\n")
        self._orders.flush()
        processor, wall, peak = json.loads(self._told.readline())
        return processor, wall, peak


class Bench:
    """Workers beside one another on one server."""

    def __init__(self, stack: ExitStack, options: Options, tasks: int = 1) -> None:
        self.stack, self.rounds = stack, options.rounds
        self.server = stack.enter_context(serving(jobs=options.jobs, tasks=tasks))

    def ours(self) -> Worker:
        return Worker(self.stack, self.server, OURS, "qarnot_domain")

    def official(self) -> Worker:
        return Worker(self.stack, self.server, OFFICIAL, "qarnot")

    def bare(self) -> Worker:
        return Worker(self.stack, self.server, OURS, "httpx")

    def costs(self, unit: str, times: int, **asked: tuple[Worker, str]) -> dict[str, Figure]:
        """Processor time of one call of each, in turns."""
        scale = {"µs": 1e6, "ns": 1e6}[unit]  # A read is done a thousand times.
        values: dict[str, list[float]] = {name: [] for name in asked}
        for worker, action in asked.values():
            worker.do(action, 20)
        for _ in range(self.rounds):
            slices: dict[str, list[float]] = {name: [] for name in asked}
            for _ in range(SLICES):
                for name, (worker, action) in asked.items():
                    slices[name].append(worker.do(action, times)[0] / times)
            for name, taken in slices.items():
                values[name].append(scale * median(taken))
        return {name: Figure(name.replace("_", " "), unit, tuple(v)) for name, v in values.items()}


def calls(options: Options) -> Iterator[Figure]:
    """One call: a job asked for, a job created."""
    with ExitStack() as stack:
        bench = Bench(stack, options)
        ours, again, official, bare = bench.ours(), bench.ours(), bench.official(), bench.bare()
        figures = bench.costs(
            "µs",
            8,
            retrieve_job=(ours, "retrieve"),
            the_same_again=(again, "retrieve"),
            official_retrieve_job=(official, "retrieve"),
            httpx_alone=(bare, "bare"),
            create_and_submit=(ours, "create"),
            official_create_and_submit=(official, "create"),
        )
        yield from figures.values()
        one, other = figures["retrieve_job"], figures["official_retrieve_job"]
        yield figures["the_same_again"].ratio_to(one, "retrieve_job to itself")
        yield one.ratio_to(other, "retrieve_job to official", 0.58)
        yield one.ratio_to(figures["httpx_alone"], "retrieve_job to httpx alone", 1.10)
        yield figures["create_and_submit"].ratio_to(
            figures["official_create_and_submit"], "create and submit to official", 0.30
        )
        bench.server.counts()
        for name, worker, limit in (("ours", ours, 1.0), ("official", official, None)):
            worker.do("create")
            requests, _ = bench.server.counts()
            yield Figure(f"requests to create and submit, {name}", "", (requests,), limit)


def reads(options: Options) -> Iterator[Figure]:
    """`job.state`, which is fresh."""
    with ExitStack() as stack:
        bench = Bench(stack, options)
        ours, official = bench.ours(), bench.official()
        for kind, limit in (("running", 0.75), ("final", 0.45)):
            figures = bench.costs(
                "ns",
                10,
                **{
                    f"state,_{kind}": (ours, f"read_{kind}"),
                    f"official_state,_{kind}": (official, f"read_{kind}"),
                },
            )
            yield from figures.values()
            mine, its = figures.values()
            yield mine.ratio_to(its, f"state, {kind}, to official", limit)


def lists(options: Options) -> Iterator[Figure]:
    """All jobs, a thousand a page."""
    number = options.jobs
    few = max(1000, number // 100)
    with ExitStack() as stack:
        bench = Bench(stack, options)
        ours, official = bench.ours(), bench.official()
        ours.do("listing", 1, number)  # The server writes the pages.
        taken: dict[str, list[float]] = {"ours": [], "official": [], "few": []}
        for _ in range(bench.rounds):
            # The few before and after the many, so that whatever the machine does meets both.
            slices = [ours.do("listing", 1, few)[0] / few for _ in range(10)]
            taken["ours"].append(ours.do("listing", 1, number)[0] / number * 1e6)
            slices += [ours.do("listing", 1, few)[0] / few for _ in range(10)]
            taken["few"].append(median(slices) * 1e6)
            taken["official"].append(official.do("listing", 1, number)[0] / number * 1e6)
        mine = Figure(f"a job of {number:,}", "µs", tuple(taken["ours"]))
        its = Figure(f"official, a job of {number:,}", "µs", tuple(taken["official"]))
        yield mine
        yield its
        yield mine.ratio_to(its, "to list to official", 0.33)
        of_few = Figure(f"a job of {few:,}", "µs", tuple(taken["few"]))
        yield of_few
        yield mine.ratio_to(of_few, "a job of many to one of few", 1.10)
        peaks: dict[str, list[float]] = {"ours": [], "official": []}
        for _ in range(min(2, bench.rounds)):
            for name, worker in (("ours", bench.ours()), ("official", bench.official())):
                # The list, and not the code that one of them loads with the first page alone.
                worker.do("listing", 1, few)
                peaks[name].append(worker.do("hold", 1, number)[2])
        held = Figure(f"{number:,} jobs held, at the peak", "MB", tuple(peaks["ours"]))
        official_held = Figure("official, the same", "MB", tuple(peaks["official"]))
        yield held
        yield official_held
        yield held.ratio_to(official_held, "jobs held to official", 0.50)


REFRESHED: Final = 10_000
SUBMITTED: Final = 1_000


def many(options: Options) -> Iterator[Figure]:
    """Many jobs over a network that is slow. What the official SDK does one by one is measured for
    some and counted for all.
    """  # noqa: D205
    with ExitStack() as stack:
        bench = Bench(stack, Options(max(options.jobs, REFRESHED), options.rounds), tasks=10_000)
        ours, official, server = bench.ours(), bench.official(), bench.server
        ours.do("hold", 1, REFRESHED)
        ours.do("refresh")
        server.set_latency(0.02)
        server.counts()
        walls = [ours.do("refresh")[1] for _ in range(bench.rounds)]
        requests = server.counts()[0] / bench.rounds
        each = [official.do("refresh_each", 1, 50)[1] / 50 for _ in range(bench.rounds)]
        refresh = Figure(f"to refresh {REFRESHED:,} jobs, at 20 ms", "s", tuple(walls))
        by_one = Figure("official, the same", "s", tuple(one * REFRESHED for one in each))
        yield refresh
        yield by_one
        yield refresh.ratio_to(by_one, "to refresh to official", 0.005)
        yield Figure("requests to refresh to official", "times", (requests / REFRESHED,), 0.01)
        for milliseconds, limit in ((20, 0.03), (100, 0.018)):
            server.set_latency(milliseconds / 1000)
            walls = [ours.do("submit", 1, SUBMITTED)[1] for _ in range(bench.rounds)]
            each = [official.do("submit_each", 1, 10)[1] / 10 for _ in range(bench.rounds)]
            submit = Figure(
                f"to submit {SUBMITTED:,} jobs, at {milliseconds} ms", "s", tuple(walls)
            )
            by_one = Figure("official, the same", "s", tuple(one * SUBMITTED for one in each))
            yield submit
            yield by_one
            yield submit.ratio_to(by_one, f"to submit to official, at {milliseconds} ms", limit)
        server.set_latency(0)
        server.counts()
        ours.do("wait")
        mine = Figure("received to wait for 10,000 tasks", "bytes", (server.counts()[1],))
        official.do("wait_polling")
        its = Figure("official, the same", "bytes", (server.counts()[1],))
        yield mine
        yield its
        yield mine.ratio_to(its, "to wait to official", 0.05)


def starting(options: Options) -> Iterator[Figure]:
    """A process that has just begun."""
    with ExitStack() as stack:
        bench = Bench(stack, options)
        first_job = (
            "from {0} import Connection; "
            f"Connection(cluster_url={bench.server.url!r}, client_token='t')"
            f".retrieve_job({uuid_of(6)!r})"
        )
        for name, program, limit in (
            ("import", "import {0}", 0.05),
            ("to the first job", first_job, 0.38),
        ):
            taken: list[tuple[float, float, float]] = []
            for _ in range(max(5, bench.rounds * 2)):
                nothing = _processor_time(OURS, "pass")
                mine = _processor_time(OURS, program.format("qarnot_domain"))
                its = _processor_time(OFFICIAL, program.format("qarnot"))
                taken.append((nothing, mine, its))
            # An import is what it adds to Python's own start; a process is all it takes.
            less = [nothing if name == "import" else 0.0 for nothing, _, _ in taken]
            ours = [1000 * (mine - own) for own, (_, mine, _) in zip(less, taken, strict=True)]
            official = [1000 * (its - own) for own, (_, _, its) in zip(less, taken, strict=True)]
            figure = Figure(name, "ms", tuple(ours))
            other = Figure(f"official, {name}", "ms", tuple(official))
            yield figure
            yield other
            yield figure.ratio_to(other, f"{name} to official", limit)


def _processor_time(python: Path, program: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {"PATH": os.defpath}
    subprocess.run([python, "-P", "-W", "ignore", "-c", program], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
