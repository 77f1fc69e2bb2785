"""`Job`: its uuid, name and shortname, how it is shown, and what equals it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from qarnot_domain import Connection, InvalidRequestException, Job, Pool, TaskState
from qarnot_domain.emulator import Emulator

from ..driving import JOB_PAYLOAD, JOB_UUID, POOL_UUID, connect, operations, submitted
from .members import assign_refused, check_locked_by_submission

# --- uuid -------------------------------------------------------------------------------------


def test_uuid_is_set_on_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `None` before submission and the server's after, without another request."""
    job = qarnot_connection.create_job("n")
    assert job.uuid is None
    job.submit()
    assert operations(qarnot_emulator) == ["createJob"]
    assert [job.uuid] == [found.uuid for found in qarnot_connection.jobs()]


def test_uuid_is_read_only(qarnot_connection: Connection) -> None:
    """It cannot be set, before or after submission."""
    job = qarnot_connection.create_job("n")
    assign_refused(job, "uuid", JOB_UUID, AttributeError)
    job.submit()
    assign_refused(job, "uuid", JOB_UUID, AttributeError)


def test_uuid_stays_after_deletion(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A deleted job keeps its uuid (the official SDK clears it, which unlocks everything)."""
    job = submitted(qarnot_connection)
    uuid = job.uuid
    job.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    assert uuid is not None
    assert uuid == job.uuid


# --- name -------------------------------------------------------------------------------------


def test_name_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The name last set goes out and comes back, whatever characters it holds."""
    job = qarnot_connection.create_job("first")
    job.name = 'ünï ©ødé \N{SLICE OF PIZZA}\n"quoted"'
    job.submit()
    assert job.name == qarnot_emulator.requests[0].body["name"]
    assert job.name == 'ünï ©ødé \N{SLICE OF PIZZA}\n"quoted"'


def test_name_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("name", qarnot_connection, qarnot_emulator)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("", ValueError),
        ("x" * 2048, ValueError),
        ("lone surrogate \ud800", ValueError),
        (None, TypeError),
        (3, TypeError),
        (b"bytes", TypeError),
    ],
)
def test_name_must_be_text_that_is_not_empty(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """An empty or endless name, or none at all, is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    assert "name" in assign_refused(job, "name", value, error)


def test_name_may_be_as_long_as_the_document_allows(qarnot_connection: Connection) -> None:
    """A name of 2047 characters is accepted here and by the server."""
    job = submitted(qarnot_connection, name="x" * 2047)
    assert job.name == "x" * 2047


# --- shortname --------------------------------------------------------------------------------


def test_shortname_defaults_to_the_uuid(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Without one, none is sent, and once submitted it is the uuid."""
    job = qarnot_connection.create_job("n")
    assert job.shortname is None
    job.submit()
    assert "shortname" not in qarnot_emulator.requests[0].body
    assert job.uuid == job.shortname


def test_shortname_is_sent_and_finds_the_job(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The one given goes out, comes back, and retrieves the job."""
    job = submitted(qarnot_connection, shortname="my-job-1")
    assert qarnot_emulator.requests[0].body["shortname"] == "my-job-1"
    assert job.shortname == "my-job-1"
    assert job == qarnot_connection.retrieve_job("my-job-1")


def test_shortname_can_be_taken_back(qarnot_connection: Connection) -> None:
    """Setting `None` means none is given."""
    job = qarnot_connection.create_job("n", shortname="mine")
    job.shortname = None
    assert job.shortname is None


def test_shortname_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("shortname", qarnot_connection, qarnot_emulator)


@pytest.mark.parametrize("label", ["a", "0", "a-b", "a--b", "0a", "x" * 63, "1-2-3"])
def test_shortname_may_be_any_dns_label(qarnot_connection: Connection, label: str) -> None:
    """Every DNS label of RFC 1123 is accepted as it is."""
    job = qarnot_connection.create_job("n", shortname=label)
    assert label == job.shortname


@pytest.mark.parametrize(
    "label",
    [
        "",
        "-",
        "-a",
        "a-",
        "A",
        "my_job",
        "a.b",
        "a b",
        " a",
        "a\n",
        "é",
        "x" * 64,
        "\N{FULLWIDTH DIGIT ONE}",
        "a/b",
        "\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_shortname_that_is_no_dns_label_is_refused(
    qarnot_connection: Connection, label: str
) -> None:
    """What is no DNS label is a `ValueError` that names the member and shows the value."""
    job = qarnot_connection.create_job("n", shortname="mine")
    message = assign_refused(job, "shortname", label, ValueError)
    assert "shortname" in message
    assert repr(label) in message


@pytest.mark.parametrize("value", [3, b"mine", ["mine"]])
def test_shortname_takes_only_text(qarnot_connection: Connection, value: object) -> None:
    """What is not text is a `TypeError` that names the member."""
    job = qarnot_connection.create_job("n")
    assert "shortname" in assign_refused(job, "shortname", value, TypeError)


def test_shortname_is_unique(qarnot_connection: Connection) -> None:
    """A second job of a shortname is refused, with the server's reason, and is no second job."""
    submitted(qarnot_connection, shortname="mine")
    second = qarnot_connection.create_job("second", shortname="mine")
    with pytest.raises(InvalidRequestException, match="shortname") as caught:
        second.submit()
    assert list(caught.value.errors) == ["shortname"]
    assert len(qarnot_connection.jobs()) == 1
    second.shortname = "other"
    second.submit()
    assert len(qarnot_connection.jobs()) == 2


# --- repr and str -----------------------------------------------------------------------------


def test_repr_shows_what_the_contract_says(qarnot_connection: Connection) -> None:
    """It shows name, shortname, uuid, pool, state and tags."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    for shown in (repr(job), str(job)):
        assert shown.startswith("Job(")
        for expected in (
            "name='name on the server'",
            "shortname='shortname-on-the-server'",
            f"uuid='{JOB_UUID}'",
            POOL_UUID,
            "Terminating",
            "['b', 'a']",
        ):
            assert expected in shown


def test_repr_never_shows_the_token(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The token is in no form of showing a job or what hangs on it."""
    job = submitted(qarnot_connection)
    for text in (repr(job), str(job), job._repr_html_(), repr(job.tags), repr(job.pool)):
        assert qarnot_emulator.token not in text


def test_repr_in_a_notebook_is_escaped(qarnot_connection: Connection) -> None:
    """Names and tags cannot bring markup into a notebook."""
    job = qarnot_connection.create_job("<script>alert(1)</script>")
    job.tags = ["<b>&"]
    shown = job._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "&lt;b&gt;&amp;" in shown


def test_repr_of_states_is_for_developers(qarnot_connection: Connection) -> None:
    """A state shows its kind in a `repr` and only its text when printed."""
    job = submitted(qarnot_connection)
    assert (f"{job.state}", repr(job.state)) == ("Active", "JobState('Active')")
    assert re.search(r"state=\S*Active", repr(job))
    assert TaskState.SUCCESS.is_final


# --- equality and hash ------------------------------------------------------------------------


def test_eq_hash_of_two_objects_for_one_job(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Two objects for the same uuid on the same cluster are equal and hash alike."""
    job = submitted(qarnot_connection)
    with connect(qarnot_emulator) as other_connection:
        others = [
            qarnot_connection.retrieve_job(str(job.uuid)),
            other_connection.retrieve_job(str(job.uuid)),
            Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "uuid": job.uuid}),
        ]
    for other in others:
        assert job == other
        assert hash(job) == hash(other)
    assert {job} == {job, *others}


def test_eq_hash_of_a_uuid_in_capitals(qarnot_connection: Connection) -> None:
    """The case of a uuid makes no other job."""
    lower = Job.from_json(qarnot_connection, {"uuid": JOB_UUID})
    upper = Job.from_json(qarnot_connection, {"uuid": JOB_UUID.upper()})
    assert lower == upper
    assert hash(lower) == hash(upper)


def test_eq_hash_of_drafts(qarnot_connection: Connection) -> None:
    """A job that is not submitted equals itself and nothing else."""
    job, twin = qarnot_connection.create_job("n"), qarnot_connection.create_job("n")
    itself = job
    assert job == itself
    assert job != twin
    assert job != submitted(qarnot_connection, "n")
    assert len({job, twin}) == 2


def test_eq_hash_of_other_jobs_clusters_and_kinds(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Another uuid, another cluster or another kind of object is not equal."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    with Connection(cluster_url="https://elsewhere.test", client_token="x") as elsewhere:
        others: list[object] = [
            Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "uuid": POOL_UUID}),
            Job.from_json(elsewhere, JOB_PAYLOAD),
            Pool.from_json(qarnot_connection, {"uuid": JOB_UUID, "name": "n", "profile": "p"}),
            JOB_UUID,
            None,
        ]
    for other in others:
        assert job != other


def test_eq_hash_stays_when_a_job_is_submitted(qarnot_connection: Connection) -> None:
    """A job put in a set as a draft is still found there once submitted and deleted."""
    job = qarnot_connection.create_job("n")
    jobs = {job}
    job.submit()
    assert job in jobs
    job.delete()
    assert job in jobs


def test_eq_hash_sends_nothing(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Comparing and hashing never ask the server."""
    job = submitted(qarnot_connection)
    assert {job: "found"}[job] == "found"
    assert job != qarnot_connection.create_job("n")
    assert operations(qarnot_emulator) == ["createJob"]
