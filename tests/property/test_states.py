"""States: any text, kept."""

from __future__ import annotations

import pytest
from hypothesis import given

from qarnot_domain import JobState, PoolState, TaskState
from qarnot_domain.states import State

from . import strategies as s

KINDS = (JobState, TaskState, PoolState)
KNOWN = tuple(sorted({word for kind in KINDS for word in kind.known()}))


@pytest.mark.parametrize("kind", KINDS)
@given(word=s.state_words(*KNOWN))
def test_any_text_is_kept(kind: type[State], word: str) -> None:
    """From text to state and back nothing changes; equality and hash are the text's."""
    state = kind(word)
    assert (type(state), str(state), type(str(state))) == (kind, word, str)
    assert state == word
    assert hash(state) == hash(word)
    assert kind(state) == state
    assert repr(state) == f"{kind.__name__}({word!r})"


@pytest.mark.parametrize("kind", KINDS)
@given(word=s.state_words(*KNOWN))
def test_only_known_words_are_final(kind: type[State], word: str) -> None:
    """A word that is not among the known ones never counts as final."""
    assert word in kind.known() or not kind(word).is_final
