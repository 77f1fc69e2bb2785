"""`Task`: what goes together and what does not, refused on submission before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from qarnot_domain import Connection, GpuHardware, InvalidRequestException, Job, Pool
from qarnot_domain.emulator import Emulator

from ..driving import JOB_UUID, PROFILE, operations, refused, submitted


@pytest.fixture(name="job_in_pool")
def _job_in_pool(qarnot_connection: Connection, pool: Pool) -> Job:
    """A submitted job with a pool, whose tasks may depend on each other."""
    return submitted(qarnot_connection, pool=pool, use_dependencies=True)


# --- how many -----------------------------------------------------------------------------------


def test_count_excludes_ranges(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A task has a number of instances or ranges of them, and is sent once one is taken back."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.advanced_range = "0-2"
    message = refused(task, qarnot_emulator)
    assert ("instancecount" in message, "advanced_range" in message) == (True, True)
    task.instancecount = None
    task.submit()
    assert task.total_instance_count == 3


def test_count_or_ranges_are_needed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task without any instances is refused."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.instancecount = None
    message = refused(task, qarnot_emulator)
    assert ("instancecount" in message, "advanced_range" in message) == (True, True)


# --- where ----------------------------------------------------------------------------------------


def test_profile_excludes_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """A task runs a profile, or what its pool runs."""
    task = qarnot_connection.create_task("n", pool)
    task.profile = PROFILE
    message = refused(task, qarnot_emulator)
    assert ("profile" in message, "pool" in message) == (True, True)
    task.profile = None
    task.submit()
    assert task.pool == pool


@pytest.mark.parametrize("has_job", [False, True])
def test_profile_or_pool_is_needed(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job, has_job: bool
) -> None:
    """Outside a job with a pool a task says where it runs."""
    task = qarnot_connection.create_task("n", job=job if has_job else None)
    message = refused(task, qarnot_emulator)
    assert ("profile" in message, "pool" in message) == (True, True)
    task.profile = PROFILE
    task.submit()
    assert task.profile == PROFILE


@pytest.mark.parametrize("place", ["profile", "pool"])
def test_place_in_a_job_with_a_pool(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    job_in_pool: Job,
    pool: Pool,
    place: str,
) -> None:
    """In a job that has a pool a task says neither a profile nor a pool, were it the same."""
    task = qarnot_connection.create_task("n", job=job_in_pool)
    setattr(task, place, PROFILE if place == "profile" else pool)
    message = refused(task, qarnot_emulator)
    assert (place in message, repr(job_in_pool.name) in message) == (True, True)
    setattr(task, place, None)
    task.submit()
    assert task.pool == pool


@pytest.mark.parametrize("place", ["profile", "pool", None])
def test_place_in_a_job_given_by_its_uuid(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    job_in_pool: Job,
    pool: Pool,
    place: str | None,
) -> None:
    """Whether a job known by its uuid alone has a pool is for the server to say."""
    task = qarnot_connection.create_task("n", job=job_in_pool.uuid)
    if place is not None:
        setattr(task, place, PROFILE if place == "profile" else pool)
    if place == "profile":
        with pytest.raises(InvalidRequestException, match="profile"):
            task.submit()
    else:
        task.submit()
        assert task.pool == pool
    assert operations(qarnot_emulator).count("createTasks") == 1


def test_place_in_a_job_of_which_the_pool_is_not_known(
    qarnot_connection: Connection, job_in_pool: Job, pool: Pool
) -> None:
    """A job of which only part is known counts as one given by its uuid."""
    part = Job.from_json(qarnot_connection, {"uuid": job_in_pool.uuid}, is_summary=True)
    task = qarnot_connection.create_task("n", job=part)
    task.submit()
    assert task.pool == pool


def test_both_places_in_a_job_given_by_its_uuid(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """A profile and a pool exclude each other in any job."""
    task = qarnot_connection.create_task("n", pool, job=JOB_UUID)
    task.profile = PROFILE
    assert "profile" in refused(task, qarnot_emulator)


# --- what with ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["pool", "job"])
def test_hardware_is_the_pools_to_constrain(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    job_in_pool: Job,
    pool: Pool,
    place: str,
) -> None:
    """A task in a pool, its own or its job's, has no hardware constraints."""
    given: Any = {"profile_or_pool": pool} if place == "pool" else {"job": job_in_pool}
    task = qarnot_connection.create_task("n", **given)
    task.hardware_constraints = [GpuHardware()]
    assert "hardware_constraints" in refused(task, qarnot_emulator)
    task.hardware_constraints = []
    task.submit()
    assert task.pool == pool


def test_hardware_in_a_job_given_by_its_uuid(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job_in_pool: Job
) -> None:
    """Whether a job known by its uuid alone has a pool is for the server to say."""
    task = qarnot_connection.create_task("n", job=job_in_pool.uuid)
    task.hardware_constraints = [GpuHardware()]
    with pytest.raises(InvalidRequestException, match="hardwareConstraints"):
        task.submit()
    assert operations(qarnot_emulator)[-1] == "createTasks"


# --- after what -----------------------------------------------------------------------------------


def test_dependencies_need_a_job(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A task in no job waits for nothing."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.dependencies = [JOB_UUID]
    message = refused(task, qarnot_emulator)
    assert ("dependencies" in message, "job" in message) == (True, True)
    task.dependencies = None
    task.submit()
    assert task.state == "Submitted"


def test_dependencies_need_a_job_that_uses_them(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Whether its tasks may wait for each other is said when a job is created."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [JOB_UUID]
    message = refused(task, qarnot_emulator)
    assert ("dependencies" in message, "use_dependencies" in message) == (True, True)
    task.dependencies = []
    task.submit()
    assert task.state == "Submitted"


def test_dependencies_in_a_job_given_by_its_uuid(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Whether a job known by its uuid alone uses them is for the server to say."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job.uuid)
    task.dependencies = [JOB_UUID]
    with pytest.raises(InvalidRequestException, match="dependencies") as caught:
        task.submit()
    assert "dependencies" in caught.value.errors
    assert operations(qarnot_emulator)[-1] == "createTasks"


def test_dependencies_in_a_job_of_which_their_use_is_not_known(
    qarnot_connection: Connection, job: Job
) -> None:
    """A job of which only part is known counts as one given by its uuid."""
    first = qarnot_connection.create_task("first", PROFILE, job=job)
    first.submit()
    part = Job.from_json(qarnot_connection, {"uuid": job.uuid}, is_summary=True)
    task = qarnot_connection.create_task("n", PROFILE, job=part)
    task.dependencies = [first]
    task.submit()
    assert task.dependencies.depends_on == (first.uuid,)


def test_dependency_on_a_draft_is_refused_on_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """A task may wait for a draft, and is submitted once that is."""
    first = qarnot_connection.create_task("the first one", PROFILE, job=job)
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [first]
    message = refused(task, qarnot_emulator)
    assert ("dependencies" in message, "'the first one'" in message) == (True, True)
    assert "submit_tasks" in message
    first.submit()
    task.submit()
    assert qarnot_emulator.requests[-1].body["dependencies"] == {"dependsOn": [first.uuid]}


# --- more than one rule ---------------------------------------------------------------------------


def test_refused_draft_can_be_mended(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """Each fault is named until none is left, and then the task is one request."""
    task = qarnot_connection.create_task("n", pool)
    faults: dict[str, tuple[Any, Any]] = {
        "resource_buckets": (["b"], []),
        "targeted_reservation_name": ("spring", None),
        "advanced_range": ("0-2", None),
        "profile": (PROFILE, None),
        "hardware_constraints": ([GpuHardware()], []),
        "dependencies": ([JOB_UUID], None),
    }
    task.resources = ["a"]
    for member, (wrong, _) in faults.items():
        setattr(task, member, wrong)
    for member, (_, right) in faults.items():
        assert member in refused(task, qarnot_emulator)
        setattr(task, member, right)
    task.submit()
    assert operations(qarnot_emulator).count("createTasks") == 1
