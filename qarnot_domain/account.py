"""The account: what it may use, what it uses, and the profiles it may run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from . import _codecs as codecs
from ._codecs import INTEGER_SAID, TEXT_SAID, Codec, Json
from ._values import Value, all_said, member, said
from .execution_settings import SchedulingType


class SchedulingQuota(Value):
    """What may run, and what runs, of one scheduling type (schema `SchedulingQuota`)."""

    max_instances: int | None = member(INTEGER_SAID, default=None)
    max_cores: int | None = member(INTEGER_SAID, default=None)
    running_instances_count: int | None = member(INTEGER_SAID, default=None)
    running_cores_count: int | None = member(INTEGER_SAID, default=None, also="runningCoreCount")


class ReservedSchedulingQuota(SchedulingQuota):
    """What may run, and what runs, on machines reserved for the account."""

    machine_key: str | None = member(TEXT_SAID, default=None)
    reservation_name: str | None = member(TEXT_SAID, default=None)


class UserComputingQuotas(Value):
    """The quotas of a user (operation `retrieveUserComputingQuotas`)."""

    flex: SchedulingQuota | None = member(said(SchedulingQuota), default=None)
    on_demand: SchedulingQuota | None = member(said(SchedulingQuota), default=None)
    reserved: Sequence[ReservedSchedulingQuota] = member(
        all_said(said(ReservedSchedulingQuota)), default=()
    )


class OrganizationComputingQuotas(UserComputingQuotas):
    """The quotas of a user's organization."""

    name: str | None = member(TEXT_SAID, default=None)


class RunningCounts(Value):
    """What one user runs."""

    running_instances_count: int | None = member(INTEGER_SAID, default=None)
    running_cores_count: int | None = member(INTEGER_SAID, default=None)


def _read_counts(value: Json) -> Mapping[str, RunningCounts]:
    return MappingProxyType(
        {name: RunningCounts._read(counts) for name, counts in codecs.read_object(value).items()}
    )


def _write_counts(counts: Mapping[str, RunningCounts]) -> Json:
    return {name: one.to_json() for name, one in counts.items()}


_COUNTS: Final = Codec(_read_counts, _write_counts)


class DetailedSchedulingQuota(SchedulingQuota):
    """A quota with what each user of the organization runs."""

    running_counts_per_user: Mapping[str, RunningCounts] | None = member(_COUNTS, default=None)
    """By e-mail address; empty: nobody runs anything; `None`: not for this user to know."""


class DetailedReservedSchedulingQuota(ReservedSchedulingQuota):
    """A quota of reserved machines with what each user of the organization runs."""

    running_counts_per_user: Mapping[str, RunningCounts] | None = member(_COUNTS, default=None)
    """By e-mail address; empty: nobody runs anything; `None`: not for this user to know."""


class OrganizationComputingQuotasDetails(Value):
    """The quotas of an organization (operation `retrieveOrganizationComputingQuotas`)."""

    flex: DetailedSchedulingQuota | None = member(said(DetailedSchedulingQuota), default=None)
    on_demand: DetailedSchedulingQuota | None = member(said(DetailedSchedulingQuota), default=None)
    reserved: Sequence[DetailedReservedSchedulingQuota] = member(
        all_said(said(DetailedReservedSchedulingQuota)), default=()
    )


class ComputingQuotas(Value):
    """The quotas of a user and of the user's organization."""

    user: UserComputingQuotas | None = member(said(UserComputingQuotas), default=None)
    organization: OrganizationComputingQuotas | None = member(
        said(OrganizationComputingQuotas), default=None
    )


class Project(Value):
    """A project of the account (schema `Project`)."""

    uuid: str | None = member(TEXT_SAID, default=None)
    name: str | None = member(TEXT_SAID, default=None)
    slug: str | None = member(TEXT_SAID, default=None)
    organization_uuid: str | None = member(TEXT_SAID, default=None)
    description: str | None = member(TEXT_SAID, default=None)
    is_default: bool | None = member(codecs.BOOLEAN, default=None)


class UserInfo(Value):
    """The account: who it is, what it may use, what it uses (operation `retrieveUserInfo`).

    Counts and quotas are `None` where the server did not say them.
    """

    email: str | None = member(TEXT_SAID, default=None)
    max_bucket: int | None = member(INTEGER_SAID, default=None)
    bucket_count: int | None = member(INTEGER_SAID, default=None)
    max_task: int | None = member(INTEGER_SAID, default=None)
    task_count: int | None = member(INTEGER_SAID, default=None)
    max_job: int | None = member(INTEGER_SAID, default=None)
    job_count: int | None = member(INTEGER_SAID, default=None)
    max_pool: int | None = member(INTEGER_SAID, default=None)
    pool_count: int | None = member(INTEGER_SAID, default=None)
    max_running_task: int | None = member(INTEGER_SAID, default=None)
    max_running_pool: int | None = member(INTEGER_SAID, default=None)
    running_task_count: int | None = member(INTEGER_SAID, default=None)
    running_pool_count: int | None = member(INTEGER_SAID, default=None)
    running_instance_count: int | None = member(INTEGER_SAID, default=None)
    running_core_count: int | None = member(INTEGER_SAID, default=None)
    max_instances: int | None = member(INTEGER_SAID, default=None)
    """Deprecated by the API, as the next five: see `computing_quotas`."""
    max_cores: int | None = member(INTEGER_SAID, default=None)
    max_flex_instances: int | None = member(INTEGER_SAID, default=None)
    max_flex_cores: int | None = member(INTEGER_SAID, default=None)
    max_on_demand_instances: int | None = member(INTEGER_SAID, default=None)
    max_on_demand_cores: int | None = member(INTEGER_SAID, default=None)
    quota_bytes: int | None = member(INTEGER_SAID, default=None)
    quota_bytes_bucket: int | None = member(INTEGER_SAID, default=None)
    used_quota_bytes: int | None = member(INTEGER_SAID, default=None)
    used_quota_bytes_bucket: int | None = member(INTEGER_SAID, default=None)
    default_scheduling: SchedulingType | None = member(
        Codec(codecs.word(SchedulingType).read, str), default=None
    )
    default_reserved_specification_key: str | None = member(TEXT_SAID, default=None)
    computing_quotas: ComputingQuotas | None = member(said(ComputingQuotas), default=None)
    projects: Sequence[Project] = member(all_said(said(Project)), default=())


class ProfileConstant(Value):
    """A constant that a profile knows."""

    name: str | None = member(TEXT_SAID, default=None)
    value: str | None = member(TEXT_SAID, default=None)
    """Its default."""
    description: str | None = member(TEXT_SAID, default=None)


class ProfileLicense(Value):
    """A licence that a profile needs."""

    name: str | None = member(TEXT_SAID, default=None)
    max_instances: int | None = member(INTEGER_SAID, default=None)
    max_cores: int | None = member(INTEGER_SAID, default=None)


class Profile(Value):
    """What a task or pool can run, and its constants (operation `retrieveProfile`)."""

    name: str | None = member(TEXT_SAID, default=None)
    constants: Sequence[ProfileConstant] = member(all_said(said(ProfileConstant)), default=())
    licenses: Sequence[ProfileLicense] = member(all_said(said(ProfileLicense)), default=())
