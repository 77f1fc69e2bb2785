"""Batches of compute jobs on Qarnot's cloud, from Python. Independent and unofficial.

>>> import qarnot_domain
>>> connection = qarnot_domain.Connection(client_token="…")  # doctest: +SKIP
>>> job = connection.create_job("first")  # doctest: +SKIP
>>> job.submit()  # doctest: +SKIP
"""

from ._version import __version__

# As `typing` has it, which takes as long to import as all that is here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._listing import (
        OffsetPage,
        Page,
    )
    from .account import (
        ComputingQuotas,
        DetailedReservedSchedulingQuota,
        DetailedSchedulingQuota,
        OrganizationComputingQuotas,
        OrganizationComputingQuotasDetails,
        Profile,
        ProfileConstant,
        ProfileLicense,
        Project,
        ReservedSchedulingQuota,
        RunningCounts,
        SchedulingQuota,
        UserComputingQuotas,
        UserInfo,
    )
    from .bucket import (
        BucketPrefixFiltering,
        Filtering,
        PrefixResourcesTransformation,
        ResourcesBucket,
        ResourcesTransformation,
    )
    from .connection import Connection
    from .dependency import (
        AdvancedDependency,
        DependencyState,
        TaskDependencies,
        TaskFinalState,
    )
    from .exceptions import (
        Attempt,
        BulkSubmissionException,
        ConflictException,
        ConnectionFailedException,
        InvalidRequestException,
        MalformedResponseException,
        MaxJobException,
        MaxPoolException,
        MaxTaskException,
        MissingBucketException,
        MissingJobException,
        MissingPoolException,
        MissingPoolInstanceException,
        MissingProfileException,
        MissingTaskException,
        MissingTaskInstanceException,
        NotEnoughCreditsException,
        QarnotException,
        QarnotGenericException,
        ServerException,
        SubmissionUnknownException,
        TimeoutException,
        TooManyRequestsException,
        UnauthorizedException,
    )
    from .execution_settings import (
        ForcedConstant,
        ForcedConstantAccess,
        ForcedNetworkRule,
        MultiSlotsSettings,
        Privileges,
        RetrySettings,
        SchedulingType,
        SecretAccessRightByPrefix,
        SecretAccessRightBySecret,
        SecretsAccessRights,
    )
    from .filters import (
        Condition,
        JobFields,
        PoolFields,
        TaskFields,
    )
    from .hardware_constraint import (
        CpuModelHardware,
        GpuHardware,
        HardwareConstraint,
        MaximumCoreHardware,
        MaximumRamCoreRatioHardware,
        MaximumRamHardware,
        MinimumCoreHardware,
        MinimumRamCoreRatioHardware,
        MinimumRamHardware,
        NoGpuHardware,
        NoSSDHardware,
        SpecificHardware,
        SSDHardware,
    )
    from .job import Job
    from .pool import Pool
    from .scaling import (
        DayOfWeek,
        ElasticProperty,
        FixedScalingPolicy,
        ManagedTasksQueueScalingPolicy,
        Scaling,
        ScalingPolicy,
        TimePeriodAlways,
        TimePeriodSpecification,
        TimePeriodWeeklyRecurring,
    )
    from .states import JobState, PoolState, TaskState
    from .status import (
        CompletedInstance,
        ExecutionTimeByCpuModel,
        ExecutionTimeByInstanceId,
        ExecutionTimeByMachineSpecification,
        ExecutionTimeBySiteAndMachine,
        ExecutionTimeGhzByCpuModel,
        PerRunningInstanceInfo,
        RunningCoreCountByCpuModel,
        RunningInstancesInfo,
        Status,
        TaskActiveForward,
        TaskError,
        TaskVpnConnection,
    )
    from .task import Task
    from .timespan import TimeSpan

__all__ = [
    "AdvancedDependency",
    "Attempt",
    "BucketPrefixFiltering",
    "BulkSubmissionException",
    "CompletedInstance",
    "ComputingQuotas",
    "Condition",
    "ConflictException",
    "Connection",
    "ConnectionFailedException",
    "CpuModelHardware",
    "DayOfWeek",
    "DependencyState",
    "DetailedReservedSchedulingQuota",
    "DetailedSchedulingQuota",
    "ElasticProperty",
    "ExecutionTimeByCpuModel",
    "ExecutionTimeByInstanceId",
    "ExecutionTimeByMachineSpecification",
    "ExecutionTimeBySiteAndMachine",
    "ExecutionTimeGhzByCpuModel",
    "Filtering",
    "FixedScalingPolicy",
    "ForcedConstant",
    "ForcedConstantAccess",
    "ForcedNetworkRule",
    "GpuHardware",
    "HardwareConstraint",
    "InvalidRequestException",
    "Job",
    "JobFields",
    "JobState",
    "MalformedResponseException",
    "ManagedTasksQueueScalingPolicy",
    "MaxJobException",
    "MaxPoolException",
    "MaxTaskException",
    "MaximumCoreHardware",
    "MaximumRamCoreRatioHardware",
    "MaximumRamHardware",
    "MinimumCoreHardware",
    "MinimumRamCoreRatioHardware",
    "MinimumRamHardware",
    "MissingBucketException",
    "MissingJobException",
    "MissingPoolException",
    "MissingPoolInstanceException",
    "MissingProfileException",
    "MissingTaskException",
    "MissingTaskInstanceException",
    "MultiSlotsSettings",
    "NoGpuHardware",
    "NoSSDHardware",
    "NotEnoughCreditsException",
    "OffsetPage",
    "OrganizationComputingQuotas",
    "OrganizationComputingQuotasDetails",
    "Page",
    "PerRunningInstanceInfo",
    "Pool",
    "PoolFields",
    "PoolState",
    "PrefixResourcesTransformation",
    "Privileges",
    "Profile",
    "ProfileConstant",
    "ProfileLicense",
    "Project",
    "QarnotException",
    "QarnotGenericException",
    "ReservedSchedulingQuota",
    "ResourcesBucket",
    "ResourcesTransformation",
    "RetrySettings",
    "RunningCoreCountByCpuModel",
    "RunningCounts",
    "RunningInstancesInfo",
    "SSDHardware",
    "Scaling",
    "ScalingPolicy",
    "SchedulingQuota",
    "SchedulingType",
    "SecretAccessRightByPrefix",
    "SecretAccessRightBySecret",
    "SecretsAccessRights",
    "ServerException",
    "SpecificHardware",
    "Status",
    "SubmissionUnknownException",
    "Task",
    "TaskActiveForward",
    "TaskDependencies",
    "TaskError",
    "TaskFields",
    "TaskFinalState",
    "TaskState",
    "TaskVpnConnection",
    "TimePeriodAlways",
    "TimePeriodSpecification",
    "TimePeriodWeeklyRecurring",
    "TimeSpan",
    "TimeoutException",
    "TooManyRequestsException",
    "UnauthorizedException",
    "UserComputingQuotas",
    "UserInfo",
    "__version__",
]

_HOMES = {
    "_listing": "OffsetPage Page",
    "account": (
        "ComputingQuotas DetailedReservedSchedulingQuota DetailedSchedulingQuota "
        "OrganizationComputingQuotas OrganizationComputingQuotasDetails Profile "
        "ProfileConstant ProfileLicense Project ReservedSchedulingQuota RunningCounts "
        "SchedulingQuota UserComputingQuotas UserInfo"
    ),
    "bucket": (
        "BucketPrefixFiltering Filtering PrefixResourcesTransformation ResourcesBucket "
        "ResourcesTransformation"
    ),
    "config": "",
    "connection": "Connection",
    "dependency": "AdvancedDependency DependencyState TaskDependencies TaskFinalState",
    "exceptions": (
        "Attempt BulkSubmissionException ConflictException ConnectionFailedException "
        "InvalidRequestException MalformedResponseException MaxJobException MaxPoolException "
        "MaxTaskException MissingBucketException MissingJobException MissingPoolException "
        "MissingPoolInstanceException MissingProfileException MissingTaskException "
        "MissingTaskInstanceException NotEnoughCreditsException QarnotException "
        "QarnotGenericException ServerException SubmissionUnknownException TimeoutException "
        "TooManyRequestsException UnauthorizedException"
    ),
    "execution_settings": (
        "ForcedConstant ForcedConstantAccess ForcedNetworkRule MultiSlotsSettings Privileges "
        "RetrySettings SchedulingType SecretAccessRightByPrefix SecretAccessRightBySecret "
        "SecretsAccessRights"
    ),
    "filters": "Condition JobFields PoolFields TaskFields",
    "hardware_constraint": (
        "CpuModelHardware GpuHardware HardwareConstraint MaximumCoreHardware "
        "MaximumRamCoreRatioHardware MaximumRamHardware MinimumCoreHardware "
        "MinimumRamCoreRatioHardware MinimumRamHardware NoGpuHardware NoSSDHardware "
        "SpecificHardware SSDHardware"
    ),
    "job": "Job",
    "pool": "Pool",
    "scaling": (
        "DayOfWeek ElasticProperty FixedScalingPolicy ManagedTasksQueueScalingPolicy Scaling "
        "ScalingPolicy TimePeriodAlways TimePeriodSpecification TimePeriodWeeklyRecurring"
    ),
    "states": "JobState PoolState TaskState",
    "status": (
        "CompletedInstance ExecutionTimeByCpuModel ExecutionTimeByInstanceId "
        "ExecutionTimeByMachineSpecification ExecutionTimeBySiteAndMachine "
        "ExecutionTimeGhzByCpuModel PerRunningInstanceInfo RunningCoreCountByCpuModel "
        "RunningInstancesInfo Status TaskActiveForward TaskError TaskVpnConnection"
    ),
    "task": "Task",
    "timespan": "TimeSpan",
}
"""Which names come from which module: each is imported when it is first asked for."""

_MODULES = {name: module for module, names in _HOMES.items() for name in names.split()}


if not TYPE_CHECKING:  # To a type checker, it would give the package names of any spelling.

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in _MODULES:
            value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        elif name in _HOMES and not name.startswith("_"):
            value = import_module(f".{name}", __name__)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
