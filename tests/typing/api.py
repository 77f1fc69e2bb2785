"""What users may write against the public names, and the types that come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import assert_type

import qarnot_domain
from qarnot_domain import (
    AdvancedDependency,
    Attempt,
    BucketPrefixFiltering,
    BulkSubmissionException,
    CompletedInstance,
    ComputingQuotas,
    Condition,
    ConflictException,
    Connection,
    ConnectionFailedException,
    CpuModelHardware,
    DayOfWeek,
    DependencyState,
    DetailedReservedSchedulingQuota,
    DetailedSchedulingQuota,
    ElasticProperty,
    ExecutionTimeByCpuModel,
    ExecutionTimeByInstanceId,
    ExecutionTimeByMachineSpecification,
    ExecutionTimeBySiteAndMachine,
    ExecutionTimeGhzByCpuModel,
    Filtering,
    FixedScalingPolicy,
    ForcedConstant,
    ForcedConstantAccess,
    ForcedNetworkRule,
    GpuHardware,
    HardwareConstraint,
    InvalidRequestException,
    Job,
    JobFields,
    JobState,
    MalformedResponseException,
    ManagedTasksQueueScalingPolicy,
    MaximumCoreHardware,
    MaximumRamCoreRatioHardware,
    MaximumRamHardware,
    MaxJobException,
    MaxPoolException,
    MaxTaskException,
    MinimumCoreHardware,
    MinimumRamCoreRatioHardware,
    MinimumRamHardware,
    MissingBucketException,
    MissingJobException,
    MissingPoolException,
    MissingPoolInstanceException,
    MissingProfileException,
    MissingTaskException,
    MissingTaskInstanceException,
    MultiSlotsSettings,
    NoGpuHardware,
    NoSSDHardware,
    NotEnoughCreditsException,
    OffsetPage,
    OrganizationComputingQuotas,
    OrganizationComputingQuotasDetails,
    Page,
    PerRunningInstanceInfo,
    Pool,
    PoolFields,
    PoolState,
    PrefixResourcesTransformation,
    Privileges,
    Profile,
    ProfileConstant,
    ProfileLicense,
    Project,
    QarnotException,
    QarnotGenericException,
    ReservedSchedulingQuota,
    ResourcesBucket,
    ResourcesTransformation,
    RetrySettings,
    RunningCoreCountByCpuModel,
    RunningCounts,
    RunningInstancesInfo,
    Scaling,
    ScalingPolicy,
    SchedulingQuota,
    SchedulingType,
    SecretAccessRightByPrefix,
    SecretAccessRightBySecret,
    SecretsAccessRights,
    ServerException,
    SpecificHardware,
    SSDHardware,
    Status,
    SubmissionUnknownException,
    Task,
    TaskActiveForward,
    TaskDependencies,
    TaskError,
    TaskFields,
    TaskFinalState,
    TaskState,
    TaskVpnConnection,
    TimeoutException,
    TimePeriodAlways,
    TimePeriodSpecification,
    TimePeriodWeeklyRecurring,
    TimeSpan,
    TooManyRequestsException,
    UnauthorizedException,
    UserComputingQuotas,
    UserInfo,
)
from qarnot_domain.emulator import Emulator, Fault, ManualClock
from qarnot_domain.testing import qarnot_connection, qarnot_emulator

assert_type(qarnot_domain.__version__, str)


def connections() -> None:
    with Connection("qarnot.ini") as from_file:
        assert_type(from_file, Connection)
    connection = Connection(
        {"cluster_url": "https://api.qarnot.com"},
        client_token="t",
        cluster_timeout=timedelta(seconds=10),
        retry_count=3,
        retry_wait=0.5,
        deadline=60,
        client_shortnames=True,
        clock=ManualClock(),
    )
    assert_type(connection.jobs(tags=["a"], tags_intersect=("b",)), list[Job])
    assert_type(connection.all_jobs(), Iterator[Job])
    assert_type(connection.jobs_page(maximum=10), Page[Job])
    assert_type(connection.jobs_page().page_data, tuple[Job, ...])
    assert_type(connection.retrieve_job("uuid"), Job)
    assert_type(connection.tasks(), list[Task])
    assert_type(connection.all_tasks(), Iterator[Task])
    assert_type(connection.tasks_page(), Page[Task])
    assert_type(connection.retrieve_task("uuid"), Task)
    assert_type(connection.pools(), list[Pool])
    assert_type(connection.all_pools(), Iterator[Pool])
    assert_type(connection.pools_page(), Page[Pool])
    assert_type(connection.retrieve_pool("uuid"), Pool)
    Connection(cluster_timeout="10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def jobs(connection: Connection, pool: Pool) -> None:
    job = connection.create_job("name", pool, "shortname", True)
    assert_type(job, Job)
    assert_type(job.name, str)
    job.name = "other"
    job.name = 5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    assert_type(job.shortname, str | None)
    job.shortname = None
    assert_type(job.uuid, str | None)
    job.uuid = "uuid"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert_type(job.state, JobState)
    assert_type(job.state.is_final, bool)
    assert_type(JobState.ACTIVE, JobState)
    assert_type(job.previous_state, str | None)
    assert_type(job.use_dependencies, bool)
    job.use_dependencies = True
    job.max_wall_time = timedelta(hours=1)
    job.max_wall_time = "01:00:00"
    job.max_wall_time = None
    assert_type(job.completion_ttl, TimeSpan)
    job.completion_ttl = TimeSpan("1.00:00:00")
    assert_type(job.completion_ttl.timedelta, timedelta)
    assert_type(job.tags, list[str])
    job.tags = ("a", "b")
    assert_type(job.auto_delete, bool)
    job.auto_delete = True
    assert_type(job.creation_date, datetime | None)
    assert_type(job.last_modified, datetime | None)
    assert_type(job.state_transition_time, datetime | None)
    assert_type(job.previous_state_transition_time, datetime | None)
    assert_type(job.auto_update, bool)
    job.auto_update = False
    assert_type(job.update_cache_time, float)
    job.update_cache_time = timedelta(seconds=1)
    job.pool = pool
    job.pool = "uuid"
    job.pool = None
    assert_type(job.tasks, list[Task])
    job.submit()
    job.update(flushcache=True)
    job.terminate()
    job.delete(forceAbort=True)
    assert_type(job.wait(timeout=timedelta(minutes=1), progress=True), bool)
    assert_type(job.wait(progress=report), bool)
    assert_type(Job.from_json(connection, {"uuid": "u", "tags": ["t"]}), Job)
    assert_type(Job.from_json(connection, job.to_json()), Job)


def report(counts: Mapping[str, int]) -> None:
    print(counts)


def reading(job: Job) -> None:
    """What was set is not taken for what is read."""
    job.max_wall_time = timedelta(hours=1)
    assert_type(job.max_wall_time, TimeSpan | None)
    job.tags = ("a", "b")
    assert_type(job.tags, list[str])
    job.pool = "uuid"
    assert_type(job.pool, Pool | None)


def tasks(connection: Connection, job: Job, pool: Pool) -> None:
    task = connection.create_task("name", "profile", 4, None, job)
    assert_type(task, Task)
    Task(connection, "name", pool, "0-3,7")
    task.constants = {"DOCKER_CMD": "true"}
    task.constants["DOCKER_CMD"] = "true"
    assert_type(task.constants["DOCKER_CMD"], str)
    task.dependencies = [task, "uuid"]
    task.dependencies = [AdvancedDependency(task, [TaskFinalState.SUCCESS]), "uuid"]
    task.dependencies = None
    task.dependencies = 3  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    task.hardware_constraints = [MinimumCoreHardware(4), SSDHardware(), GpuHardware()]
    task.hardware_constraints = [
        MaximumCoreHardware(4),
        MinimumRamHardware(1024.0),
        MaximumRamHardware(2048),
        MinimumRamCoreRatioHardware(1),
        MaximumRamCoreRatioHardware(2),
        SpecificHardware("key"),
        CpuModelHardware("model"),
        NoGpuHardware(),
        NoSSDHardware(),
        HardwareConstraint.from_json({"discriminator": "New"}),
    ]
    task.retry_settings = RetrySettings(max_total_retries=3)
    task.privileges = Privileges(export_api_and_storage_credentials_in_environment=True)
    task.scheduling_type = SchedulingType.RESERVED
    task.scheduling_type = "flex"
    task.forced_constants = {"A": ForcedConstant("1", True, ForcedConstantAccess.READ_ONLY)}
    task.forced_network_rules = [ForcedNetworkRule(inbound=True, proto="tcp")]
    task.secrets_access_rights = SecretsAccessRights(
        [SecretAccessRightBySecret("key")], [SecretAccessRightByPrefix("prefix")]
    )
    task.resources = [
        "bucket",
        ResourcesBucket(
            "other",
            Filtering(BucketPrefixFiltering("a/")),
            ResourcesTransformation(PrefixResourcesTransformation("a/")),
            cache_ttl_sec=60,
        ),
    ]
    task.submit()
    task.commit()
    assert_type(task.run(job_timeout=timedelta(hours=1)), bool)
    assert_type(task.wait(60, progress=report), bool)
    assert_type(task.stdout(), str)
    assert_type(task.fresh_stderr(3), str)
    connection.submit_tasks([task])


def reading_tasks(task: Task) -> None:
    task.dependencies = ["uuid"]
    assert_type(task.errors, list[TaskError])
    assert_type(task.errors[0].message, str | None)
    assert_type(task.state, TaskState)
    assert_type(task.instancecount, int | None)
    assert_type(task.advanced_range, str | None)
    assert_type(task.job_uuid, str | None)
    assert_type(task.dependencies, TaskDependencies)
    assert_type(task.dependencies.depends_on, tuple[str, ...])
    assert_type(task.dependencies.state, DependencyState | None)
    assert_type(task.dependencies.advanced_depends_on[0].task_uuid, str | None)
    assert_type(task.hardware_constraints, list[HardwareConstraint])
    assert_type(task.retry_settings, RetrySettings | None)
    assert_type(task.scheduling_type, SchedulingType | None)
    assert_type(task.completed_instances, list[CompletedInstance])
    assert_type(task.progress, float | None)
    assert_type(task.execution_time, TimeSpan | None)
    status = task.status
    assert_type(status, Status | None)
    if status is not None:
        assert_type(status.execution_progress, float | None)
        assert_type(status.execution_time_by_cpu_model, Sequence[ExecutionTimeByCpuModel])
        assert_type(status.execution_time_ghz_by_cpu_model, Sequence[ExecutionTimeGhzByCpuModel])
        assert_type(
            status.execution_time_by_machine_specification,
            Sequence[ExecutionTimeByMachineSpecification],
        )
        assert_type(
            status.execution_time_by_site_and_machine, Sequence[ExecutionTimeBySiteAndMachine]
        )
        assert_type(status.execution_time_by_instance_id, Sequence[ExecutionTimeByInstanceId])
        assert_type(status.running_instances_info, RunningInstancesInfo | None)


def running(info: RunningInstancesInfo) -> None:
    assert_type(info.per_running_instance_info, Sequence[PerRunningInstanceInfo])
    assert_type(info.running_core_count_by_cpu_model, Sequence[RunningCoreCountByCpuModel])
    first = info.per_running_instance_info[0]
    assert_type(first.active_forward, Sequence[TaskActiveForward])
    assert_type(first.vpn_connections, Sequence[TaskVpnConnection])


def pools(connection: Connection) -> None:
    pool = connection.create_pool("name", "profile", 2, "shortname")
    assert_type(pool, Pool)
    assert_type(pool.state, PoolState)
    always = [TimePeriodAlways("always")]
    nights = TimePeriodWeeklyRecurring([DayOfWeek.MONDAY, "friday"], time(19, 30), "23:59:59")
    pool.scaling = Scaling(
        [
            ManagedTasksQueueScalingPolicy("nights", [nights], 0, 10),
            FixedScalingPolicy(2, "otherwise", always),
        ]
    )
    pool.elastic_property = ElasticProperty(is_elastic=True, max_total_slots=4)
    pool.multi_slots_settings = MultiSlotsSettings(2)
    pool.commit()
    pool.close()
    assert_type(connection.create_elastic_pool("name", "profile", 1, 4), Pool)


def reading_pools(pool: Pool, period: TimePeriodSpecification) -> None:
    print(period.to_json())
    scaling = pool.scaling
    assert_type(scaling, Scaling | None)
    if scaling is not None:
        assert_type(scaling.policies, Sequence[ScalingPolicy])
        assert_type(scaling.active_policy_name, str | None)
    assert_type(pool.is_elastic, bool)
    assert_type(pool.elastic_maximum_slots, int)
    assert_type(pool.jobs, list[Job])
    assert_type(pool.tasks, list[Task])


def finding(connection: Connection, job: Job) -> None:
    where = (JobFields.state == JobState.ACTIVE) & JobFields.name.matches("^sweep-")
    assert_type(where, Condition[JobFields])
    assert_type(connection.jobs(where=where, order_by="-creation_date"), list[Job])
    finals = TaskFields.state.is_in([TaskState.SUCCESS, TaskState.FAILURE])
    of_job = finals | (TaskFields.creation_date >= datetime(2026, 1, 1, tzinfo=UTC))
    assert_type(connection.tasks(summary=False, where=of_job), list[Task])
    assert_type(connection.pools(where=PoolFields.tags.any_of("a", "b")), list[Pool])
    connection.tasks(where=where)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    where & of_job  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
    assert_type(connection.refresh([job]), list[Job | Task | Pool])


def account(connection: Connection) -> None:
    info = connection.user_info
    assert_type(info, UserInfo)
    assert_type(info.max_job, int | None)
    assert_type(info.computing_quotas, ComputingQuotas | None)
    assert_type(info.projects, Sequence[Project])
    quotas = connection.get_user_computing_quotas()
    assert_type(quotas, UserComputingQuotas)
    assert_type(quotas.flex, SchedulingQuota | None)
    assert_type(quotas.reserved, Sequence[ReservedSchedulingQuota])
    details = connection.get_organization_computing_quotas()
    assert_type(details, OrganizationComputingQuotasDetails)
    assert_type(details.flex, DetailedSchedulingQuota | None)
    assert_type(details.reserved, Sequence[DetailedReservedSchedulingQuota])
    profile = connection.retrieve_profile("docker-batch")
    assert_type(profile, Profile)
    assert_type(profile.constants, Sequence[ProfileConstant])
    assert_type(profile.licenses, Sequence[ProfileLicense])
    assert_type(connection.profiles_names(), list[str])
    assert_type(connection.hardware_constraints(), Iterator[HardwareConstraint])
    assert_type(connection.hardware_constraints_page(10, 20), OffsetPage[HardwareConstraint])
    assert_type(connection.search_cpu_model_constraints("epyc"), list[CpuModelHardware])


def organization(quotas: ComputingQuotas, quota: DetailedSchedulingQuota) -> None:
    assert_type(quotas.organization, OrganizationComputingQuotas | None)
    assert_type(quota.running_counts_per_user, Mapping[str, RunningCounts] | None)


def errors(job: Job) -> None:
    try:
        job.submit()
    except BulkSubmissionException as error:
        assert_type(error.errors, Mapping[int, QarnotException])
    except InvalidRequestException as error:
        assert_type(error.errors, Mapping[str, tuple[str, ...]])
    except (TooManyRequestsException, ServerException) as error:
        assert_type(error.retry_after, timedelta | None)
    except (
        ConflictException,
        ConnectionFailedException,
        MalformedResponseException,
        SubmissionUnknownException,
        TimeoutException,
        QarnotGenericException,
    ) as error:
        assert_type(error.history, tuple[Attempt, ...])
        assert_type(error.history[0].waited, timedelta)
    except (MaxJobException, MaxPoolException, MaxTaskException, NotEnoughCreditsException):
        pass
    except (MissingBucketException, MissingJobException, MissingPoolException):
        pass
    except (MissingTaskInstanceException, MissingPoolInstanceException):
        pass
    except (MissingProfileException, MissingTaskException, UnauthorizedException):
        pass
    except QarnotException as error:
        assert_type(error.status_code, int | None)
        assert_type(error.attempts, int)


def emulator() -> None:
    with Emulator(clock=ManualClock(), seed=1) as cloud:
        assert_type(cloud.url, str)
        assert_type(cloud.token, str)
        cloud.advance(timedelta(minutes=1))
        cloud.fail_next("createJob", reset="mid-headers", times=2)
        cloud.fail_next(raw=b"?", hang="mid-body")
        cloud.release(1)
        with cloud.refusing():
            assert_type(cloud.faults, list[Fault])
    print(qarnot_connection, qarnot_emulator)
