"""`make soak`: nothing lost, nothing doubled, no thread stuck, memory and sockets flat.

python -m tests.soak [--seconds S] [--threads N] [--share F] [--creates N] [--seed N]
"""
# ruff: noqa: T201 - a tool

from __future__ import annotations

import argparse
import faulthandler
import itertools
import random
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from qarnot_domain import Connection
from qarnot_domain._clock import SystemClock

from . import faults, gauges, work
from .cloud import Cloud, serving
from .ledger import Comparison, Ledger, compare

STUCK_AFTER: Final = 900.0
"""Seconds after which a thread that still runs counts as stuck."""
WARM_UP: Final = 0.1
"""The part of the whole after which memory and sockets must not grow any more."""
MOST_GROWTH: Final = 10.0
"""By how many MB the memory may grow all the same."""
LOST, REFUSED = 0.3, 0.2
"""The shares of creations that take effect unanswered, and that are refused."""
SHOWN: Final = 5


class Soak:
    """Threads that work until a bound, and what went wrong in them."""

    def __init__(self, cloud: Cloud, ledger: Ledger, *, threads: int, seed: int) -> None:
        self._ledger = ledger
        self._threads = threads
        self._chances = [random.Random(f"{seed}/{n}") for n in range(threads)]  # noqa: S311 - dice
        self._connection = Connection(
            cluster_url=cloud.url,
            client_token=cloud.token,
            cluster_timeout=10,
            retry_wait=0.01,
            retry_count=8,
        )
        self._numbers = itertools.count()
        self.rounds = 0
        self.crashes: list[str] = []
        self.stuck = False

    def run(self, step: work.Step, goes_on: Callable[[int], bool]) -> None:
        """Do a step in each thread, as long as it is told to go on with the next number."""
        threads = [
            threading.Thread(target=self._work, args=(step, goes_on, chance), daemon=True)
            for chance in self._chances
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(STUCK_AFTER)
        self.stuck = any(thread.is_alive() for thread in threads)
        if self.stuck:
            faulthandler.dump_traceback(all_threads=True)

    def close(self) -> None:
        self._connection.close()

    def _work(self, step: work.Step, goes_on: Callable[[int], bool], chance: random.Random) -> None:
        while goes_on(self.rounds):
            self.rounds += 1
            name = f"soak-{next(self._numbers)}"
            try:
                step(self._connection, self._ledger, chance, name)
            except Exception:  # noqa: BLE001 - each is a defect, and told
                self.crashes.append(traceback.format_exc())


def main() -> int:
    """The exit code is 0 when all agrees."""
    options = _options()
    room = ("--max-jobs", "1000000", "--max-tasks", "1000000")
    with tempfile.TemporaryDirectory() as folder, serving(*room) as cloud:
        ledger = Ledger(Path(folder) / "ledger.jsonl")
        soak = Soak(cloud, ledger, threads=options.threads, seed=options.seed)
        if options.creates:
            cloud.fail(faults.of_creation(LOST, REFUSED))
            warm = _run(soak, work.create, lambda part: _until_round(part * options.creates))
        else:
            cloud.fail(faults.of_everything(options.share))
            warm = _run(soak, work.live, lambda part: _for_seconds(part * options.seconds))
        end = gauges.read()
        _print_faults(cloud)
        cloud.heal()
        cloud.settle()
        soak.close()
        comparison = compare(ledger, cloud.everything("/jobs") + cloud.everything("/tasks"))
        ledger.close()
        print(f"the emulator at the end: {gauges.resident(cloud.pid):.1f} MB")
    print(f"{soak.rounds} rounds in {options.threads} threads")
    print(f"after the warm-up: {warm}\nat the end:        {end}")
    return _verdict(comparison, soak, grew=end.memory - warm.memory)


def _run(
    soak: Soak, step: work.Step, bound: Callable[[float], Callable[[int], bool]]
) -> gauges.Gauges:
    """Work until the bound; the gauges as they were after a tenth of it."""
    soak.run(step, bound(WARM_UP))
    warm = gauges.read()
    if not soak.stuck:
        soak.run(step, bound(1.0))
    return warm


def _until_round(last: float) -> Callable[[int], bool]:
    return lambda rounds: rounds < last


def _for_seconds(seconds: float) -> Callable[[int], bool]:
    clock = SystemClock()
    ends = clock.monotonic() + seconds
    return lambda _rounds: clock.monotonic() < ends


def _print_faults(cloud: Cloud) -> None:
    for fault in cloud.faults():
        given = {name: value for name, value in fault["rule"].items() if value}
        print(f"{len(fault['met']):6} of {fault['calls']} requests met {given}")


def _verdict(comparison: Comparison, soak: Soak, *, grew: float) -> int:
    for name, count in sorted(comparison.counts.items()):
        print(f"{count:6} {name}")
    for text in (*comparison.wrong[:SHOWN], *soak.crashes[:SHOWN]):
        print(text)
    failures = {
        "lost, doubled or unheard of": len(comparison.wrong),
        "errors that are not the library's": len(soak.crashes),
        "threads stuck": soak.stuck,
        f"memory grew by {MOST_GROWTH:.0f} MB or more": grew >= MOST_GROWTH,
    }
    print("; ".join(f"{name}: {int(count)}" for name, count in failures.items()))
    return 1 if any(failures.values()) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long; default 60")
    parser.add_argument("--threads", type=int, default=8, help="how many; default 8")
    parser.add_argument("--share", type=float, default=0.05, help="of requests that fail; 0.05")
    parser.add_argument("--creates", type=int, help="only create so many jobs, answers often lost")
    parser.add_argument("--seed", type=int, default=0, help="where chance comes from")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
