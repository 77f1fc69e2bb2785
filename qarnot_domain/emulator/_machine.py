"""The one kind of machine that instances run on."""

from __future__ import annotations

from typing import Final

CORES_PER_INSTANCE: Final = 4
CLOCK_GHZ: Final = 3.0
MEMORY_MB: Final = 16_384
CPU_MODEL: Final = "Emulated CPU"
SPECIFICATION_KEY: Final = "emulated-4c-16g"
