"""The kinds that tests are run for."""

from __future__ import annotations

from typing import Final

from qarnot_domain import Job, Pool, Task

from ..job.members import JOB
from ..pool.members import POOL
from ..task.members import TASK
from .kind import ExecutionKind, Kind

AnyKind = Kind[Job | Task | Pool]
AnyExecution = ExecutionKind[Task | Pool]

EXECUTIONS: Final[tuple[AnyExecution, ...]] = (TASK, POOL)
KINDS: Final[tuple[AnyKind, ...]] = (JOB, TASK, POOL)
