"""Bodies: decompressed and bounded, however they come."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qarnot_domain._body import TooLargeError, UndecodableError, plain

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "X-GZIP ": gzip.compress,
}


@st.composite
def cut(draw: st.DrawFn, whole: bytes) -> Sequence[bytes]:
    """The same bytes in pieces, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    return [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


bodies = st.binary(max_size=300) | st.builds(
    lambda piece, times: piece * times, st.binary(min_size=1, max_size=9), st.integers(0, 50_000)
)


@given(data=st.data(), body=bodies, coding=st.sampled_from(sorted(CODINGS)))
def test_body_up_to_the_limit_is_whole(data: st.DataObject, body: bytes, coding: str) -> None:
    """However it is compressed and cut."""
    pieces = data.draw(cut(CODINGS[coding](body)))
    assert b"".join(plain(pieces, coding, len(body))) == body


@given(data=st.data(), body=bodies.filter(bool), coding=st.sampled_from(sorted(CODINGS)))
def test_body_beyond_the_limit_ends_there(data: st.DataObject, body: bytes, coding: str) -> None:
    """What was allowed has come by then, and nothing more."""
    most = data.draw(st.integers(0, len(body) - 1))
    came: list[bytes] = []
    with pytest.raises(TooLargeError, match="larger than"):
        came.extend(plain(data.draw(cut(CODINGS[coding](body))), coding, most))
    assert b"".join(came) == body[:most]


@given(data=st.data(), body=bodies)
def test_gzip_that_is_not_whole_cannot_be_read(data: st.DataObject, body: bytes) -> None:
    """Wherever it breaks off, but for where it began, and whatever follows it."""
    whole = gzip.compress(body)
    broken = whole[: data.draw(st.integers(1, len(whole) - 1))]
    followed = whole + data.draw(st.binary(min_size=1, max_size=9))
    for wrong in broken, followed:
        with pytest.raises(UndecodableError):
            list(plain(data.draw(cut(wrong)), "gzip", 10**9))


def test_nothing_is_nothing_however_it_is_compressed() -> None:
    """As an answer without a body may say that it is."""
    assert b"".join(plain([b""], "gzip", 0)) == b""


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "utf-8"])
def test_other_codings_are_refused(coding: str) -> None:
    """They were not asked for."""
    with pytest.raises(UndecodableError, match=coding):
        list(plain([zlib.compress(b"{}")], coding, 9))
