"""Batches of compute jobs on Qarnot's cloud, from Python. Independent and unofficial.

>>> import qarnot_domain
>>> connection = qarnot_domain.Connection(client_token="…")  # doctest: +SKIP
>>> job = connection.create_job("first")  # doctest: +SKIP
>>> job.submit()  # doctest: +SKIP
"""

from ._listing import Page
from ._version import __version__
from .connection import Connection
from .exceptions import (
    Attempt,
    ConflictException,
    ConnectionFailedException,
    InvalidRequestException,
    MalformedResponseException,
    MaxJobException,
    MaxPoolException,
    MaxTaskException,
    MissingBucketException,
    MissingJobException,
    MissingPoolException,
    MissingProfileException,
    MissingTaskException,
    NotEnoughCreditsException,
    QarnotException,
    QarnotGenericException,
    ServerException,
    SubmissionUnknownException,
    TimeoutException,
    TooManyRequestsException,
    UnauthorizedException,
)
from .job import Job
from .pool import Pool
from .states import JobState, PoolState, TaskState
from .task import Task, TaskError
from .timespan import TimeSpan

__all__ = [
    "Attempt",
    "ConflictException",
    "Connection",
    "ConnectionFailedException",
    "InvalidRequestException",
    "Job",
    "JobState",
    "MalformedResponseException",
    "MaxJobException",
    "MaxPoolException",
    "MaxTaskException",
    "MissingBucketException",
    "MissingJobException",
    "MissingPoolException",
    "MissingProfileException",
    "MissingTaskException",
    "NotEnoughCreditsException",
    "Page",
    "Pool",
    "PoolState",
    "QarnotException",
    "QarnotGenericException",
    "ServerException",
    "SubmissionUnknownException",
    "Task",
    "TaskError",
    "TaskState",
    "TimeSpan",
    "TimeoutException",
    "TooManyRequestsException",
    "UnauthorizedException",
    "__version__",
]
