"""States: known words with constants, open to any other word."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from qarnot_domain import JobState, PoolState, TaskState

KINDS = (JobState, TaskState, PoolState)

FINAL = {
    JobState: {"Completed", "Deleting"},
    TaskState: {"Success", "Failure", "Cancelled"},
    PoolState: {"Closed", "Failure"},
}


def pickled(value: object) -> object:
    """The value after a round trip through `pickle`."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("kind", KINDS)
def test_known_states_are_constants_of_their_own_kind(kind: Any) -> None:
    """Each known word has a constant that is the word, and a state of that kind."""
    constants = {name: getattr(kind, name) for name in dir(kind) if name.isupper()}
    assert set(map(str, constants.values())) == set(kind.known())
    assert {type(constant) for constant in constants.values()} == {kind}
    for name, constant in constants.items():
        assert name.replace("_", "").lower() == constant.lower()


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_in_the_order_of_a_life(kind: Any) -> None:
    """From what only the client knows to those in which nothing runs any more."""
    first, *_ = kind.known()
    assert first == "UnSubmitted"
    assert kind.known()[-len(kind.final()) :] == kind.final()


@pytest.mark.parametrize("kind", KINDS)
def test_final_states_are_those_after_which_nothing_runs(kind: Any) -> None:
    """Exactly these are final; on the way to an end is not the end."""
    assert {word for word in kind.known() if kind(word).is_final} == FINAL[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("word", ["Hibernating", "", "completed", "SUCCESS", "Closed ", "é"])
def test_other_words_are_kept_and_never_final(kind: Any, word: str) -> None:
    """A word not known is kept to the letter and never counts as final."""
    state = kind(word)
    assert (str(state), state == word, state.is_final) == (word, True, False)


@pytest.mark.parametrize("kind", KINDS)
def test_finality_of_one_kind_is_not_that_of_another(kind: Any) -> None:
    """A word is judged by the kind it is a state of."""
    words = set().union(*FINAL.values())
    assert {word for word in words if kind(word).is_final} == FINAL[kind]


def test_a_state_is_a_text() -> None:
    """It equals, hashes, formats and serialises as its word; a `repr` shows the kind."""
    state = JobState.ACTIVE
    assert state == "Active"
    assert state in {"Active", "other"}
    assert json.dumps([state]) == '["Active"]'
    assert (f"{state}", type(str(state)), repr(state)) == ("Active", str, "JobState('Active')")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_are_states(copied: Any) -> None:
    """Copying and pickling keep kind and word."""
    for state in (TaskState.SUCCESS, TaskState("Hibernating")):
        assert (type(copied(state)), copied(state)) == (TaskState, state)


def test_final_states_are_those_in_which_nothing_runs() -> None:
    """Each kind lists them, and no other state says that it is final."""
    assert TaskState.final() == ("Success", "Failure", "Cancelled")
    assert PoolState.final() == ("Closed", "Failure")
    assert JobState.final() == ("Completed", "Deleting")
