"""How large a pool should be: by its scaling policies, its elastic property or its own number.

A simplification. A size is taken on at once: what the service has to slow changes down, such as
`minIdleTimeSeconds`, `scalingFactor`, `resizePeriod` and `rampResizeFactor`, has no effect. A pool
that follows its queue has a slot for each instance of a task that waits or runs, and the idle
slots it asks for, within its bounds. These are guesses:

- a pool with policies of which none is active has no slots;
- an empty list of policies is as good as no scaling;
- a weekly period that ends no later than it starts goes on into the next day;
- a bound that is left out is 0, as the C# SDK has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from qarnot_domain.emulator._http import invalid
from qarnot_domain.emulator._shapes import Faults, fault
from qarnot_domain.emulator._small_shapes import WEEKDAYS
from qarnot_domain.emulator._store import Pool
from qarnot_domain.timespan import TimeSpan

MAX_INSTANCES: Final = 10_000
"""A pool gets no more instances than this, however many it asks for; a guess."""

_DAY: Final = timedelta(days=1)


def require_sensible(scaling: Mapping[str, Any], path: str) -> None:
    """Refuse policies that share a name, or whose bounds leave no number between them."""
    faults: Faults = {}
    names: set[str] = set()
    for index, policy in enumerate(scaling["policies"]):
        where = f"{path}[{index}]"
        if policy["name"] in names:
            fault(faults, where, f"another policy has the name {policy['name']!r}")
        names.add(policy["name"])
        least, most = policy.get("minTotalSlots"), policy.get("maxTotalSlots")
        if least is not None and most is not None and most < least:
            fault(faults, where, "maxTotalSlots is below minTotalSlots")
    if faults:
        raise invalid(faults)


def active_policy(pool: Pool, now: datetime) -> dict[str, Any] | None:
    """The first policy with a period that has come."""
    for policy in _policies(pool):
        if any(_holds(period, now) for period in policy["enabledPeriods"]):
            return policy
    return None


def next_change(pool: Pool, now: datetime) -> datetime | None:
    """When the next period starts or ends; `None` if none ever does."""
    moments = [
        moment
        for policy in _policies(pool)
        for period in policy["enabledPeriods"]
        for bounds in _occurrences(period, now)
        for moment in bounds
        if moment > now
    ]
    return min(moments, default=None)


def target_instances(pool: Pool, now: datetime) -> int:
    """How many instances a pool should have."""
    elastic: dict[str, Any] = pool.settings["elasticProperty"] or {}
    if _policies(pool):
        policy = active_policy(pool, now)
        slots = 0 if policy is None else _slots(policy, pool)
    elif elastic.get("isElastic"):
        slots = _slots_for_queue(elastic, pool)
    else:
        return min(pool.instance_count, MAX_INSTANCES)
    return min(-(-slots // pool.slots_per_node), MAX_INSTANCES)


def _policies(pool: Pool) -> list[dict[str, Any]]:
    scaling = pool.settings["scaling"]
    return [] if scaling is None else scaling["policies"]


def _slots(policy: Mapping[str, Any], pool: Pool) -> int:
    if policy["type"] == "Fixed":
        slots: int = policy["slotsCount"]
        return slots
    return _slots_for_queue(policy, pool)


def _slots_for_queue(bounds: Mapping[str, Any], pool: Pool) -> int:
    wanted = pool.queued_or_running_instances + (bounds["minIdleSlots"] or 0)
    return max(bounds["minTotalSlots"] or 0, min(wanted, bounds["maxTotalSlots"] or 0))


def _holds(period: Mapping[str, Any], now: datetime) -> bool:
    if period["type"] == "Always":
        return True
    return any(start <= now < end for start, end in _occurrences(period, now))


def _occurrences(period: Mapping[str, Any], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When a weekly period holds, from yesterday to a week ahead; one that always does, never."""
    if period["type"] == "Always":
        return
    start = TimeSpan(period["startTimeUtc"]).timedelta
    end = TimeSpan(period["endTimeUtc"]).timedelta
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for days in range(-1, 8):
        day = midnight + days * _DAY
        if WEEKDAYS[day.weekday()] in period["days"]:
            yield day + start, day + (end if end > start else end + _DAY)
