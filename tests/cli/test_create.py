"""`qarnot-job create`: a job by options, or with its tasks by a description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import Connection

from .driving import Shell

TASK: dict[str, Any] = {"name": "one", "profile": "docker-batch"}


def described(*tasks: object, **members: object) -> dict[str, object]:
    """A description with these tasks."""
    return {"name": "job", "use_dependencies": True, "tasks": list(tasks), **members}


def test_every_option_reaches_the_server(shell: Shell) -> None:
    """What the options say is what the job is."""
    ran = shell(
        *("create", "-n", "nightly", "-s", "night", "-d", "--max-wall-time", "1.02:00:00"),
        *("--completion-ttl", "03:00:00", "--auto-delete", "--tag", "a", "--tag", "b"),
        *("--output", "json"),
    )
    assert ran.code == 0
    (job,) = ran.json
    assert (
        job
        | {
            "name": "nightly",
            "shortname": "night",
            "use_dependencies": True,
            "max_wall_time": "1.02:00:00",
            "completion_ttl": "03:00:00",
            "auto_delete": True,
            "tags": ["a", "b"],
            "state": "Active",
            "tasks": {},
        }
        == job
    )


def test_description_with_tasks_is_two_creations(shell: Shell) -> None:
    """A job and all its tasks are created by one request each."""
    ran = shell("create", "-f", "-", "-o", "json", given=described(TASK, {**TASK, "name": "two"}))
    assert ran.json[0]["tasks"] == {"Submitted": 2}
    assert shell.sent()[:2] == ["createJob", "createTasks"]


def test_description_comes_from_a_file_and_options_win(shell: Shell, tmp_path: Path) -> None:
    """An option beside a file overrides the member of it."""
    path = tmp_path / "job.json"
    path.write_text('\ufeff{"name": "from the file", "tags": ["file"]}', encoding="utf-8")
    ran = shell("create", "-f", str(path), "--name", "from the option", "-o", "json")
    assert ran.json[0]["name"] == "from the option"
    assert ran.json[0]["tags"] == ["file"]


def test_members_that_are_objects_are_built(shell: Shell) -> None:
    """Objects within tasks are given as in Python, by their members."""
    task = {
        **TASK,
        "retry_settings": {"max_total_retries": 2},
        "privileges": {"export_api_and_storage_credentials_in_environment": True},
        "hardware_constraints": [
            {"discriminator": "MinimumCoreHardwareConstraint", "core_count": 4}
        ],
        "resources": [
            "plain",
            {
                "bucket_name": "part",
                "filtering": {"prefix_filtering": {"prefix": "in/"}},
                "resources_transformation": {"strip_prefix": {"prefix": "in/"}},
            },
        ],
        "forced_constants": {"SIZE": {"forced_value": "3", "access": "readOnly"}},
        "forced_network_rules": [{"inbound": True, "proto": "tcp"}],
        "secrets_access_rights": {"by_secret": [{"key": "k"}], "by_prefix": []},
        "labels": {"team": "blue"},
        "tags": ["x"],
        "scheduling_type": "onDemand",
    }
    shell("create", "-f", "-", given=described(task))
    (sent,) = next(r.body for r in shell.cloud.requests if r.operation == "createTasks")
    assert sent["retrySettings"] == {"maxTotalRetries": 2}
    assert sent["hardwareConstraints"] == [
        {"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 4}
    ]
    assert [bucket["bucketName"] for bucket in sent["advancedResourceBuckets"]] == ["plain", "part"]
    assert sent["forcedConstants"][0]["constantName"] == "SIZE"
    assert sent["secretsAccessRights"]["bySecret"] == [{"key": "k"}]
    assert sent["labels"] == {"team": "blue"}


def test_tasks_depend_on_one_another_by_name(shell: Shell) -> None:
    """A dependency names a task of the description, however it is placed, or gives conditions."""
    last = {
        **TASK,
        "name": "last",
        "dependencies": [{"task": "mid", "task_final_state_condition": ["failure"]}],
    }
    middle = {**TASK, "name": "middle", "shortname": "mid", "dependencies": ["one"]}
    shell("create", "-s", "deps", "-f", "-", given=described(last, middle, TASK))
    tasks = {task["name"]: task for task in shell("tasks", "deps", "-o", "json").json}
    assert tasks["middle"]["dependencies"]["tasks"] == [tasks["one"]["uuid"]]
    (waited,) = tasks["last"]["dependencies"]["advanced_depends_on"]
    assert waited["task"] == tasks["middle"]["uuid"]
    assert waited["task_final_state_condition"] == ["failure"]


def test_range_of_instances_replaces_the_count(shell: Shell) -> None:
    """A task with a range has no count of instances."""
    shell("create", "-s", "range", "-f", "-", given=described({**TASK, "advanced_range": "0-3"}))
    (task,) = shell("tasks", "range", "-o", "json").json
    assert task["total_instance_count"] == 4


def test_pool_is_named_by_its_shortname(shell: Shell, qarnot_connection: Connection) -> None:
    """A pool that is not given by its uuid is looked up."""
    pool = qarnot_connection.create_pool("pool", "docker-batch", shortname="my-pool")
    pool.submit()
    ran = shell("create", "-n", "in-pool", "--pool", "my-pool", "-o", "json")
    assert ran.json[0]["pool"] == pool.uuid
    assert shell("create", "-n", "x", "--pool", "nowhere").code == 4


REFUSED: list[tuple[object, str]] = [
    ('{"name": "x",', "standard input: it is not JSON: Expecting property name"),
    ("[]", "the description must be an object, not a list"),
    ('{"name": "x", "name": "y"}', "the member 'name' is given twice"),
    ('{"name": NaN}', "NaN is no number of JSON"),
    ("[" * 100_000, "it is nested too deeply"),
    ({"nam": "x"}, "a job has no member 'nam'; there are: name, shortname,"),
    ({}, "a job needs a name"),
    ({"name": 3}, "name must be text"),
    ({"name": "x", "max_wall_time": "24:00:00"}, "'24:00:00' is not a time span"),
    ({"name": "x", "tasks": {}}, "tasks must be a list, not an object"),
    ({"name": "x", "tasks": [3]}, "tasks[0] must be an object, not a number"),
    (described({"profile": "p"}), "tasks[0] needs a name"),
    (described({**TASK, "comand": "x"}), "tasks[0] has no member 'comand'"),
    (described({**TASK, "job": "x"}), "tasks[0] has no member 'job'"),
    (described({**TASK, "instancecount": "3"}), "tasks[0] 'one': instancecount must be an int"),
    (described({"name": "one"}), "tasks[0] 'one': either profile or pool is needed"),
    (
        described({**TASK, "instancecount": 2, "advanced_range": "0-1"}),
        "instancecount and advanced_range exclude each other",
    ),
    (
        described({**TASK, "retry_settings": {"total": 1}}),
        "tasks[0] 'one': retry_settings has no member 'total'; there are: max_total_retries,",
    ),
    (
        described({**TASK, "retry_settings": {"max_total_retries": -1}}),
        "tasks[0] 'one': retry_settings: max_total_retries must",
    ),
    (described({**TASK, "retry_settings": []}), "retry_settings must be an object, not a list"),
    (
        described({**TASK, "hardware_constraints": [{"discriminator": "Cpu"}]}),
        "hardware_constraints[0].discriminator must be one of: MinimumCore",
    ),
    (
        described({**TASK, "resources": [{"bucket_name": "b", "filtering": {"x": 1}}]}),
        "resources[0].filtering has no member 'x'",
    ),
    (described({**TASK, "resources": [{}]}), "resources[0] needs the member 'bucket_name'"),
    (
        described({**TASK, "dependencies": ["nobody"]}),
        "dependencies[0]: no task of this description is called 'nobody'",
    ),
    (
        described(TASK, TASK, {**TASK, "name": "b", "dependencies": ["one"]}),
        "dependencies[0]: 'one' is the name of 2 tasks; use a shortname",
    ),
    (
        described({**TASK, "dependencies": ["one"]}),
        "tasks[0] 'one': dependencies: the task 'one' would wait for itself",
    ),
    (
        described(TASK, {**TASK, "name": "b", "dependencies": ["one"]}, use_dependencies=False),
        "tasks[1] 'b': dependencies need a job that was created with use_dependencies",
    ),
    (
        described({**TASK, "dependencies": [{"task": 3}]}),
        "dependencies[0] needs a task: a name, a shortname or a uuid",
    ),
    (described({**TASK, "constants": {"A": 1}}), "constants"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_description_that_cannot_be_sends_nothing(shell: Shell, given: object, said: str) -> None:
    """It is refused in one line that says where and why, with code 2, before any request."""
    ran = shell("create", "-f", "-", given=given)
    assert ran.code == 2
    assert said in ran.err.splitlines()[0]
    assert ran.out == ""
    assert shell.cloud.requests == []


def test_file_that_cannot_be_read_is_named(shell: Shell, tmp_path: Path) -> None:
    """A file that is not there, or not text, is code 2."""
    ran = shell("create", "-f", str(tmp_path / "nowhere.json"))
    assert (ran.code, ran.err) == (
        2,
        f"Error: {tmp_path}/nowhere.json: No such file or directory\n",
    )
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    assert "it is not UTF-8" in shell("create", "-f", str(tmp_path / "binary")).err


def test_shortname_that_is_taken_is_told(shell: Shell) -> None:
    """A second job of the same shortname is refused, with code 2 and the server's reason."""
    shell.job("taken")
    ran = shell("create", "-n", "again", "-s", "taken")
    assert ran.code == 2
    assert "taken" in ran.err


def test_tasks_that_are_refused_are_told_one_by_one(shell: Shell) -> None:
    """The job and the other tasks are there; what to do about it is said."""
    shell.cloud.fail_next("createTasks", status=403, body={"message": "not you"})
    ran = shell("create", "-s", "half", "-f", "-", given=described(TASK, {**TASK, "name": "two"}))
    assert ran.code == 3
    assert "task 'one': " in ran.err
    assert "task 'two': " in ran.err
    assert "qarnot-job terminate half" in ran.err


def test_lost_answer_is_looked_up(shell: Shell) -> None:
    """A job without a shortname gets one, so that it is created once however the network fails."""
    shell.cloud.fail_next("createJob", drop="after")
    ran = shell("create", "-n", "once", "-o", "json")
    assert ran.code == 0
    assert [job["uuid"] for job in shell("list", "-o", "json").json] == [ran.json[0]["uuid"]]


def test_create_can_wait(shell: Shell) -> None:
    """With --wait it prints what `wait` does, and ends as that."""
    ran = shell("create", "-s", "w", "-f", "-", "--wait", "-o", "json", given=described(TASK))
    assert (ran.code, ran.json[0]["result"]) == (0, "succeeded")
    failing = {**TASK, "constants": {"EMULATOR_OUTCOME": "failure"}}
    assert shell("create", "-f", "-", "--wait", given=described(failing)).code == 1
    assert shell("create", "-n", "x", "--timeout", "3").code == 2


def test_quiet_create_prints_the_uuid_alone(shell: Shell) -> None:
    """What scripts keep in a variable."""
    ran = shell("create", "-n", "quiet", "-q")
    assert (ran.err, ran.out.count("\n"), len(ran.out.strip())) == ("", 1, 36)
