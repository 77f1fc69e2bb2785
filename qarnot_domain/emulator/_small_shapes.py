"""The small objects that occur inside tasks and pools."""

from __future__ import annotations

import re
from typing import Final

from qarnot_domain.emulator._shapes import (
    INT64_MAX,
    Boolean,
    Choice,
    Integer,
    Items,
    Number,
    Object,
    Shape,
    Text,
    Union,
)


def _with(member: str, shape: Shape) -> Object:
    """An object with one member, which it needs."""
    return Object({member: shape}, required=(member,))


CONSTANT: Final = Object(
    {
        "key": Text(
            shortest=1,
            longest=2048,
            pattern=re.compile(r"[A-Za-z0-9_.-]+"),
            form="letters, digits, and the signs _ - .",
        ),
        "value": Text(longest=2048),
    },
    required=("key", "value"),
)

RESOURCES_BUCKET: Final = Object(
    {
        "bucketName": Text(shortest=1),
        "filtering": Object({"prefixFiltering": _with("prefix", Text())}),
        "resourcesTransformation": Object({"stripPrefix": _with("prefix", Text())}),
        "cacheTTLSec": Integer(least=0),
    },
    required=("bucketName",),
)

RETRY_SETTINGS: Final = Object(
    {"maxTotalRetries": Integer(least=0), "maxPerInstanceRetries": Integer(least=0)}
)

PRIVILEGES: Final = Object({"exportApiAndStorageCredentialsInEnvironment": Boolean()})

SCHEDULING_TYPE: Final = Choice(("flex", "onDemand", "reserved"))

FORCED_CONSTANT: Final = Object(
    {
        "constantName": Text(shortest=1),
        "forcedValue": Text(),
        "forceExportInEnvironment": Boolean(),
        "access": Choice(("readOnly", "readWrite")),
    },
    required=("constantName",),
)

FORCED_NETWORK_RULE: Final = Object(
    {
        "inbound": Boolean(),
        "proto": Text(shortest=1),
        "port": Text(),
        "to": Text(),
        "publicHost": Text(),
        "publicPort": Text(),
        "forwarder": Text(),
        "priority": Text(),
        "description": Text(),
        "toQBox": Boolean(),
        "toPayload": Boolean(),
        "name": Text(),
        "applicationType": Text(),
    },
    required=("inbound", "proto"),
)

_AMOUNT: Final = Number(least=0)
_CORES: Final = Integer(least=0)


HARDWARE_CONSTRAINT: Final = Union(
    "discriminator",
    {
        "MinimumCoreHardwareConstraint": _with("coreCount", _CORES),
        "MaximumCoreHardwareConstraint": _with("coreCount", _CORES),
        "MinimumRamCoreRatioHardwareConstraint": _with("minimumMemoryGBCoreRatio", _AMOUNT),
        "MaximumRamCoreRatioHardwareConstraint": _with("maximumMemoryGBCoreRatio", _AMOUNT),
        "MinimumRamHardwareConstraint": _with("minimumMemoryMB", _AMOUNT),
        "MaximumRamHardwareConstraint": _with("maximumMemoryMB", _AMOUNT),
        "SpecificHardwareConstraint": _with("specificationKey", Text()),
        "CpuModelHardwareConstraint": _with("cpuModel", Text()),
        "GpuHardwareConstraint": Object({}),
        "NoGpuHardwareConstraint": Object({}),
        "SSDHardwareConstraint": Object({}),
        "NoSSDHardwareConstraint": Object({}),
    },
)

SECRETS_ACCESS_RIGHTS: Final = Object(
    {
        "bySecret": Items(_with("key", Text(shortest=1))),
        "byPrefix": Items(_with("prefix", Text())),
    }
)

ELASTIC_PROPERTY: Final = Object(
    {
        "isElastic": Boolean(),
        "minTotalSlots": Integer(least=0),
        "maxTotalSlots": Integer(least=0),
        "minIdleSlots": Integer(least=0),
        "resizePeriod": Integer(least=0),
        "rampResizeFactor": Number(least=0, most=1),
        "minIdleTimeSeconds": Integer(least=0),
    }
)

WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
"""In the order of `date.weekday`."""

# The C# SDK sends the numbers of .NET, whose week starts on Sunday.
_WEEKDAY: Final = Choice(WEEKDAYS, numbered=(WEEKDAYS[-1], *WEEKDAYS[:-1]))

_TIME_OF_DAY: Final = Text(
    pattern=re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?"),
    form="a time of the day, hh:mm:ss",
)

_ENABLED_PERIODS: Final = Items(
    Union(
        "type",
        {
            "Always": Object({"name": Text()}),
            "Weekly": Object(
                {
                    "name": Text(),
                    "days": Items(_WEEKDAY),
                    "startTimeUtc": _TIME_OF_DAY,
                    "endTimeUtc": _TIME_OF_DAY,
                },
                required=("days", "startTimeUtc", "endTimeUtc"),
            ),
        },
    )
)

SCALING: Final = Object(
    {
        "policies": Items(
            Union(
                "type",
                {
                    "Fixed": Object(
                        {
                            "name": Text(shortest=1),
                            "enabledPeriods": _ENABLED_PERIODS,
                            "slotsCount": Integer(least=0, most=INT64_MAX),
                        },
                        required=("name", "enabledPeriods", "slotsCount"),
                    ),
                    "ManagedTasksQueue": Object(
                        {
                            "name": Text(shortest=1),
                            "enabledPeriods": _ENABLED_PERIODS,
                            "minTotalSlots": Integer(least=0, most=INT64_MAX),
                            "maxTotalSlots": Integer(least=0, most=INT64_MAX),
                            "minIdleSlots": Integer(least=0, most=INT64_MAX),
                            "minIdleTimeSeconds": Integer(least=0, most=INT64_MAX),
                            "scalingFactor": Number(least=0),
                        },
                        required=("name", "enabledPeriods"),
                    ),
                },
            )
        )
    },
    required=("policies",),
)
