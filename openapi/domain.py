"""The document and the domain layer, held together: after regenerating, this says what to do.

python -m openapi.domain    prints a line for each member, state or operation that needs work
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import qarnot_domain
from openapi import diff
from openapi.limits import edges
from openapi.regenerate import DOCUMENT, load_yaml
from qarnot_domain import Job, JobState, Pool, PoolState, SchedulingType, Task, TaskState
from qarnot_domain._codecs import SettableCodec
from qarnot_domain._fields import Committable, SubmitOnce
from qarnot_domain._resource import Resource
from qarnot_domain._values import Tagged, Value
from qarnot_domain._words import Word
from qarnot_domain.scaling import PreparationTask
from qarnot_domain.status import ClusterInfo

Document = dict[str, Any]

ROOT: Final = Path(__file__).parents[1]
HERE: Final = "openapi/domain.py"

LEFT_OUT: Final[Mapping[str, Mapping[str, str]]] = {
    "TaskUpdate": {"constraints": "for administrators; no official SDK sends it"},
}
"""Members of the document that the domain layer does not expose, each with the reason."""

STRICTER: Final[Mapping[str, str]] = {
    "TaskCreate.profile": "an empty name says nothing",
    "TaskCreate.instanceCount": "a task without instances does nothing",
    "TaskCreate.advancedRanges": "no ranges are no task",
    "TaskCreate.snapshotInterval": "a duration",
    "PreparationTask.commandLine": "an empty command does nothing",
    "CpuModelHardwareConstraint.cpuModel": "an empty name says nothing",
    "SpecificHardwareConstraint.specificationKey": "an empty name says nothing",
}
"""Members of which the domain layer refuses what the document allows, each with the reason."""

UNSAID: Final[Mapping[str, Mapping[str, str]]] = {
    "Task": {"priority": "the API does not say it back"},
}
"""Members that users set and that are not in what the API answers, each with the reason."""

RESOURCES: Final[Mapping[str, type[Resource]]] = {"Job": Job, "Task": Task, "Pool": Pool}

STATES: Final[Mapping[str, tuple[type[Word], frozenset[str]]]] = {
    "JobState": (JobState, frozenset({"UnSubmitted"})),
    # The API does not document it any more; older servers may still say it.
    "TaskState": (TaskState, frozenset({"UnSubmitted", "DownloadingResults"})),
    "PoolState": (PoolState, frozenset({"UnSubmitted"})),
    "SchedulingType": (SchedulingType, frozenset()),
    "ForcedConstantAccess": (qarnot_domain.ForcedConstantAccess, frozenset()),
    "FinalStateCondition": (qarnot_domain.TaskFinalState, frozenset()),
    "DependencyState": (qarnot_domain.DependencyState, frozenset()),
    "Weekday": (qarnot_domain.DayOfWeek, frozenset()),
}
"""Enumerations of the document, who knows their words, and which words are only known here."""

PUBLIC: Final = {name: getattr(qarnot_domain, name) for name in qarnot_domain.__all__}

VALUES: Final[Mapping[str, type[Value]]] = {
    "ExecutionStatus": qarnot_domain.Status,
    "RunningInstanceInfo": qarnot_domain.PerRunningInstanceInfo,
    "TimeByCpuModel": qarnot_domain.ExecutionTimeByCpuModel,
    "TimeGhzByCpuModel": qarnot_domain.ExecutionTimeGhzByCpuModel,
    "TimeByMachineSpecification": qarnot_domain.ExecutionTimeByMachineSpecification,
    "TimeBySiteAndMachine": qarnot_domain.ExecutionTimeBySiteAndMachine,
    "TimeByInstance": qarnot_domain.ExecutionTimeByInstanceId,
    "RunningCoresByCpuModel": qarnot_domain.RunningCoreCountByCpuModel,
    "ActiveForward": qarnot_domain.TaskActiveForward,
    "VpnConnection": qarnot_domain.TaskVpnConnection,
    "SecretAccess": qarnot_domain.SecretAccessRightBySecret,
    "SecretPrefixAccess": qarnot_domain.SecretAccessRightByPrefix,
    "BucketFiltering": qarnot_domain.Filtering,
    "PrefixFiltering": qarnot_domain.BucketPrefixFiltering,
    "StripPrefix": qarnot_domain.PrefixResourcesTransformation,
    "PoolScaling": qarnot_domain.Scaling,
    "PreparationTask": PreparationTask,
    "ClusterInfo": ClusterInfo,
    "TaskDependencies": qarnot_domain.TaskDependencies,
    "AlwaysScalingPeriod": qarnot_domain.TimePeriodAlways,
    "WeeklyScalingPeriod": qarnot_domain.TimePeriodWeeklyRecurring,
    "OrganizationComputingQuotasDetail": qarnot_domain.OrganizationComputingQuotasDetails,
    **{
        f"{name}Constraint": kind
        for name, kind in PUBLIC.items()
        if isinstance(kind, type)
        and issubclass(kind, qarnot_domain.HardwareConstraint)
        and kind is not qarnot_domain.HardwareConstraint
    },
    **{
        name: getattr(qarnot_domain, name)
        for name in (
            "AdvancedDependency",
            "CompletedInstance",
            "ComputingQuotas",
            "DetailedReservedSchedulingQuota",
            "DetailedSchedulingQuota",
            "ElasticProperty",
            "FixedScalingPolicy",
            "ForcedConstant",
            "ForcedNetworkRule",
            "ManagedTasksQueueScalingPolicy",
            "MultiSlotsSettings",
            "OrganizationComputingQuotas",
            "Privileges",
            "Profile",
            "ProfileConstant",
            "ProfileLicense",
            "Project",
            "ReservedSchedulingQuota",
            "ResourcesBucket",
            "ResourcesTransformation",
            "RetrySettings",
            "RunningCounts",
            "RunningInstancesInfo",
            "SchedulingQuota",
            "SecretsAccessRights",
            "TaskError",
            "UserComputingQuotas",
            "UserInfo",
        )
    },
}
"""Schemas of the document, and the value that holds each."""

ELSEWHERE: Final[Mapping[str, frozenset[str]]] = {
    # The key by which the constant is kept.
    "ForcedConstant": frozenset({"constantName"}),
}
"""Members of those schemas that the value itself does not hold."""


PARTS: Final[Mapping[str, str]] = {
    "JobProjection": "Job",
    "TaskProjection": "Task",
    "TaskSummary": "Task",
    "PoolProjection": "Pool",
    "PoolSummary": "Pool",
}
"""Schemas of which a domain object reads what there is."""


def owner_of(schema: str) -> str:
    """The class of the domain layer that stands for a schema."""
    if schema in VALUES:
        return VALUES[schema].__name__
    return PARTS.get(schema, schema).removesuffix("Create").removesuffix("Update")


def properties(document: Document, schema: Mapping[str, Any]) -> Iterator[str]:
    """The members of a schema, those of what it is composed of included."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from properties(document, document["components"]["schemas"][name])
    yield from schema.get("properties", {})
    for part in schema.get("allOf", ()):
        yield from properties(document, part)


def exposed() -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Each schema, where its members are declared, and wire name -> name there."""
    for name, kind in RESOURCES.items():
        module = f"qarnot_domain/{name.lower()}.py"
        members = {m.wire: m.name for m in kind._members if m.wire not in UNSAID.get(name, {})}
        yield name, module, {"uuid": "uuid", **members}
        sent = {m.wire: m.name for m in kind._members if isinstance(m, SubmitOnce)}
        yield f"{name}Create", module, sent
        again = {m.wire: m.name for m in kind._members if isinstance(m, Committable)}
        if again:
            yield f"{name}Update", module, again
    for schema, value in VALUES.items():
        tag = {value._tag: "its kind"} if issubclass(value, Tagged) else {}
        own = {member.wire: member.name for member in value._members}
        elsewhere = dict.fromkeys(ELSEWHERE.get(schema, ()), "its key")
        yield schema, _module(value), {**own, **tag, **elsewhere}


def _module(kind: type) -> str:
    """The file that a class is in."""
    return kind.__module__.replace(".", "/") + ".py"


def differences(document: Document) -> list[str]:
    """What the document and the domain layer do not have in common, a line each: what to do."""
    lines = []
    for schema, module, members in exposed():
        described = set(properties(document, {"$ref": f"#/components/schemas/{schema}"}))
        # Two spellings of one member.
        described -= {"runningCoreCount"} if "running_cores_count" in members.values() else set()
        left_out = set(LEFT_OUT.get(schema, ()))
        owner = owner_of(schema)
        lines += [
            f"{schema}.{wire} is new: declare it in {module}, or list it in LEFT_OUT of {HERE}"
            for wire in sorted(described - set(members) - left_out)
        ]
        lines += [
            f"{schema}.{wire} is gone: {owner}.{members.get(wire, wire)} still has it"
            for wire in sorted((set(members) | left_out) - described)
        ]
    for name, (kind, only_here) in STATES.items():
        words = set(document["components"]["schemas"][name]["enum"])
        known = set(kind.known()) - only_here
        where = kind.__name__
        module = _module(kind)
        lines += [
            f"{name} {word} is new: add it to {where} in {module}" for word in sorted(words - known)
        ]
        lines += [
            f"{name} {word} is gone: {where} in {module} has it" for word in sorted(known - words)
        ]
    return lines


def settable() -> Iterator[tuple[str, str, str, Callable[[Any], object]]]:
    """Each schema and member that users set, what they call it, and what checks a value of it."""
    for name, kind in RESOURCES.items():
        for member in kind._members:
            if isinstance(member, SubmitOnce):
                yield f"{name}Create", member.wire, f"{name}.{member.name}", member.check
            if isinstance(member, Committable):
                yield f"{name}Update", member.wire, f"{name}.{member.name}", member.check
    for schema, value in VALUES.items():
        for own in value._members:
            if isinstance(own.codec, SettableCodec):
                called = f"{value.__name__}.{own.name}"
                yield schema, own.wire, called, partial(own.codec.check, own.name)


def limits(document: Document) -> list[str]:
    """Where users may set more or less than the document lets be sent, a line each."""
    shapes = diff.Shapes(diff.Document(document))
    needless = set(STRICTER)
    lines = []
    for schema, wire, called, check in settable():
        node = shapes.of_component(schema).members.get(wire)
        for edge in () if node is None else edges(shapes, shapes.of(node)):
            place = f"{schema}.{wire}"
            if edge.is_allowed == _is_taken(check, edge.value):
                continue
            if not edge.is_allowed:
                lines.append(f"{place}: {called} takes {edge.said}, which the document forbids")
            elif place not in STRICTER:
                lines.append(f"{place}: {called} refuses {edge.said}, which the document allows")
            needless.discard(place)
    return lines + [f"{place} is in STRICTER of {HERE}, and not stricter" for place in needless]


def _is_taken(check: Callable[[Any], object], value: object) -> bool:
    try:
        check(value)
    except (TypeError, ValueError):
        return False
    return True


def main() -> int:
    """The command line; the exit status."""
    document: Any = load_yaml(ROOT / DOCUMENT)
    lines = [*differences(document), *limits(document)]
    print("\n".join(lines) if lines else "It exposes every member, with the document's limits.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
