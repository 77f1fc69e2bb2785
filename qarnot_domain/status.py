"""How a task or pool goes, as the server reports it (schemas `ExecutionStatus`, `TaskError`, …).

Times in seconds and rates are numbers as the API gives them; a member that the API did not give is
`None`, or an empty tuple where several are meant. Names are those of the official SDK.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from . import _codecs as codecs
from ._codecs import INTEGER_SAID, NUMBER_SAID, SPAN_SAID, TEXT_SAID
from ._values import Value, all_said, member, said
from .timespan import TimeSpan

_TEXTS: Final = all_said(TEXT_SAID)


class TaskError(Value):
    """Why a task, a pool, or one of its instances, failed (schema `TaskError`)."""

    code: str | None = member(TEXT_SAID, default=None)
    message: str | None = member(TEXT_SAID, default=None)
    debug: str | None = member(TEXT_SAID, default=None)


_ERROR: Final = said(TaskError)

ERRORS: Final = codecs.all_reported(_ERROR)
"""The errors of a task or pool."""


class CompletedInstance(Value):
    """An instance of a task that has ended (schema `CompletedInstance`)."""

    instance_id: int | None = member(INTEGER_SAID, default=None)
    state: str | None = member(TEXT_SAID, default=None)
    """`success` or `failure`, as the API writes it."""
    wall_time_sec: float | None = member(NUMBER_SAID, default=None)
    exec_time_sec: float | None = member(NUMBER_SAID, default=None)
    exec_time_sec_ghz: float | None = member(NUMBER_SAID, default=None, wire="execTimeSecGHz")
    peak_memory_mb: float | None = member(NUMBER_SAID, default=None, wire="peakMemoryMB")
    average_ghz: float | None = member(NUMBER_SAID, default=None, wire="averageGHz")
    results: Sequence[str] = member(_TEXTS, default=())
    """The names of the files it produced."""
    error: TaskError | None = member(_ERROR, default=None)
    specification_key: str | None = member(TEXT_SAID, default=None)
    cpu_model: str | None = member(TEXT_SAID, default=None)
    core_count: int | None = member(INTEGER_SAID, default=None)
    clock_ratio: float | None = member(NUMBER_SAID, default=None)
    execution_attempt_count: int | None = member(INTEGER_SAID, default=None)


class ClusterInfo(Value):
    """The cluster that runs a task (schema `ClusterInfo`)."""

    cluster_cores_count: int | None = member(INTEGER_SAID, default=None)


COMPLETED_INSTANCES: Final = codecs.all_reported(said(CompletedInstance))
"""The instances of a task that have ended."""


class ExecutionTimeByCpuModel(Value):
    """Seconds executed on one model of processor."""

    model: str | None = member(TEXT_SAID, default=None)
    time: float | None = member(NUMBER_SAID, default=None)
    core: int | None = member(INTEGER_SAID, default=None)


class ExecutionTimeGhzByCpuModel(Value):
    """GHz-seconds executed on one model of processor."""

    model: str | None = member(TEXT_SAID, default=None)
    time_ghz: float | None = member(NUMBER_SAID, default=None)
    clock_ratio: float | None = member(NUMBER_SAID, default=None)
    core: int | None = member(INTEGER_SAID, default=None)


class ExecutionTimeByMachineSpecification(Value):
    """Seconds executed on one specification of machine."""

    specification_key: str | None = member(TEXT_SAID, default=None)
    time: float | None = member(NUMBER_SAID, default=None)


class ExecutionTimeBySiteAndMachine(Value):
    """Seconds executed on one specification of machine at one site."""

    site_uuid: str | None = member(TEXT_SAID, default=None)
    specification_key: str | None = member(TEXT_SAID, default=None)
    time: float | None = member(NUMBER_SAID, default=None)


class ExecutionTimeByInstanceId(Value):
    """Seconds executed by one instance."""

    instance_id: int | None = member(INTEGER_SAID, default=None)
    specification_key: str | None = member(TEXT_SAID, default=None)
    site_uuid: str | None = member(TEXT_SAID, default=None)
    time: float | None = member(NUMBER_SAID, default=None)
    time_ghz: float | None = member(NUMBER_SAID, default=None)
    clock_ratio: float | None = member(NUMBER_SAID, default=None)


class RunningCoreCountByCpuModel(Value):
    """How many cores run on one model of processor."""

    model: str | None = member(TEXT_SAID, default=None)
    core: int | None = member(INTEGER_SAID, default=None)
    running_core_count: int | None = member(INTEGER_SAID, default=None)


class TaskActiveForward(Value):
    """A port of an instance that can be reached from outside."""

    application_port: int | None = member(INTEGER_SAID, default=None)
    forwarder_port: int | None = member(INTEGER_SAID, default=None)
    forwarder_host: str | None = member(TEXT_SAID, default=None)
    bind_address: str | None = member(TEXT_SAID, default=None)


class TaskVpnConnection(Value):
    """A private network that an instance is in."""

    vpn_name: str | None = member(TEXT_SAID, default=None)
    node_ip_address_cidr: str | None = member(TEXT_SAID, default=None, wire="nodeIPAddressCidr")


class PerRunningInstanceInfo(Value):
    """An instance that runs."""

    phase: str | None = member(TEXT_SAID, default=None)
    """`download`, `dispatch`, `environment`, `execution`, `shutdown` or `upload`."""
    instance_id: int | None = member(INTEGER_SAID, default=None)
    max_frequency_ghz: float | None = member(NUMBER_SAID, default=None, wire="maxFrequencyGHz")
    current_frequency_ghz: float | None = member(
        NUMBER_SAID, default=None, wire="currentFrequencyGHz"
    )
    cpu_usage: float | None = member(NUMBER_SAID, default=None)
    """In percent."""
    max_memory_mb: float | None = member(NUMBER_SAID, default=None, wire="maxMemoryMB")
    current_memory_mb: float | None = member(NUMBER_SAID, default=None, wire="currentMemoryMB")
    memory_usage: float | None = member(NUMBER_SAID, default=None)
    """0 to 1."""
    network_in_kbps: float | None = member(NUMBER_SAID, default=None)
    network_out_kbps: float | None = member(NUMBER_SAID, default=None)
    progress: float | None = member(NUMBER_SAID, default=None)
    """In percent."""
    execution_time_sec: float | None = member(NUMBER_SAID, default=None)
    execution_time_ghz: float | None = member(NUMBER_SAID, default=None, wire="executionTimeGHz")
    specification_key: str | None = member(TEXT_SAID, default=None)
    cpu_model: str | None = member(TEXT_SAID, default=None)
    core_count: int | None = member(INTEGER_SAID, default=None)
    execution_attempt_count: int | None = member(INTEGER_SAID, default=None)
    clock_ratio: float | None = member(NUMBER_SAID, default=None)
    active_forward: Sequence[TaskActiveForward] = member(
        all_said(said(TaskActiveForward)),
        default=(),
        wire="activeForwards",
    )
    vpn_connections: Sequence[TaskVpnConnection] = member(
        all_said(said(TaskVpnConnection)), default=()
    )


class RunningInstancesInfo(Value):
    """The instances that run, one by one and all together."""

    per_running_instance_info: Sequence[PerRunningInstanceInfo] = member(
        all_said(said(PerRunningInstanceInfo)),
        default=(),
    )
    snapshot_results: Sequence[str] = member(_TEXTS, default=())
    timestamp: datetime | None = member(codecs.DATE, default=None)
    average_frequency_ghz: float | None = member(
        NUMBER_SAID, default=None, wire="averageFrequencyGHz"
    )
    max_frequency_ghz: float | None = member(NUMBER_SAID, default=None, wire="maxFrequencyGHz")
    min_frequency_ghz: float | None = member(NUMBER_SAID, default=None, wire="minFrequencyGHz")
    average_max_frequency_ghz: float | None = member(
        NUMBER_SAID, default=None, wire="averageMaxFrequencyGHz"
    )
    average_cpu_usage: float | None = member(NUMBER_SAID, default=None)
    cluster_power_indicator: float | None = member(NUMBER_SAID, default=None)
    average_memory_usage: float | None = member(NUMBER_SAID, default=None)
    average_network_in_kbps: float | None = member(NUMBER_SAID, default=None)
    average_network_out_kbps: float | None = member(NUMBER_SAID, default=None)
    total_network_in_kbps: float | None = member(NUMBER_SAID, default=None)
    total_network_out_kbps: float | None = member(NUMBER_SAID, default=None)
    running_core_count_by_cpu_model: Sequence[RunningCoreCountByCpuModel] = member(
        all_said(said(RunningCoreCountByCpuModel)),
        default=(),
    )


class Status(Value):
    """How far the instances of a task or pool are (schema `ExecutionStatus`).

    Progress is in percent; ranges are texts like `0-2,4-5,17`; `…_time` are `TimeSpan`s and
    `…_time_sec` the same in seconds.
    """

    timestamp: datetime | None = member(codecs.DATE, default=None)
    last_update_timestamp: datetime | None = member(codecs.DATE, default=None)
    download_progress: float | None = member(NUMBER_SAID, default=None)
    execution_progress: float | None = member(NUMBER_SAID, default=None)
    upload_progress: float | None = member(NUMBER_SAID, default=None)
    instance_count: int | None = member(INTEGER_SAID, default=None)
    download_time: TimeSpan | None = member(SPAN_SAID, default=None)
    download_time_sec: float | None = member(NUMBER_SAID, default=None)
    environment_time: TimeSpan | None = member(SPAN_SAID, default=None)
    environment_time_sec: float | None = member(NUMBER_SAID, default=None)
    execution_time: TimeSpan | None = member(SPAN_SAID, default=None)
    execution_time_sec: float | None = member(NUMBER_SAID, default=None)
    upload_time: TimeSpan | None = member(SPAN_SAID, default=None)
    upload_time_sec: float | None = member(NUMBER_SAID, default=None)
    wall_time: TimeSpan | None = member(SPAN_SAID, default=None)
    wall_time_sec: float | None = member(NUMBER_SAID, default=None)
    succeeded_range: str | None = member(TEXT_SAID, default=None)
    executed_range: str | None = member(TEXT_SAID, default=None)
    failed_range: str | None = member(TEXT_SAID, default=None)
    cancelled_range: str | None = member(TEXT_SAID, default=None)
    failed_only_range: str | None = member(TEXT_SAID, default=None)
    started_once_range: str | None = member(TEXT_SAID, default=None)
    execution_time_by_cpu_model: Sequence[ExecutionTimeByCpuModel] = member(
        all_said(said(ExecutionTimeByCpuModel)),
        default=(),
    )
    execution_time_ghz_by_cpu_model: Sequence[ExecutionTimeGhzByCpuModel] = member(
        all_said(said(ExecutionTimeGhzByCpuModel)),
        default=(),
    )
    execution_time_by_machine_specification: Sequence[ExecutionTimeByMachineSpecification] = member(
        all_said(said(ExecutionTimeByMachineSpecification)),
        default=(),
    )
    execution_time_by_site_and_machine: Sequence[ExecutionTimeBySiteAndMachine] = member(
        all_said(said(ExecutionTimeBySiteAndMachine)),
        default=(),
    )
    execution_time_by_instance_id: Sequence[ExecutionTimeByInstanceId] = member(
        all_said(said(ExecutionTimeByInstanceId)),
        default=(),
    )
    running_instances_info: RunningInstancesInfo | None = member(
        said(RunningInstancesInfo), default=None
    )


STATUS: Final = codecs.reported(said(Status))
"""The status of a task or pool."""

CLUSTER_INFO: Final = codecs.reported(said(ClusterInfo))
"""The cluster of a task."""
