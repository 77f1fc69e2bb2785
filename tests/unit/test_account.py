"""The account: what it may use and uses, its profiles, the hardware on offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from qarnot_domain import (
    ComputingQuotas,
    Connection,
    CpuModelHardware,
    DetailedReservedSchedulingQuota,
    DetailedSchedulingQuota,
    GpuHardware,
    HardwareConstraint,
    MalformedResponseException,
    MinimumCoreHardware,
    MissingProfileException,
    OrganizationComputingQuotas,
    OrganizationComputingQuotasDetails,
    Profile,
    ProfileConstant,
    ProfileLicense,
    Project,
    QarnotGenericException,
    ReservedSchedulingQuota,
    RunningCounts,
    SchedulingQuota,
    SchedulingType,
    UnauthorizedException,
    UserComputingQuotas,
)
from qarnot_domain.emulator import Emulator

from .driving import PROFILE, add_task, connect, operations, submitted

QUOTA: dict[str, Any] = {
    "maxInstances": 64,
    "maxCores": 1024,
    "runningInstancesCount": 1,
    "runningCoresCount": 16,
}
RESERVED: dict[str, Any] = {**QUOTA, "machineKey": "28c-128g-amd-epyc", "reservationName": "spring"}
USER_QUOTAS: dict[str, Any] = {
    "flex": QUOTA,
    "onDemand": {**QUOTA, "maxCores": 8},
    "reserved": [RESERVED],
}
PROJECT: dict[str, Any] = {
    "uuid": "11111111-2222-4333-8444-555555555555",
    "name": "Sweep",
    "slug": "sweep",
    "organizationUuid": "11111111-2222-4333-8444-666666666666",
    "description": "All of it",
    "isDefault": True,
}
INFO: dict[str, Any] = {
    "email": "me@example.org",
    "maxBucket": 1,
    "bucketCount": 2,
    "maxTask": 3,
    "taskCount": 4,
    "maxJob": 5,
    "jobCount": 6,
    "maxPool": 7,
    "poolCount": 8,
    "maxRunningTask": 9,
    "maxRunningPool": 10,
    "runningTaskCount": 11,
    "runningPoolCount": 12,
    "runningInstanceCount": 13,
    "runningCoreCount": 14,
    "maxInstances": 15,
    "maxCores": 1024,
    "maxFlexInstances": 17,
    "maxFlexCores": 512,
    "maxOnDemandInstances": 19,
    "maxOnDemandCores": 20,
    "quotaBytes": 2**40,
    "quotaBytesBucket": 2**41,
    "usedQuotaBytes": 2**42,
    "usedQuotaBytesBucket": 2**43,
    "defaultScheduling": "OnDemand",
    "defaultReservedSpecificationKey": "28c-128g-amd-epyc",
    "computingQuotas": {
        "user": USER_QUOTAS,
        "organization": {**USER_QUOTAS, "name": "Lab"},
    },
    "projects": [PROJECT],
}
"""An account as the API gives it, each member unlike every other."""

SCHEDULING = {
    "max_instances": 64,
    "max_cores": 1024,
    "running_instances_count": 1,
    "running_cores_count": 16,
}


def shown(value: Any) -> dict[str, Any]:
    """The members of a value, by name."""
    return {own.name: getattr(value, own.name) for own in attrs.fields(type(value))}


def answer(emulator: Emulator, operation: str, body: Any, *, times: int = 1) -> None:
    """Let the next requests for an operation be answered with this."""
    emulator.fail_next(operation, times=times, status=200, body=body)


# --- user_info --------------------------------------------------------------------------------


def test_user_info_has_every_value_of_the_answer(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each member is the one that the API calls alike, and none is left out."""
    answer(qarnot_emulator, "retrieveUserInfo", INFO)
    info = qarnot_connection.user_info
    members = shown(info)
    quotas = members.pop("computing_quotas")
    assert members == {
        "email": "me@example.org",
        "max_bucket": 1,
        "bucket_count": 2,
        "max_task": 3,
        "task_count": 4,
        "max_job": 5,
        "job_count": 6,
        "max_pool": 7,
        "pool_count": 8,
        "max_running_task": 9,
        "max_running_pool": 10,
        "running_task_count": 11,
        "running_pool_count": 12,
        "running_instance_count": 13,
        "running_core_count": 14,
        "max_instances": 15,
        "max_cores": 1024,
        "max_flex_instances": 17,
        "max_flex_cores": 512,
        "max_on_demand_instances": 19,
        "max_on_demand_cores": 20,
        "quota_bytes": 2**40,
        "quota_bytes_bucket": 2**41,
        "used_quota_bytes": 2**42,
        "used_quota_bytes_bucket": 2**43,
        "default_scheduling": SchedulingType.ON_DEMAND,
        "default_reserved_specification_key": "28c-128g-amd-epyc",
        "projects": (Project.from_json(PROJECT),),
    }
    assert type(quotas) is ComputingQuotas
    assert type(quotas.user) is UserComputingQuotas
    assert type(quotas.organization) is OrganizationComputingQuotas
    assert quotas.organization.name == "Lab"


def test_quotas_have_every_value_of_the_answer() -> None:
    """Scheduling types and reservations are told apart, each with all its counts."""
    quotas = UserComputingQuotas.from_json(USER_QUOTAS)
    assert quotas.flex is not None
    assert quotas.on_demand is not None
    assert (shown(quotas.flex), type(quotas.flex)) == (SCHEDULING, SchedulingQuota)
    assert shown(quotas.on_demand) == {**SCHEDULING, "max_cores": 8}
    (reserved,) = quotas.reserved
    assert type(reserved) is ReservedSchedulingQuota
    assert shown(reserved) == {
        **SCHEDULING,
        "machine_key": "28c-128g-amd-epyc",
        "reservation_name": "spring",
    }


def test_projects_have_every_value_of_the_answer() -> None:
    """A project tells what it is called in each place."""
    assert shown(Project.from_json(PROJECT)) == {
        "uuid": "11111111-2222-4333-8444-555555555555",
        "name": "Sweep",
        "slug": "sweep",
        "organization_uuid": "11111111-2222-4333-8444-666666666666",
        "description": "All of it",
        "is_default": True,
    }


@pytest.mark.parametrize("info", [dict.fromkeys(INFO), {}], ids=["null", "absent"])
def test_user_info_of_which_nothing_is_said_is_none(
    qarnot_connection: Connection, qarnot_emulator: Emulator, info: dict[str, Any]
) -> None:
    """What is null or absent is `None`, and no projects are an empty tuple."""
    answer(qarnot_emulator, "retrieveUserInfo", info)
    members = shown(qarnot_connection.user_info)
    assert members.pop("projects") == ()
    assert set(members.values()) == {None}


@pytest.mark.parametrize(
    ("quotas", "user", "organization"),
    [
        (None, None, None),
        ({"user": None, "organization": None}, None, None),
        ({"user": None}, None, None),
        ({"user": {}}, UserComputingQuotas.from_json({}), None),
    ],
)
def test_quotas_of_which_nothing_is_said_are_none(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    quotas: dict[str, Any] | None,
    user: object,
    organization: object,
) -> None:
    """Whichever part of the quotas is missing, the rest of the account can be read."""
    answer(qarnot_emulator, "retrieveUserInfo", {**INFO, "computingQuotas": quotas})
    info = qarnot_connection.user_info
    found = info.computing_quotas
    assert (found and found.user, found and found.organization) == (user, organization)
    assert info.max_flex_cores == 512


def test_quotas_within_which_nothing_is_said_are_none() -> None:
    """Null scheduling types, reservations and counts are none."""
    nothing = UserComputingQuotas.from_json({"flex": None, "onDemand": None, "reserved": None})
    assert shown(nothing) == {"flex": None, "on_demand": None, "reserved": ()}
    counts = SchedulingQuota.from_json(dict.fromkeys(QUOTA))
    assert set(shown(counts).values()) == {None}


def test_cores_that_run_have_two_spellings() -> None:
    """Some answers call them `runningCoreCount`."""
    quota = SchedulingQuota.from_json({"runningCoreCount": 16})
    assert quota.running_cores_count == 16


def test_members_that_the_api_may_add_are_kept(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Unknown members are no failure, and come back from `to_json` with all the others."""
    info = {**INFO, "later": {"a": [1]}, "defaultScheduling": "tomorrow"}
    answer(qarnot_emulator, "retrieveUserInfo", info)
    found = qarnot_connection.user_info
    assert found.default_scheduling == "tomorrow"
    assert found.to_json() == info


def test_user_info_is_one_request_each_time(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Reading it asks the server, and what was read does not change."""
    before = qarnot_connection.user_info
    submitted(qarnot_connection)
    after = qarnot_connection.user_info
    assert (before.job_count, after.job_count) == (0, 1)
    assert operations(qarnot_emulator) == ["retrieveUserInfo", "createJob", "retrieveUserInfo"]


def test_user_info_cannot_be_changed(qarnot_connection: Connection) -> None:
    """It is what the server said at that moment."""
    info: Any = qarnot_connection.user_info
    with pytest.raises(AttributeError):
        info.max_cores = 3


def test_user_info_of_the_emulator_counts_what_is_there(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Limits and counts follow what is set and created."""
    qarnot_emulator.set_limits(max_tasks=7, max_jobs=8, max_pools=9)
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    qarnot_connection.create_pool("p", PROFILE).submit()
    info = qarnot_connection.user_info
    assert (info.max_task, info.max_job, info.max_pool) == (7, 8, 9)
    assert (info.task_count, info.job_count, info.pool_count) == (1, 1, 1)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("maxTask", "many"),
        ("maxTask", True),
        ("maxTask", 1.5),
        ("email", 3),
        ("computingQuotas", []),
        ("computingQuotas", {"user": 3}),
        ("projects", {}),
        ("projects", [3]),
        ("defaultScheduling", 3),
    ],
)
def test_user_info_that_cannot_be_read_is_a_malformed_response(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str, value: Any
) -> None:
    """The member that is of another type than documented is named."""
    answer(qarnot_emulator, "retrieveUserInfo", {**INFO, member: value})
    with pytest.raises(MalformedResponseException, match=member):
        shown(qarnot_connection.user_info)


@pytest.mark.parametrize("body", [[], 3, "text", b"<html>"])
def test_user_info_that_is_something_else_is_a_malformed_response(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: Any
) -> None:
    """So is what is no object at all."""
    headers = {"content-type": "application/json"}
    raw = b'"text"' if body == "text" else body
    qarnot_emulator.fail_next("retrieveUserInfo", status=200, body=raw, headers=headers)
    with pytest.raises(MalformedResponseException):
        shown(qarnot_connection.user_info)


# --- quotas -----------------------------------------------------------------------------------


def test_user_quotas_are_those_of_the_answer(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """One request gives the user's quotas alone."""
    answer(qarnot_emulator, "retrieveUserComputingQuotas", USER_QUOTAS)
    quotas = qarnot_connection.get_user_computing_quotas()
    assert quotas == UserComputingQuotas.from_json(USER_QUOTAS)
    assert operations(qarnot_emulator) == ["retrieveUserComputingQuotas"]


def test_organization_quotas_have_each_user_s_share(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """By e-mail address; an empty mapping is nobody, `None` is not for this user to know."""
    share = {"runningInstancesCount": 2, "runningCoresCount": 32}
    body = {
        "flex": {**QUOTA, "runningCountsPerUser": {"you@example.org": share}},
        "onDemand": {**QUOTA, "runningCountsPerUser": {}},
        "reserved": [{**RESERVED, "runningCountsPerUser": None}],
    }
    answer(qarnot_emulator, "retrieveOrganizationComputingQuotas", body)
    quotas = qarnot_connection.get_organization_computing_quotas()
    assert quotas.flex is not None
    assert quotas.on_demand is not None
    (reserved,) = quotas.reserved
    assert [type(one) for one in (quotas, quotas.flex, reserved)] == [
        OrganizationComputingQuotasDetails,
        DetailedSchedulingQuota,
        DetailedReservedSchedulingQuota,
    ]
    assert quotas.flex.running_counts_per_user == {
        "you@example.org": RunningCounts.from_json(share)
    }
    assert quotas.on_demand.running_counts_per_user == {}
    assert (reserved.running_counts_per_user, reserved.reservation_name) == (None, "spring")
    assert quotas.flex.max_cores == 1024


def test_shares_cannot_be_changed() -> None:
    """The mapping of what users run is read-only, as all of it."""
    quota = DetailedSchedulingQuota.from_json({"runningCountsPerUser": {"a@b.c": {}}})
    shares: Any = quota.running_counts_per_user
    with pytest.raises(TypeError):
        shares["d@e.f"] = shares["a@b.c"]


def test_user_without_an_organization_is_told(qarnot_emulator: Emulator) -> None:
    """The server's refusal is an exception with its words."""
    body = {"message": "no organization"}
    qarnot_emulator.fail_next("retrieveOrganizationComputingQuotas", status=404, body=body)
    with (
        connect(qarnot_emulator) as connection,
        pytest.raises(QarnotGenericException, match="no organization"),
    ):
        connection.get_organization_computing_quotas()


def test_quotas_of_the_emulator_can_be_read(qarnot_connection: Connection) -> None:
    """The user's quotas are those within `user_info`, and the organization has some too."""
    quotas = qarnot_connection.user_info.computing_quotas
    assert quotas is not None
    assert quotas.user == qarnot_connection.get_user_computing_quotas()
    assert qarnot_connection.get_organization_computing_quotas().flex is not None


# --- profiles ---------------------------------------------------------------------------------


PROFILE_BODY = {
    "name": "docker-batch",
    "constants": [{"name": "DOCKER_REPO", "value": "library/ubuntu", "description": "The image"}],
    "licenses": [{"name": "solver", "maxInstances": 2, "maxCores": 3}],
}


def test_profiles_names_is_a_list_of_text(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """One request gives the names."""
    assert qarnot_connection.profiles_names() == ["docker-batch", "docker-network"]
    assert operations(qarnot_emulator) == ["listProfiles"]


def test_profiles_asks_for_each(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """The names and each profile are a request."""
    profiles = qarnot_connection.profiles()
    assert [profile.name for profile in profiles] == ["docker-batch", "docker-network"]
    asked = [(request.operation, request.path) for request in qarnot_emulator.requests]
    assert asked == [
        ("listProfiles", "/profiles"),
        ("retrieveProfile", "/profiles/docker-batch"),
        ("retrieveProfile", "/profiles/docker-network"),
    ]


@pytest.mark.parametrize("way", ["retrieve_profile", "profile_details"])
def test_profile_has_every_value_of_the_answer(
    qarnot_connection: Connection, qarnot_emulator: Emulator, way: str
) -> None:
    """Constants with their defaults and licences with their limits, in the server's order."""
    answer(qarnot_emulator, "retrieveProfile", PROFILE_BODY)
    profile: Profile = getattr(qarnot_connection, way)("docker-batch")
    assert (type(profile), profile.name) == (Profile, "docker-batch")
    (constant,), (licence,) = profile.constants, profile.licenses
    assert (type(constant), type(licence)) == (ProfileConstant, ProfileLicense)
    assert shown(constant) == {
        "name": "DOCKER_REPO",
        "value": "library/ubuntu",
        "description": "The image",
    }
    assert shown(licence) == {"name": "solver", "max_instances": 2, "max_cores": 3}


@pytest.mark.parametrize("body", [{"name": "x", "constants": None, "licenses": None}, {}])
def test_profile_of_which_little_is_said(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: dict[str, Any]
) -> None:
    """A profile without constants and licences has empty tuples of them."""
    answer(qarnot_emulator, "retrieveProfile", body)
    profile = qarnot_connection.retrieve_profile("x")
    assert (profile.name, profile.constants, profile.licenses) == (body.get("name"), (), ())


def test_missing_profile_is_told(qarnot_connection: Connection) -> None:
    """`retrieve_profile` raises what says so, with the server's words."""
    with pytest.raises(MissingProfileException, match="No such profile: nothing") as caught:
        qarnot_connection.retrieve_profile("nothing")
    assert caught.value.status_code == 404


def test_missing_profile_has_no_details(qarnot_connection: Connection) -> None:
    """`profile_details` is `None` for it, and no other failure is."""
    assert qarnot_connection.profile_details("nothing") is None


@pytest.mark.parametrize("way", ["retrieve_profile", "profile_details"])
def test_profile_that_is_refused_is_told(
    qarnot_connection: Connection, qarnot_emulator: Emulator, way: str
) -> None:
    """A profile that may not be read is not one that is missing."""
    qarnot_emulator.fail_next("retrieveProfile", status=403, body={"message": "not for you"})
    with pytest.raises(UnauthorizedException, match="not for you"):
        getattr(qarnot_connection, way)("docker-batch")


@pytest.mark.parametrize("way", ["retrieve_profile", "profile_details"])
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", ValueError),
        (".", ValueError),
        ("..", ValueError),
        ("a\nb", ValueError),
        (3, TypeError),
        (None, TypeError),
        (b"x", TypeError),
    ],
)
def test_profile_of_a_bad_name_is_refused(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    way: str,
    name: Any,
    error: type[Exception],
) -> None:
    """What cannot be a name is refused before anything is sent."""
    with pytest.raises(error, match="name"):
        getattr(qarnot_connection, way)(name)
    assert qarnot_emulator.requests == []


def test_name_of_a_profile_is_escaped(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Whatever it holds, it stays one part of the path."""
    assert qarnot_connection.profile_details("a/b?c#d") is None
    (request,) = qarnot_emulator.requests
    assert (request.path, request.query) == ("/profiles/a%2Fb%3Fc%23d", ())


@pytest.mark.parametrize("body", [[None], [3], [""], [["x"]], [{"name": "x"}]])
def test_names_that_are_no_text_are_a_malformed_response(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: Any
) -> None:
    """A list of names holds texts that are not empty."""
    answer(qarnot_emulator, "listProfiles", body)
    with pytest.raises(MalformedResponseException):
        qarnot_connection.profiles_names()


@pytest.mark.parametrize("body", [{"a": 1}, 3])
def test_names_that_are_no_list_are_a_malformed_response(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: Any
) -> None:
    """An object or a number is no list."""
    answer(qarnot_emulator, "listProfiles", body)
    with pytest.raises(MalformedResponseException):
        qarnot_connection.profiles_names()


# --- hardware ---------------------------------------------------------------------------------


def cores(*counts: int) -> list[dict[str, Any]]:
    """Constraints that can be told apart."""
    kind = "MinimumCoreHardwareConstraint"
    return [{"discriminator": kind, "coreCount": count} for count in counts]


def page(data: Any, offset: int, total: Any) -> dict[str, Any]:
    """A page of constraints as the API gives it."""
    return {"data": data, "offset": offset, "limit": 50, "total": total}


def asked(emulator: Emulator) -> list[tuple[tuple[str, str], ...]]:
    """The queries of the requests so far, each sorted."""
    assert {request.operation for request in emulator.requests} <= {"listHardwareConstraints"}
    return [tuple(sorted(request.query)) for request in emulator.requests]


def test_hardware_constraints_are_given_page_by_page(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Nothing is sent before the first is wanted, and no page that nobody wants."""
    for offset in (0, 50, 100):
        counts = range(offset, min(offset + 50, 120))
        answer(qarnot_emulator, "listHardwareConstraints", page(cores(*counts), offset, 120))
    constraints = qarnot_connection.hardware_constraints()
    assert asked(qarnot_emulator) == []
    first = [next(constraints) for _ in range(50)]
    assert asked(qarnot_emulator) == [(("limit", "50"), ("offset", "0"))]
    rest = list(constraints)
    assert asked(qarnot_emulator) == [
        (("limit", "50"), ("offset", str(offset))) for offset in (0, 50, 100)
    ]
    assert [*first, *rest] == [MinimumCoreHardware(count) for count in range(120)]


def test_hardware_constraints_on_pages_that_are_shorter_than_asked_for(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A server that gives fewer is asked for those that follow, and none is left out."""
    answer(qarnot_emulator, "listHardwareConstraints", page(cores(1, 2), 0, 3))
    answer(qarnot_emulator, "listHardwareConstraints", page(cores(3), 2, 3))
    found = list(qarnot_connection.hardware_constraints())
    assert found == [MinimumCoreHardware(count) for count in (1, 2, 3)]
    assert [query[1] for query in asked(qarnot_emulator)] == [("offset", "0"), ("offset", "2")]


@pytest.mark.parametrize("data", [[], None])
@pytest.mark.parametrize("total", [0, 10])
def test_hardware_constraints_end_with_an_empty_page(
    qarnot_connection: Connection, qarnot_emulator: Emulator, data: Any, total: int
) -> None:
    """A total that is never reached is not asked for without end."""
    body = page(data, 0, total)
    answer(qarnot_emulator, "listHardwareConstraints", body, times=3)
    assert list(qarnot_connection.hardware_constraints()) == []
    assert len(qarnot_emulator.requests) == 1


def test_hardware_constraints_of_an_unknown_kind_are_kept_as_they_are(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What a later API offers can be read, shown and sent back."""
    wire = {"discriminator": "LiquidCooledHardwareConstraint", "litres": 3, "a": {"b": [None]}}
    body = page([*cores(16), {"discriminator": "GpuHardwareConstraint"}, wire], 0, 3)
    answer(qarnot_emulator, "listHardwareConstraints", body)
    known, gpu, unknown = qarnot_connection.hardware_constraints()
    assert (known, gpu) == (MinimumCoreHardware(16), GpuHardware())
    assert type(unknown) is HardwareConstraint
    assert unknown.discriminator == "LiquidCooledHardwareConstraint"
    assert unknown.to_json() == wire
    task = qarnot_connection.create_task("n", PROFILE)
    task.hardware_constraints = [unknown]
    assert task.to_json()["hardwareConstraints"] == [wire]


def test_page_of_hardware_constraints_is_the_one_asked_for(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It has what was asked for, and how many there are on all pages."""
    answer(qarnot_emulator, "listHardwareConstraints", page(cores(1, 2), 4, 9))
    found = qarnot_connection.hardware_constraints_page(limit=2, offset=4)
    assert found.page_data == (MinimumCoreHardware(1), MinimumCoreHardware(2))
    assert (found.limit, found.offset, found.total) == (2, 4, 9)
    assert asked(qarnot_emulator) == [(("limit", "2"), ("offset", "4"))]


def test_page_of_hardware_constraints_is_the_first_by_default(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With fifty on it, which is the most there can be."""
    answer(qarnot_emulator, "listHardwareConstraints", page([], 0, 0))
    found = qarnot_connection.hardware_constraints_page()
    assert (found.page_data, found.limit, found.offset) == ((), 50, 0)
    assert asked(qarnot_emulator) == [(("limit", "50"), ("offset", "0"))]


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"limit": 0}, ValueError, "limit"),
        ({"limit": 51}, ValueError, "limit"),
        ({"limit": True}, TypeError, "limit"),
        ({"limit": "2"}, TypeError, "limit"),
        ({"offset": -1}, ValueError, "offset"),
        ({"offset": 1.0}, TypeError, "offset"),
    ],
)
def test_page_of_hardware_constraints_that_cannot_be_is_refused(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    arguments: dict[str, Any],
    error: type[Exception],
    named: str,
) -> None:
    """A bad limit or offset is refused by name, and nothing is sent."""
    with pytest.raises(error, match=named):
        qarnot_connection.hardware_constraints_page(**arguments)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    "body",
    [
        page([3], 0, 1),
        page([None], 0, 1),
        page({}, 0, 1),
        page(cores(1), 0, None),
        page(cores(1), 0, "1"),
        {"data": cores(1)},
        page([{"discriminator": "MinimumCoreHardwareConstraint"}], 0, 1),
        page([{"discriminator": "MinimumCoreHardwareConstraint", "coreCount": "4"}], 0, 1),
    ],
)
def test_hardware_constraints_that_cannot_be_read_are_a_malformed_response(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: dict[str, Any]
) -> None:
    """What is no page of constraints is told, not passed over."""
    answer(qarnot_emulator, "listHardwareConstraints", body)
    with pytest.raises(MalformedResponseException):
        list(qarnot_connection.hardware_constraints())


def test_hardware_constraints_of_the_emulator_fill_several_pages(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Those on offer are constraints that a task can ask for."""
    constraints = list(qarnot_connection.hardware_constraints())
    total = qarnot_connection.hardware_constraints_page(limit=1).total
    assert (len(constraints), len(set(constraints))) == (total, total)
    assert len(qarnot_emulator.requests) == -(-total // 50) + 1
    for constraint in constraints:
        task = qarnot_connection.create_task("n", PROFILE)
        task.hardware_constraints = [constraint]
        task.submit()
        assert task.hardware_constraints == [constraint]


def test_cpu_models_are_found_by_a_part_of_their_name(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """They come in the server's order, as constraints that a task can ask for."""
    models = ["AMD Ryzen 9 9950X", "AMD Ryzen 9 7950X"]
    kind = "CpuModelHardwareConstraint"
    body = [{"discriminator": kind, "cpuModel": model} for model in models]
    answer(qarnot_emulator, "searchCpuModelConstraints", body)
    found = qarnot_connection.search_cpu_model_constraints("ryzen 9")
    assert found == [CpuModelHardware(model) for model in models]
    (request,) = qarnot_emulator.requests
    assert request.query == (("cpuModel", "ryzen 9"),)


def test_cpu_model_that_nobody_has_is_an_empty_list(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The API's 404 says that none matches, which is no failure."""
    qarnot_emulator.fail_next("searchCpuModelConstraints", status=404, body={"message": "none"})
    assert qarnot_connection.search_cpu_model_constraints("abacus") == []
    assert qarnot_connection.search_cpu_model_constraints("abacus") == []


@pytest.mark.parametrize(("model", "error"), [("", ValueError), (3, TypeError), (None, TypeError)])
def test_cpu_model_that_is_no_text_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, model: Any, error: type[Exception]
) -> None:
    """It is refused by name, and nothing is sent."""
    with pytest.raises(error, match="cpu_model"):
        qarnot_connection.search_cpu_model_constraints(model)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    "body", [[3], {"a": 1}, [{"discriminator": "GpuHardwareConstraint"}], [{"cpuModel": None}]]
)
def test_cpu_models_that_cannot_be_read_are_a_malformed_response(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: Any
) -> None:
    """Anything but constraints on the model is told."""
    answer(qarnot_emulator, "searchCpuModelConstraints", body)
    with pytest.raises(MalformedResponseException):
        qarnot_connection.search_cpu_model_constraints("x")


# --- all of it --------------------------------------------------------------------------------

USES: list[Any] = [
    pytest.param(lambda c: c.user_info, "retrieveUserInfo", id="user_info"),
    pytest.param(
        lambda c: c.get_user_computing_quotas(), "retrieveUserComputingQuotas", id="user quotas"
    ),
    pytest.param(
        lambda c: c.get_organization_computing_quotas(),
        "retrieveOrganizationComputingQuotas",
        id="organization quotas",
    ),
    pytest.param(lambda c: c.profiles_names(), "listProfiles", id="profiles_names"),
    pytest.param(lambda c: c.profiles(), "listProfiles", id="profiles"),
    pytest.param(lambda c: c.retrieve_profile("x"), "retrieveProfile", id="retrieve_profile"),
    pytest.param(lambda c: c.profile_details("x"), "retrieveProfile", id="profile_details"),
    pytest.param(
        lambda c: next(c.hardware_constraints()), "listHardwareConstraints", id="constraints"
    ),
    pytest.param(
        lambda c: c.hardware_constraints_page(), "listHardwareConstraints", id="page of constraints"
    ),
    pytest.param(
        lambda c: c.search_cpu_model_constraints("x"), "searchCpuModelConstraints", id="cpu models"
    ),
]


@pytest.mark.parametrize(("use", "operation"), USES)
def test_each_is_a_read_that_is_repeated_and_refused_as_any(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    use: Callable[[Connection], object],
    operation: str,
) -> None:
    """It goes on after a 503, and a 401 is an `UnauthorizedException` with the server's words."""
    qarnot_emulator.fail_next(operation)
    qarnot_emulator.fail_next(operation, status=401, body={"message": "Token expired"})
    with pytest.raises(UnauthorizedException, match="Token expired") as caught:
        use(qarnot_connection)
    assert caught.value.attempts == 2
    assert operations(qarnot_emulator) == [operation] * 2


@pytest.mark.parametrize(("use", "operation"), USES)
def test_each_is_told_on_a_closed_connection(
    qarnot_emulator: Emulator, use: Callable[[Connection], object], operation: str
) -> None:
    """Nothing can be asked for any more."""
    with connect(qarnot_emulator) as connection:
        pass
    with pytest.raises(QarnotGenericException, match=f"{operation}.*closed"):
        use(connection)
