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
    Text,
    Union,
)

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
        "filtering": Object({"prefixFiltering": Object({"prefix": Text()})}),
        "resourcesTransformation": Object({"stripPrefix": Object({"prefix": Text()})}),
        "cacheTTLSec": Integer(),
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
        "proto": Text(),
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

HARDWARE_CONSTRAINT: Final = Union(
    "discriminator",
    {
        "MinimumCoreHardwareConstraint": Object({"coreCount": Integer()}),
        "MaximumCoreHardwareConstraint": Object({"coreCount": Integer()}),
        "MinimumRamCoreRatioHardwareConstraint": Object({"minimumMemoryGBCoreRatio": Number()}),
        "MaximumRamCoreRatioHardwareConstraint": Object({"maximumMemoryGBCoreRatio": Number()}),
        "MinimumRamHardwareConstraint": Object({"minimumMemoryMB": Number()}),
        "MaximumRamHardwareConstraint": Object({"maximumMemoryMB": Number()}),
        "SpecificHardwareConstraint": Object({"specificationKey": Text()}),
        "CpuModelHardwareConstraint": Object({"cpuModel": Text()}),
        "GpuHardwareConstraint": Object({}),
        "NoGpuHardwareConstraint": Object({}),
        "SSDHardwareConstraint": Object({}),
        "NoSSDHardwareConstraint": Object({}),
    },
)

SECRETS_ACCESS_RIGHTS: Final = Object(
    {
        "bySecret": Items(Object({"key": Text(shortest=1)}, required=("key",))),
        "byPrefix": Items(Object({"prefix": Text()}, required=("prefix",))),
    }
)

ELASTIC_PROPERTY: Final = Object(
    {
        "isElastic": Boolean(),
        "minTotalSlots": Integer(least=0),
        "maxTotalSlots": Integer(least=0),
        "minIdleSlots": Integer(least=0),
        "resizePeriod": Integer(least=0),
        "rampResizeFactor": Number(),
        "minIdleTimeSeconds": Integer(least=0),
    }
)

_ENABLED_PERIODS: Final = Items(
    Union(
        "type",
        {
            "Always": Object({"name": Text()}),
            "Weekly": Object(
                {
                    "name": Text(),
                    "days": Items(
                        Choice(
                            (
                                "sunday",
                                "monday",
                                "tuesday",
                                "wednesday",
                                "thursday",
                                "friday",
                                "saturday",
                            )
                        )
                    ),
                    "startTimeUtc": Text(),
                    "endTimeUtc": Text(),
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
                        required=("name", "slotsCount"),
                    ),
                    "ManagedTasksQueue": Object(
                        {
                            "name": Text(shortest=1),
                            "enabledPeriods": _ENABLED_PERIODS,
                            "minTotalSlots": Integer(least=0, most=INT64_MAX),
                            "maxTotalSlots": Integer(least=0, most=INT64_MAX),
                            "minIdleSlots": Integer(least=0, most=INT64_MAX),
                            "minIdleTimeSeconds": Integer(least=0, most=INT64_MAX),
                            "scalingFactor": Number(),
                        },
                        required=("name",),
                    ),
                },
            )
        )
    },
    required=("policies",),
)
