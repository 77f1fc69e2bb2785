"""The operations of the document that are not emulated yet: they answer 501."""

from __future__ import annotations

from typing import Final

from qarnot_domain.emulator._http import Refusal, Response
from qarnot_domain.emulator._router import Call, Route


def refuse(call: Call) -> Response:
    """Say so, rather than 404, which a client would take for an answer of the service."""
    raise Refusal(501, f"{call.request.method} {call.request.path} is not emulated yet")


_PENDING: Final = (
    ("listHardwareConstraints", "GET", "/hardware-constraints"),
    ("searchCpuModelConstraints", "GET", "/hardware-constraints/cpu-model-constraints/search"),
    ("retrieveUserComputingQuotas", "GET", "/quotas/computing-quotas/user"),
    ("retrieveOrganizationComputingQuotas", "GET", "/quotas/computing-quotas/organization"),
    ("resyncTask", "PATCH", "/tasks/{uuid}"),
    ("retrieveTaskInstanceStdout", "GET", "/tasks/{uuid}/stdout/{instanceId}"),
    ("consumeTaskInstanceStdout", "POST", "/tasks/{uuid}/stdout/{instanceId}"),
    ("retrieveTaskInstanceStderr", "GET", "/tasks/{uuid}/stderr/{instanceId}"),
    ("consumeTaskInstanceStderr", "POST", "/tasks/{uuid}/stderr/{instanceId}"),
    ("createTaskSnapshot", "POST", "/tasks/{uuid}/snapshot"),
    ("retrieveTaskSnapshot", "GET", "/tasks/{uuid}/snapshot/{snapshotId}"),
    ("createTaskPeriodicSnapshot", "POST", "/tasks/{uuid}/snapshot/periodic"),
    ("retryTask", "POST", "/tasks/{uuid}/retry"),
    ("recoverTask", "POST", "/tasks/{uuid}/recover"),
    ("resumeTask", "POST", "/tasks/{uuid}/resume"),
    ("cloneTask", "POST", "/tasks/{uuid}/clone"),
    ("restartTask", "POST", "/tasks/{uuid}/restart"),
    ("listPoolSummaries", "GET", "/pools/summaries"),
    ("updatePool", "PUT", "/pools/{uuid}"),
    ("resyncPool", "PATCH", "/pools/{uuid}"),
    ("listPoolJobs", "GET", "/pools/{uuid}/jobs"),
    ("listPoolTasks", "GET", "/pools/{uuid}/tasks"),
    ("retrievePoolStdout", "GET", "/pools/{uuid}/stdout"),
    ("consumePoolStdout", "POST", "/pools/{uuid}/stdout"),
    ("retrievePoolInstanceStdout", "GET", "/pools/{uuid}/stdout/{instanceId}"),
    ("consumePoolInstanceStdout", "POST", "/pools/{uuid}/stdout/{instanceId}"),
    ("retrievePoolStderr", "GET", "/pools/{uuid}/stderr"),
    ("consumePoolStderr", "POST", "/pools/{uuid}/stderr"),
    ("retrievePoolInstanceStderr", "GET", "/pools/{uuid}/stderr/{instanceId}"),
    ("consumePoolInstanceStderr", "POST", "/pools/{uuid}/stderr/{instanceId}"),
    ("retrievePoolScaling", "GET", "/pools/{uuid}/scaling"),
    ("updatePoolScaling", "PUT", "/pools/{uuid}/scaling"),
    ("checkPoolScaling", "POST", "/sanity-checks/pools/scaling"),
    ("searchPools", "POST", "/pools/search"),
    ("paginatePoolSummaries", "POST", "/pools/summaries/paginate"),
    ("clonePool", "POST", "/pools/{uuid}/clone"),
)

ROUTES: Final = tuple(
    Route(operation, method, template, refuse) for operation, method, template in _PENDING
)
