"""The operations on the hardware on offer.

What is on offer is made up: some of each kind of constraint, and enough in all for several pages.
"""

from __future__ import annotations

import re
from typing import Any, Final

from qarnot_domain.emulator._http import Refusal, Response, invalid, json_response
from qarnot_domain.emulator._machine import CPU_MODEL, SPECIFICATION_KEY
from qarnot_domain.emulator._router import Call, Route
from qarnot_domain.emulator._shapes import Faults, Integer, fault

MAX_PAGE_SIZE: Final = 50
"""The length of a page unless a shorter one is asked for."""

CPU_MODELS: Final = (
    CPU_MODEL,
    "AMD Ryzen 9 9950X",
    "AMD Ryzen 9 7950X",
    "AMD Ryzen 9 3900X",
    "AMD Ryzen 7 5800X",
    "AMD Ryzen 7 2700",
    "AMD EPYC 9654",
    "AMD EPYC 7763",
    "AMD EPYC 7702P",
    "Intel Xeon Gold 6248R",
    "Intel Xeon E5-2680 v4",
    "Intel Core i9-13900K",
    "Intel Core i7-6700",
)
SPECIFICATION_KEYS: Final = (
    SPECIFICATION_KEY,
    "8c-32g-amd-ryzen7",
    "8c-64g-amd-ryzen7",
    "12c-64g-amd-ryzen9",
    "16c-64g-amd-ryzen9",
    "16c-128g-amd-ryzen9",
    "28c-128g-intel-dual-xeon",
    "28c-256g-intel-dual-xeon",
    "48c-192g-intel-xeon",
    "64c-256g-amd-epyc",
    "96c-512g-amd-epyc",
)
_CORE_COUNTS: Final = (1, 2, 4, 8, 16, 28, 64, 96)
_MEMORY_SIZES: Final = (4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000)
_MEMORY_RATIOS: Final = (1.0, 2.0, 4.0, 8.0)


def _each(kind: str, member: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [{"discriminator": f"{kind}HardwareConstraint", member: value} for value in values]


CONSTRAINTS: Final = (
    *_each("MinimumCore", "coreCount", _CORE_COUNTS),
    *_each("MaximumCore", "coreCount", _CORE_COUNTS),
    *_each("MinimumRam", "minimumMemoryMB", _MEMORY_SIZES),
    *_each("MaximumRam", "maximumMemoryMB", _MEMORY_SIZES),
    *_each("MinimumRamCoreRatio", "minimumMemoryGBCoreRatio", _MEMORY_RATIOS),
    *_each("MaximumRamCoreRatio", "maximumMemoryGBCoreRatio", _MEMORY_RATIOS),
    *_each("Specific", "specificationKey", SPECIFICATION_KEYS),
    *_each("CpuModel", "cpuModel", CPU_MODELS),
    {"discriminator": "GpuHardwareConstraint"},
    {"discriminator": "NoGpuHardwareConstraint"},
    {"discriminator": "SSDHardwareConstraint"},
    {"discriminator": "NoSSDHardwareConstraint"},
)


def list_hardware_constraints(call: Call) -> Response:
    """A page."""
    faults: Faults = {}
    limit = _number(call, "limit", Integer(least=1, most=MAX_PAGE_SIZE), faults)
    offset = _number(call, "offset", Integer(least=0), faults)
    if faults:
        raise invalid(faults)
    limit, offset = limit or MAX_PAGE_SIZE, offset or 0
    return json_response(
        {
            "data": CONSTRAINTS[offset : offset + limit],
            "offset": offset,
            "limit": limit,
            "total": len(CONSTRAINTS),
        }
    )


def search_cpu_model_constraints(call: Call) -> Response:
    """The models with every word of the text, in any case.

    The best match is taken to be the one of which the text is the largest part.
    """
    text = " ".join(call.request.query_values("cpuModel"))
    words = text.lower().split()
    if not words:
        raise invalid({"cpuModel": ["is required"]})
    found = [model for model in CPU_MODELS if all(word in model.lower() for word in words)]
    if not found:
        raise Refusal(404, f"No such processor model: {text}")
    return json_response(_each("CpuModel", "cpuModel", tuple(sorted(found, key=len))))


ROUTES: Final = (
    Route(
        "listHardwareConstraints",
        "GET",
        "/hardware-constraints",
        list_hardware_constraints,
    ),
    Route(
        "searchCpuModelConstraints",
        "GET",
        "/hardware-constraints/cpu-model-constraints/search",
        search_cpu_model_constraints,
    ),
)


def _number(call: Call, name: str, shape: Integer, faults: Faults) -> int | None:
    """The value of a query parameter, `None` if there is none."""
    values = call.request.query_values(name)
    if not values:
        return None
    if not re.fullmatch(r"-?[0-9]{1,10}", values[0]):
        fault(faults, name, "must be a whole number")
        return None
    number = int(values[0])
    shape.read(number, name, faults)
    return number
