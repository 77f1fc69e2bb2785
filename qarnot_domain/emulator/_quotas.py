"""What the account may run at once by scheduling type, and how much of that it runs.

An instance counts where it takes a machine: one of a task outside pools, or one of a pool, whatever
runs in there. A reservation is known by what is sent to it, as any name is accepted for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from qarnot_domain.emulator import _scaling, _task_view
from qarnot_domain.emulator._http import Refusal, Response, json_response
from qarnot_domain.emulator._machine import CORES_PER_INSTANCE
from qarnot_domain.emulator._router import Call, Route
from qarnot_domain.emulator._store import Store

EMAIL: Final = "emulator@localhost.invalid"

MAX_INSTANCES: Final = _scaling.MAX_INSTANCES
"""What the quota of each scheduling type is said to be; it holds nothing back."""
MAX_CORES: Final = MAX_INSTANCES * CORES_PER_INSTANCE


class _Place(NamedTuple):
    """What an instance runs on."""

    scheduling_type: str
    machine_key: str | None = None
    reservation_name: str | None = None


def running_instances(store: Store) -> int:
    """How many instances run, of any scheduling type."""
    return _instances_by_place(store).total()


def user_quotas(store: Store) -> dict[str, Any]:
    """The quotas of the user."""
    return _quotas(store, _quota)


def organization_quotas(store: Store) -> dict[str, Any] | None:
    """The quotas of the user's organization, if there is one."""
    if store.organization is None:
        return None
    return {"name": store.organization, **_quotas(store, _quota)}


def retrieve_user_quotas(call: Call) -> Response:
    return json_response(user_quotas(call.store))


def retrieve_organization_quotas(call: Call) -> Response:
    if call.store.organization is None:
        raise Refusal(404, "The user belongs to no organization")
    return json_response(_quotas(call.store, _detailed_quota))


ROUTES: Final = (
    Route(
        "retrieveUserComputingQuotas",
        "GET",
        "/quotas/computing-quotas/user",
        retrieve_user_quotas,
    ),
    Route(
        "retrieveOrganizationComputingQuotas",
        "GET",
        "/quotas/computing-quotas/organization",
        retrieve_organization_quotas,
    ),
)


def _instances_by_place(store: Store) -> Counter[_Place]:
    counts: Counter[_Place] = Counter()
    for task in store.tasks:
        if task.pool_uuid is None:
            counts[_place(task.settings)] += _task_view.running_instances(task)
    for pool in store.pools:
        counts[_place(pool.settings)] += pool.running_instances
    return +counts


def _place(settings: dict[str, Any]) -> _Place:
    scheduling_type = settings["schedulingType"] or "flex"
    if scheduling_type != "reserved":
        return _Place(scheduling_type)
    machine, reservation = (
        settings["targetedReservedMachineKey"],
        settings["targetedReservationName"],
    )
    return _Place(scheduling_type, machine, reservation)


def _quotas(store: Store, describe: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    counts = _instances_by_place(store)
    return {
        "flex": describe(counts[_Place("flex")]),
        "onDemand": describe(counts[_Place("onDemand")]),
        "reserved": [
            {
                "machineKey": place.machine_key,
                "reservationName": place.reservation_name,
                **describe(count),
            }
            for place, count in counts.items()
            if place.scheduling_type == "reserved"
        ],
    }


def _quota(instances: int) -> dict[str, Any]:
    return {"maxInstances": MAX_INSTANCES, "maxCores": MAX_CORES, **_running(instances)}


def _detailed_quota(instances: int) -> dict[str, Any]:
    """A quota of the organization, in which nobody else runs anything."""
    users = {EMAIL: _running(instances)} if instances else {}
    return {**_quota(instances), "runningCountsPerUser": users}


def _running(instances: int) -> dict[str, int]:
    return {
        "runningInstancesCount": instances,
        "runningCoresCount": instances * CORES_PER_INSTANCE,
    }
