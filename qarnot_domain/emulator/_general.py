"""The operations about the service and the account."""

from __future__ import annotations

from typing import Any, Final

from qarnot_domain.emulator import _lifecycle, _quotas
from qarnot_domain.emulator._http import Refusal, Response, json_response
from qarnot_domain.emulator._machine import CORES_PER_INSTANCE
from qarnot_domain.emulator._router import VERSION_PREFIX, Call, Route
from qarnot_domain.emulator._store import Store

# Only known names are listed; tasks and pools accept any profile, as no source says otherwise.
PROFILES: Final[dict[str, tuple[str, ...]]] = {
    "docker-batch": ("DOCKER_REPO", "DOCKER_TAG", "DOCKER_CMD", "DOCKER_WORKDIR"),
    "docker-network": ("DOCKER_REPO", "DOCKER_TAG", "DOCKER_CMD", "DOCKER_WORKDIR"),
}
"""The profiles and the names of their constants."""


def retrieve_settings(_call: Call) -> Response:
    """No storage: clients then do not look for any."""
    return json_response({"storage": None})


def list_versions(_call: Call) -> Response:
    return json_response([{"version": VERSION_PREFIX, "endOfLife": None}])


def check_version(_call: Call) -> Response:
    """Empty: it only tells that the service and the token are good."""
    return Response()


def retrieve_user_info(call: Call) -> Response:
    return json_response(_user_info(call.store))


def list_profiles(_call: Call) -> Response:
    return json_response(list(PROFILES))


def retrieve_profile(call: Call) -> Response:
    name = call.parameters["name"]
    constants = PROFILES.get(name)
    if constants is None:
        raise Refusal(404, f"No such profile: {name}")
    return json_response(
        {
            "name": name,
            "constants": [{"name": c, "value": "", "description": ""} for c in constants],
            "licenses": [],
        }
    )


ROUTES: Final = (
    Route("retrieveSettings", "GET", "/settings", retrieve_settings, is_public=True),
    Route("listVersions", "GET", "/versions", list_versions, is_public=True),
    Route("checkVersion", "GET", f"/{VERSION_PREFIX}", check_version),
    Route("retrieveUserInfo", "GET", "/info", retrieve_user_info),
    Route("listProfiles", "GET", "/profiles", list_profiles),
    Route("retrieveProfile", "GET", "/profiles/{name}", retrieve_profile),
)


def _user_info(store: Store) -> dict[str, Any]:
    instances = _quotas.running_instances(store)
    return {
        "email": _quotas.EMAIL,
        "maxBucket": 0,
        "maxTask": store.limits.max_tasks,
        "taskCount": len(store.tasks),
        "maxJob": store.limits.max_jobs,
        "jobCount": len(store.jobs),
        "maxPool": store.limits.max_pools,
        "poolCount": len(store.pools),
        "maxRunningTask": store.limits.max_tasks,
        "maxRunningPool": store.limits.max_pools,
        "runningTaskCount": sum(_lifecycle.is_executing(task) for task in store.tasks),
        "runningPoolCount": sum(_lifecycle.is_executing(pool) for pool in store.pools),
        "runningInstanceCount": instances,
        "runningCoreCount": instances * CORES_PER_INSTANCE,
        "maxInstances": _quotas.MAX_INSTANCES,
        "maxCores": _quotas.MAX_CORES,
        "maxFlexInstances": _quotas.MAX_INSTANCES,
        "maxFlexCores": _quotas.MAX_CORES,
        "maxOnDemandInstances": _quotas.MAX_INSTANCES,
        "maxOnDemandCores": _quotas.MAX_CORES,
        "quotaBytes": 0,
        "quotaBytesBucket": 0,
        "usedQuotaBytesBucket": 0,
        "usedQuotaBytes": 0,
        "defaultScheduling": None,
        "defaultReservedSpecificationKey": None,
        "computingQuotas": {
            "user": _quotas.user_quotas(store),
            "organization": _quotas.organization_quotas(store),
        },
    }
