"""The settings that tasks and pools share: what they may be, and how they read back unset."""

from __future__ import annotations

from typing import Any, Final

from qarnot_domain.emulator._shapes import UINT32_MAX, Integer, Items, Shape, Text, Texts, Uuid
from qarnot_domain.emulator._small_shapes import (
    CONSTANT,
    FORCED_CONSTANT,
    FORCED_NETWORK_RULE,
    HARDWARE_CONSTRAINT,
    PRIVILEGES,
    RESOURCES_BUCKET,
    SCHEDULING_TYPE,
    SECRETS_ACCESS_RIGHTS,
)

MAX_BUCKETS: Final = 100

SHAPES: Final[dict[str, Shape]] = {
    "projectUuid": Uuid(),
    "constraints": Items(CONSTANT),
    "forcedConstants": Items(FORCED_CONSTANT),
    "forcedNetworkRules": Items(FORCED_NETWORK_RULE),
    "hardwareConstraints": Items(HARDWARE_CONSTRAINT),
    "secretsAccessRights": SECRETS_ACCESS_RIGHTS,
    "labels": Texts(),
    "resourceBuckets": Items(Text(shortest=1), most=MAX_BUCKETS),
    "advancedResourceBuckets": Items(RESOURCES_BUCKET, most=MAX_BUCKETS),
    "schedulingType": SCHEDULING_TYPE,
    "targetedReservedMachineKey": Text(),
    "targetedReservationName": Text(),
    "defaultResourcesCacheTTLSec": Integer(least=0),
    "privileges": PRIVILEGES,
    "maxTimeQueueSeconds": Integer(least=0, most=UINT32_MAX),
}

DEFAULTS: Final[dict[str, Any]] = {
    "constraints": [],
    "forcedConstants": [],
    "forcedNetworkRules": [],
    "hardwareConstraints": [],
    "secretsAccessRights": {"bySecret": [], "byPrefix": []},
    "labels": {},
    "resourceBuckets": [],
    "advancedResourceBuckets": [],
    "schedulingType": "flex",
    "defaultResourcesCacheTTLSec": 7_776_000,
    "privileges": {"exportApiAndStorageCredentialsInEnvironment": False},
}
"""What an unset setting reads back as; null would crash the official SDK on most of these."""

RETRY_DEFAULTS: Final = {"maxTotalRetries": None, "maxPerInstanceRetries": None}
"""The same for what is `retrySettings` of a task, and `defaultRetrySettings` of a pool."""

NOT_FILTERABLE: Final = (
    "resourceBuckets",
    "secretsAccessRights",
    "schedulingType",
    "targetedReservedMachineKey",
    "targetedReservationName",
)
"""Those that lists can neither be filtered by nor selected."""
