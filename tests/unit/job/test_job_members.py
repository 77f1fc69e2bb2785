"""`Job`: its constructor, and the members that are set before submission."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from qarnot_domain import Connection, Job, MissingJobException, TimeSpan
from qarnot_domain.emulator import Emulator

from ..driving import POOL_UUID, submitted
from .members import SERVER_MEMBERS, answered, assign_refused, check_locked_by_submission

# --- Job(connection, name, pool=None, shortname=None, use_dependencies=False) ------------------


def test_constructor_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Making a job, by the class or by `create_job`, sends nothing."""
    Job(qarnot_connection, "one")
    qarnot_connection.create_job("two", POOL_UUID, "short", True)
    assert qarnot_emulator.requests == []


def test_constructor_takes_the_arguments_in_the_documented_order(
    qarnot_connection: Connection,
) -> None:
    """The arguments are name, pool, shortname and use_dependencies, in this order."""
    made = (
        Job(qarnot_connection, "n", POOL_UUID, "s", True),
        qarnot_connection.create_job("n", POOL_UUID, "s", True),
        qarnot_connection.create_job(
            name="n", pool=POOL_UUID, shortname="s", use_dependencies=True
        ),
    )
    for job in made:
        assert job.pool is not None
        assert (
            job.name,
            job.pool.uuid,
            job.shortname,
            job.use_dependencies,
        ) == ("n", POOL_UUID, "s", True)


@pytest.mark.parametrize("member", SERVER_MEMBERS)
def test_constructor_is_not_needed_to_look_at_a_member(member: str) -> None:
    """The class itself has each member, as its declaration, for whoever inspects it."""
    assert hasattr(Job, member)


# --- use_dependencies -------------------------------------------------------------------------


def test_use_dependencies_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `False` unless set, goes out as `useDependencies`, and comes back."""
    job = qarnot_connection.create_job("n")
    assert job.use_dependencies is False
    job.use_dependencies = True
    job.submit()
    assert qarnot_emulator.requests[-1].body["useDependencies"] is True
    assert job.use_dependencies is True


def test_use_dependencies_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("use_dependencies", qarnot_connection, qarnot_emulator)


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_use_dependencies_takes_only_a_bool(qarnot_connection: Connection, value: object) -> None:
    """Anything but a `bool` is a `TypeError` that names the member."""
    job = qarnot_connection.create_job("n")
    assert "use_dependencies" in assign_refused(job, "use_dependencies", value, TypeError)


# --- max_wall_time ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3.10:07:06", "3.10:07:06"),
        ("10:07:06", "10:07:06"),
        ("0.10:07:06", "10:07:06"),
        ("365.00:00:00", "365.00:00:00"),
        ("1.03:16:50.5", "1.03:16:50.5000000"),
        ("00:00:00", "00:00:00"),
        (timedelta(days=2, hours=33, minutes=66, seconds=66), "3.10:07:06"),
        (timedelta(milliseconds=1500), "00:00:01.5000000"),
        (timedelta(microseconds=1), "00:00:00.0000010"),
        (TimeSpan("01:00:00"), "01:00:00"),
    ],
)
def test_max_wall_time_takes_a_text_or_a_timedelta(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    value: str | timedelta,
    expected: str,
) -> None:
    """It is kept, sent and read back as a canonical `TimeSpan`."""
    job = qarnot_connection.create_job("n")
    job.max_wall_time = value
    assert (TimeSpan, expected) == (type(job.max_wall_time), job.max_wall_time)
    job.submit()
    assert expected == qarnot_emulator.requests[0].body["maxWallTime"]
    assert (TimeSpan, expected) == (type(job.max_wall_time), job.max_wall_time)


def test_max_wall_time_is_none_unless_given(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `None` unless set, can be taken back, and then is not sent."""
    job = qarnot_connection.create_job("n")
    assert job.max_wall_time is None
    job.max_wall_time = "01:00:00"
    job.max_wall_time = None
    assert job.max_wall_time is None
    job.submit()
    assert "maxWallTime" not in qarnot_emulator.requests[0].body
    assert job.max_wall_time is None


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("banana", ValueError),
        ("24:00:00", ValueError),
        ("1:2:3", ValueError),
        ("10.00:00:00abc", ValueError),
        ("", ValueError),
        (" 01:00:00", ValueError),
        ("01:00:00\n", ValueError),
        ("\N{FULLWIDTH DIGIT ZERO}1:00:00", ValueError),
        ("-00:00:01", ValueError),
        (timedelta(microseconds=-1), ValueError),
        (timedelta.max, ValueError),
        ("10675199.02:48:05.4775808", ValueError),
        (3600, TypeError),
        (1.5, TypeError),
        (b"01:00:00", TypeError),
        (True, TypeError),
    ],
)
def test_max_wall_time_refuses_what_is_no_duration(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """What is no duration of a job is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    job.max_wall_time = "01:00:00"
    assert "max_wall_time" in assign_refused(job, "max_wall_time", value, error)


def test_max_wall_time_may_be_the_longest_there_is(qarnot_connection: Connection) -> None:
    """The longest duration of the API is accepted."""
    job = submitted(qarnot_connection, max_wall_time="10675199.02:48:05.4775807")
    assert job.max_wall_time == TimeSpan.MAX


def test_max_wall_time_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("max_wall_time", qarnot_connection, qarnot_emulator)


# --- auto_delete ------------------------------------------------------------------------------


def test_auto_delete_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `False` unless set, goes out as `autoDeleteOnCompletion`, and comes back."""
    job = qarnot_connection.create_job("n")
    assert job.auto_delete is False
    job.auto_delete = True
    job.submit()
    assert qarnot_emulator.requests[0].body["autoDeleteOnCompletion"] is True
    assert job.auto_delete is True
    assert qarnot_connection.retrieve_job(str(job.uuid)).auto_delete is True


def test_auto_delete_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("auto_delete", qarnot_connection, qarnot_emulator)


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_auto_delete_takes_only_a_bool(qarnot_connection: Connection, value: object) -> None:
    """Anything but a `bool` is a `TypeError` that names the member."""
    job = qarnot_connection.create_job("n")
    assert "auto_delete" in assign_refused(job, "auto_delete", value, TypeError)


# --- completion_ttl ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("02:00:00", "02:00:00"),
        ("1.00:00:00", "1.00:00:00"),
        (timedelta(days=12), "12.00:00:00"),
        (timedelta(0), "00:00:00"),
    ],
)
def test_completion_ttl_takes_a_text_or_a_timedelta(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    value: str | timedelta,
    expected: str,
) -> None:
    """It is kept, sent as `completionTimeToLive` and read back as a canonical `TimeSpan`."""
    job = qarnot_connection.create_job("n")
    job.completion_ttl = value
    job.submit()
    assert expected == qarnot_emulator.requests[0].body["completionTimeToLive"]
    assert (TimeSpan, expected) == (type(job.completion_ttl), job.completion_ttl)


def test_completion_ttl_is_zero_unless_given(qarnot_connection: Connection) -> None:
    """It is `00:00:00` unless set, as a `TimeSpan`, before and after submission."""
    job = qarnot_connection.create_job("n")
    assert (TimeSpan, "00:00:00") == (type(job.completion_ttl), job.completion_ttl)
    assert timedelta(0) == job.completion_ttl.timedelta
    job.submit()
    assert (TimeSpan, "00:00:00") == (type(job.completion_ttl), job.completion_ttl)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("banana", ValueError),
        ("", ValueError),
        ("24:00:00", ValueError),
        (timedelta(seconds=-1), ValueError),
        (timedelta.max, ValueError),
        (60, TypeError),
        (False, TypeError),
    ],
)
def test_completion_ttl_refuses_what_is_no_duration(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """What is no duration of a job is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    job.completion_ttl = "01:00:00"
    assert "completion_ttl" in assign_refused(job, "completion_ttl", value, error)


def test_completion_ttl_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("completion_ttl", qarnot_connection, qarnot_emulator)


def test_completion_ttl_deletes_the_job_when_it_is_over(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The server removes a job that long after it is finished, which an update tells."""
    job = submitted(qarnot_connection, completion_ttl="01:00:00")
    job.terminate()
    qarnot_emulator.advance(timedelta(minutes=59))
    assert job.state == "Completed"
    qarnot_emulator.advance(timedelta(minutes=2))
    assert job.state == "Completed"
    with pytest.raises(MissingJobException):
        job.update()


# --- tags -------------------------------------------------------------------------------------


def test_tags_are_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """They keep their order, go out and come back, and find the job."""
    job = qarnot_connection.create_job("n")
    job.tags = ["b", "a", "ünï, ©"]
    assert job.tags == ["b", "a", "ünï, ©"]
    job.submit()
    assert qarnot_emulator.requests[0].body["tags"] == ["b", "a", "ünï, ©"]
    assert job.tags == ["b", "a", "ünï, ©"]
    assert qarnot_connection.retrieve_job(str(job.uuid)).tags == ["b", "a", "ünï, ©"]
    assert [job] == qarnot_connection.jobs(tags=["ünï, ©"])


def test_tags_that_repeat_are_kept_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A repeated tag is kept at its first place and sent once."""
    job = qarnot_connection.create_job("n")
    job.tags = ["b", "a", "b", "c", "a"]
    assert job.tags == ["b", "a", "c"]
    job.submit()
    assert qarnot_emulator.requests[0].body["tags"] == ["b", "a", "c"]


@pytest.mark.parametrize(
    "value", [("b", "a"), {"b": 1, "a": 2}, iter(["b", "a"]), (t for t in ["b", "a"])]
)
def test_tags_may_be_any_iterable_of_text(
    qarnot_connection: Connection, value: Iterable[str]
) -> None:
    """What is not a list is read once, and the member is a list."""
    job = qarnot_connection.create_job("n")
    job.tags = value
    assert (list, ["b", "a"]) == (type(job.tags), job.tags)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("plain text", TypeError),
        (b"bytes", TypeError),
        (3, TypeError),
        (None, TypeError),
        (["a", 3], TypeError),
        (["a", None], TypeError),
        ([b"a"], TypeError),
        ([["a"]], TypeError),
        ([str(n) for n in range(10)], ValueError),
        (["x" * 512], ValueError),
        (["\ud800"], ValueError),
    ],
)
def test_tags_refuse_what_is_no_list_of_text(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """A plain text or an item that is no text is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    job.tags = ["kept"]
    assert "tags" in assign_refused(job, "tags", value, error)


def test_tags_list_is_a_copy_both_ways(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Changing the list set or the list got changes nothing behind the setter's back."""
    job = qarnot_connection.create_job("n")
    job.tags.append("default changed")
    assert job.tags == []
    assert qarnot_connection.create_job("other").tags == []
    given = ["a"]
    job.tags = given
    given.append("b")
    job.tags.append("c")
    assert job.tags == ["a"]
    job.submit()
    assert qarnot_emulator.requests[0].body["tags"] == ["a"]
    job.tags.append("d")
    assert job.tags == ["a"]


def test_tags_refresh_when_stale(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Stale tags are asked for again."""
    job = submitted(qarnot_connection, tags=["a"])
    assert job.tags == ["a"]
    answered(qarnot_emulator, job)
    assert job.tags == ["a"]
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.tags == ["b", "a"]


def test_tags_are_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """They can be set until submission, and never after (the official SDK loses them silently)."""
    check_locked_by_submission("tags", qarnot_connection, qarnot_emulator)


def test_tags_may_be_as_many_and_as_long_as_the_document_allows(
    qarnot_connection: Connection,
) -> None:
    """Nine tags of 511 characters are accepted here and by the server."""
    tags = [str(n) * 511 for n in range(1, 10)]
    assert tags == submitted(qarnot_connection, tags=tags).tags
