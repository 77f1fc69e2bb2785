"""The storage that a task or pool takes its input from (schema `ResourcesBucket`).

Storage itself, and the files in it, are not part of this library: a bucket is named here.
"""

from __future__ import annotations

from typing import Final

from . import _checks as checks
from . import _codecs as codecs
from ._codecs import SettableCodec
from ._values import Value, member, value

MOST_BUCKETS: Final = 100


class BucketPrefixFiltering(Value):
    """Only the files whose path begins with a text."""

    prefix: str = member(codecs.text(shortest=0))


class Filtering(Value):
    """Which files of a bucket are taken."""

    prefix_filtering: BucketPrefixFiltering | None = member(
        value(BucketPrefixFiltering), default=None
    )


class PrefixResourcesTransformation(Value):
    """A text taken off the beginning of each path."""

    prefix: str = member(codecs.text(shortest=0))


class ResourcesTransformation(Value):
    """How the paths of files change on the way into the container."""

    strip_prefix: PrefixResourcesTransformation | None = member(
        value(PrefixResourcesTransformation), default=None
    )


class ResourcesBucket(Value):
    """A bucket as input: by its name, perhaps in part, perhaps with its paths changed."""

    bucket_name: str = member(codecs.text())
    filtering: Filtering | None = member(value(Filtering), default=None)
    resources_transformation: ResourcesTransformation | None = member(
        value(ResourcesTransformation), default=None
    )
    cache_ttl_sec: int | None = member(codecs.integer(), default=None, wire="cacheTTLSec")
    """How long its files may be cached, in seconds, ≥ 0; `None` for the task's default."""


_BUCKET: Final = value(ResourcesBucket)


def _check_bucket(member: str, given: ResourcesBucket | str) -> ResourcesBucket:
    if isinstance(given, str):
        return ResourcesBucket(checks.check_text(member, given, longest=checks.LARGEST_INT32))
    return _BUCKET.check(member, given)


RESOURCES: Final = codecs.listed(
    SettableCodec(_BUCKET.read, _BUCKET.write, check=_check_bucket), most=MOST_BUCKETS
)
"""The buckets of a task or pool, each set as a `ResourcesBucket` or its name."""

RESOURCE_BUCKETS: Final = codecs.listed(codecs.text(), most=MOST_BUCKETS)
"""The names of the buckets of a task or pool."""
