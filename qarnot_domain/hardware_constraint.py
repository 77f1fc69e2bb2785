"""What the machines that run a task or a pool must have (schema `HardwareConstraint`)."""

from __future__ import annotations

from typing import Final

from . import _codecs as codecs
from ._values import Tagged, member, value


class HardwareConstraint(Tagged, tag="discriminator"):
    """A condition on machines, of one of the kinds below; none is ever given to a task in a pool.

    A kind that this version of the library does not know is read and written as it is: make it
    with `HardwareConstraint.from_json({"discriminator": ..., ...})`.
    """

    @property
    def discriminator(self) -> str:
        """The API's word for its kind."""
        return self._kind or str(self._extra.get("discriminator"))


class MinimumCoreHardware(HardwareConstraint, kind="MinimumCoreHardwareConstraint"):
    """At least so many cores."""

    core_count: int = member(codecs.integer())
    """≥ 0."""


class MaximumCoreHardware(HardwareConstraint, kind="MaximumCoreHardwareConstraint"):
    """At most so many cores."""

    core_count: int = member(codecs.integer())
    """≥ 0."""


class MinimumRamCoreRatioHardware(HardwareConstraint, kind="MinimumRamCoreRatioHardwareConstraint"):
    """At least so much memory per core."""

    minimum_memory_gb_core_ratio: float = member(codecs.number(), wire="minimumMemoryGBCoreRatio")
    """In GB per core, ≥ 0."""


class MaximumRamCoreRatioHardware(HardwareConstraint, kind="MaximumRamCoreRatioHardwareConstraint"):
    """At most so much memory per core."""

    maximum_memory_gb_core_ratio: float = member(codecs.number(), wire="maximumMemoryGBCoreRatio")
    """In GB per core, ≥ 0."""


class MinimumRamHardware(HardwareConstraint, kind="MinimumRamHardwareConstraint"):
    """At least so much memory."""

    minimum_memory_mb: float = member(codecs.number(), wire="minimumMemoryMB")
    """In MB, ≥ 0."""


class MaximumRamHardware(HardwareConstraint, kind="MaximumRamHardwareConstraint"):
    """At most so much memory."""

    maximum_memory_mb: float = member(codecs.number(), wire="maximumMemoryMB")
    """In MB, ≥ 0."""


class SpecificHardware(HardwareConstraint, kind="SpecificHardwareConstraint"):
    """Machines of one specification."""

    specification_key: str = member(codecs.text())
    """The specification's key, as `Connection.hardware_constraints` lists it."""


class CpuModelHardware(HardwareConstraint, kind="CpuModelHardwareConstraint"):
    """Machines with one model of processor."""

    cpu_model: str = member(codecs.text())
    """The model, as `Connection.search_cpu_model_constraints` finds it."""


class GpuHardware(HardwareConstraint, kind="GpuHardwareConstraint"):
    """Machines with a GPU."""


class NoGpuHardware(HardwareConstraint, kind="NoGpuHardwareConstraint"):
    """Machines without a GPU."""


class SSDHardware(HardwareConstraint, kind="SSDHardwareConstraint"):
    """Machines with an SSD."""


class NoSSDHardware(HardwareConstraint, kind="NoSSDHardwareConstraint"):
    """Machines without an SSD."""


HARDWARE_CONSTRAINTS: Final = codecs.listed(value(HardwareConstraint))
"""The constraints of a task or pool."""
