"""The emulated cloud against a model, through every sequence of requests Hypothesis thinks of."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.emulator._http import Request, Response

from .cloud_model import CONDITIONS, Job, Model, Pool, Task, Thing

TICK: Final = timedelta(milliseconds=100)
LIMITS: Final = {"jobs": 4, "tasks": 12, "pools": 2}
STEPS: Final = 60
THOROUGH: Final = 500
FEW: Final = 12
"""How many examples the other profiles look at: each takes half a second."""

names = st.sampled_from(["a", "b", "B", "é", "c d"])
tags = st.lists(st.sampled_from("xyz"), unique=True)
picks = st.integers(0, 99)
keeping = st.sampled_from([(False, 0), (False, 0), (True, 0), (False, 15)])


def span(ticks: int) -> str:
    """A number of ticks below a minute, as the API writes it."""
    return f"00:00:{ticks // 10:02}.{ticks % 10}"


there_are_jobs = precondition(lambda self: self.model.all("jobs"))
there_are_tasks = precondition(lambda self: self.model.all("tasks"))
there_are_pools = precondition(lambda self: self.model.all("pools"))


class CloudMachine(RuleBasedStateMachine):
    """The emulator's core and the model beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.cloud = Emulator(clock=ManualClock())
        self.cloud.set_limits(**{f"max_{kind}": most for kind, most in LIMITS.items()})
        self.model = Model(LIMITS)
        self.tokens: list[tuple[str, str, bool, str, tuple[str, int]]] = []

    def send(self, method: str, path: str, body: Any = None, query: Any = ()) -> Response:
        reply = self.cloud.handle(
            Request(
                method,
                path,
                tuple(query),
                {"authorization": self.cloud.token},
                b"" if body is None else json.dumps(body).encode(),
            )
        )
        assert isinstance(reply, Response)
        return reply

    def pick(self, kind: str, pick: int) -> Any:
        """One of the things there are, `None` if there are none."""
        every = self.model.all(kind)
        return every[pick % len(every)] if every else None

    # --- creating ----------------------------------------------------------------------------

    def common(self, kind: str, name: str, tags: list[str], kept: tuple[bool, int]) -> Any:
        body = {
            "name": name,
            "tags": tags,
            "autoDeleteOnCompletion": kept[0],
            "completionTimeToLive": span(kept[1]),
        }
        thing = {
            "kind": kind,
            "uuid": "",
            "number": 0,
            "name": name,
            "tags": tags,
            "created": self.model.now,
            "auto_delete": kept[0],
            "time_to_live": kept[1],
        }
        return body, thing

    def take_in(self, status: int, thing: Thing, uuid: str | None) -> None:
        """Take in how a creation was answered."""
        assert status == self.model.admit(thing.kind)
        assert (uuid is not None) == (status == 200)
        if uuid is not None:
            thing.uuid, thing.number = uuid, self.model.number()
            self.model.add(thing)

    def create(self, body: Any, thing: Thing) -> None:
        answer = self.send("POST", f"/{thing.kind}", body)
        uuid = answer.json().get("uuid") if answer.status == 200 else None
        if uuid is not None:
            assert answer.header("location") == f"/{thing.kind}/{uuid}"
        self.take_in(answer.status, thing, uuid)

    @rule(
        name=names,
        tags=tags,
        kept=keeping,
        wall_time=st.sampled_from([None, None, 9, 40]),
        pick=picks,
        in_pool=st.booleans(),
        uses_dependencies=st.booleans(),
    )
    def create_job(
        self,
        name: str,
        tags: list[str],
        kept: tuple[bool, int],
        wall_time: int | None,
        pick: int,
        in_pool: bool,
        uses_dependencies: bool,
    ) -> None:
        body, common = self.common("jobs", name, tags, kept)
        pool = self.pick("pools", pick) if in_pool else None
        body |= {
            "poolUuid": pool and pool.uuid,
            "maxWallTime": wall_time and span(wall_time),
            "useDependencies": uses_dependencies,
        }
        if pool is not None and not pool.is_open:
            assert self.send("POST", "/jobs", body).status == 400
            return
        self.create(
            body,
            Job(
                **common,
                state="Active",
                pool=pool,
                wall_time=wall_time,
                uses_dependencies=uses_dependencies,
            ),
        )

    @rule(
        name=names,
        tags=tags,
        kept=keeping,
        nodes=st.integers(0, 3),
        per_node=st.integers(1, 3),
        elastic=st.none() | st.tuples(st.integers(0, 2), st.integers(2, 6)),
    )
    def create_pool(
        self,
        name: str,
        tags: list[str],
        kept: tuple[bool, int],
        nodes: int,
        per_node: int,
        elastic: tuple[int, int] | None,
    ) -> None:
        body, common = self.common("pools", name, tags, kept)
        body |= {
            "profile": "p",
            "instanceCount": nodes,
            "multiSlotsSettings": {"slotsPerNode": per_node},
        }
        if elastic is not None:
            body["elasticProperty"] = {
                "isElastic": True,
                "minTotalSlots": elastic[0],
                "maxTotalSlots": elastic[1],
            }
        self.create(
            body,
            Pool(
                **common, state="Submitted", nodes=nodes, slots_per_node=per_node, elastic=elastic
            ),
        )

    def task(self, draw: Any) -> tuple[Any, Task, bool]:
        """A body, the task it describes, and whether it is in order."""
        name, tags, kept, instances, time, failing, where, pick, waits = draw
        body, common = self.common("tasks", name, tags, kept)
        constants = {
            "EMULATOR_EXECUTION_TIME": str(time / 10),
            "EMULATOR_FAILING_INSTANCES": str(failing),
        }
        job = self.pick("jobs", pick) if where == "job" else None
        pool = self.pick("pools", pick) if where == "pool" else job and job.pool
        others = [o for o in (self.pick("tasks", w[0]) for w in waits) if o is not None]
        others = list(dict.fromkeys(others)) if job is not None else []
        conditions = [frozenset(w[1]) or frozenset(CONDITIONS.values()) for w in waits]
        waits_for = list(zip(others, conditions, strict=False))
        body |= {
            "instanceCount": instances,
            "constants": [{"key": key, "value": value} for key, value in constants.items()],
            "jobUuid": job and job.uuid,
            "poolUuid": pool.uuid if where == "pool" and pool else None,
            "profile": None if pool else "p",
        }
        if waits_for:
            body["dependencies"] = {
                "advancedDependsOn": [
                    {"taskUuid": other.uuid, "taskFinalStateCondition": sorted(accepted)}
                    for other, accepted in waits_for
                ]
            }
        is_right = (
            (job is None or job.state == "Active")
            and (pool is None or (pool in self.model.things and pool.is_open))
            and (not waits_for or (job is not None and job.uses_dependencies))
            and all(other.job is job for other, _ in waits_for)
        )
        return (
            body,
            Task(
                **common,
                state="Submitted",
                job=job,
                pool=pool,
                instances=instances,
                size=instances,
                time=time,
                failing=frozenset({failing} & set(range(instances))),
                waits_for=waits_for,
            ),
            is_right,
        )

    descriptions = st.tuples(
        names,
        tags,
        keeping,
        st.integers(1, 5),
        st.sampled_from([1, 7, 10, 30]),
        st.integers(0, 9),
        st.sampled_from(["job", "job", "pool", "alone"]),
        picks,
        st.lists(
            st.tuples(picks, st.sets(st.sampled_from(sorted(CONDITIONS.values())))), max_size=2
        ),
    )

    @rule(description=descriptions)
    def create_task(self, description: Any) -> None:
        body, task, is_right = self.task(description)
        if is_right:
            self.create(body, task)
        else:
            assert self.send("POST", "/tasks", body).status == 400

    @rule(descriptions=st.lists(descriptions, min_size=1, max_size=4))
    def create_tasks(self, descriptions: list[Any]) -> None:
        drawn = [self.task(description) for description in descriptions]
        answer = self.send("POST", "/tasks", [body for body, _, _ in drawn])
        results = answer.json()
        for (_, task, is_right), result in zip(drawn, results, strict=True):
            # What it names may have had to leave for the ones before it.
            is_still_right = is_right and all(o in self.model.things for o, _ in task.waits_for)
            if is_still_right:
                self.take_in(result["statusCode"], task, result["uuid"])
            else:
                assert (result["statusCode"], result["uuid"]) == (400, None)
        statuses = {result["statusCode"] for result in results}
        mixed = 207 if 200 in statuses else 400
        assert answer.status == (statuses.pop() if len(statuses) == 1 else mixed)

    @rule(credits=st.sampled_from([None, None, 5.0, 0.0]))
    def set_credits(self, credits: float | None) -> None:
        self.cloud.credits = credits
        self.model.credits = credits is None or credits > 0

    # --- acting ------------------------------------------------------------------------------

    @rule(ticks=st.sampled_from([1, 2, 3, 4, 5, 7, 10, 17, 40, 120]))
    def advance(self, ticks: int) -> None:
        self.cloud.advance(ticks * TICK)
        self.model.advance(ticks)

    def act(self, method: str, thing: Thing, action: str = "", query: Any = ()) -> int:
        return self.send(method, f"/{thing.kind}/{thing.uuid}{action}", query=query).status

    @there_are_tasks
    @rule(pick=picks)
    def abort_task(self, pick: int) -> None:
        task = self.pick("tasks", pick)
        assert self.act("POST", task, "/abort") == self.model.abort(task)

    @there_are_tasks
    @rule(pick=picks)
    def delete_task(self, pick: int) -> None:
        task = self.pick("tasks", pick)
        assert self.act("DELETE", task) == 200
        self.model.delete_task(task)

    @there_are_tasks
    @rule(pick=picks)
    def restart_task(self, pick: int) -> None:
        task = self.pick("tasks", pick)
        assert self.act("POST", task, "/restart") == self.model.restart(task)

    @there_are_jobs
    @rule(pick=picks)
    def terminate_job(self, pick: int) -> None:
        job = self.pick("jobs", pick)
        assert self.act("POST", job, "/terminate") == 200
        self.model.terminate(job)

    @there_are_jobs
    @rule(pick=picks, force=st.booleans())
    def delete_job(self, pick: int, force: bool) -> None:
        job = self.pick("jobs", pick)
        status = self.act("DELETE", job, query=[("force", str(force))])
        assert status == self.model.delete_job(job, force=force)

    @there_are_pools
    @rule(pick=picks)
    def close_pool(self, pick: int) -> None:
        pool = self.pick("pools", pick)
        assert self.act("POST", pool, "/close") == self.model.close(pool)

    @there_are_pools
    @rule(pick=picks)
    def delete_pool(self, pick: int) -> None:
        pool = self.pick("pools", pick)
        assert self.act("DELETE", pool) == 200
        self.model.delete_pool(pool)

    @there_are_pools
    @rule(pick=picks, slots=st.integers(0, 7))
    def resize_pool(self, pick: int, slots: int) -> None:
        pool = self.pick("pools", pick)
        always = [{"type": "Always", "name": "always"}]
        policy = {"type": "Fixed", "name": "n", "enabledPeriods": always, "slotsCount": slots}
        answer = self.send("PUT", f"/pools/{pool.uuid}/scaling", {"policies": [policy]})
        assert answer.status == 200
        pool.elastic, pool.nodes = None, -(-slots // pool.slots_per_node)
        self.model.settle()

    @there_are_tasks
    @rule(pick=picks)
    def consume_output(self, pick: int) -> None:
        task = self.pick("tasks", pick)
        fresh = self.send("POST", f"/tasks/{task.uuid}/stdout").body.decode()
        assert fresh == "".join(task.stdout[task.consumed :])
        task.consumed = len(task.stdout)

    # --- looking -----------------------------------------------------------------------------

    @rule(kind=st.sampled_from(sorted(LIMITS)), tags=tags)
    def list_by_tag(self, kind: str, tags: list[str]) -> None:
        found = self.send("GET", f"/{kind}", query=[("tag", tag) for tag in tags]).json()
        assert [one["uuid"] for one in found] == [
            t.uuid for t in self.model.all(kind) if not tags or set(tags) & set(t.tags)
        ]

    @rule(kind=st.sampled_from(sorted(LIMITS)), name=names, pick=picks)
    def search(self, kind: str, name: str, pick: int) -> None:
        thing = self.pick(kind, pick)
        state = thing.state if thing else "Success"
        conditions = [("name", "Equal", name), ("state", "NotEqual", state)]
        filters = [{"field": f, "operator": o, "value": v} for f, o, v in conditions]
        tree = {"operator": "And", "filters": filters}
        found = self.send("POST", f"/{kind}/search", {"filter": tree}).json()
        assert [one["uuid"] for one in found] == [
            t.uuid for t in self.model.all(kind) if t.name == name and t.state != state
        ]

    def check_page(
        self, kind: str, order: str, down: bool, size: int, after: Any, ask: Any
    ) -> None:
        def place(thing: Thing) -> tuple[Any, int]:
            return getattr(thing, order), thing.number

        answer = self.send("POST", f"/{kind}/paginate", {"maximumResults": size, **ask}).json()
        every = sorted(self.model.all(kind), key=place, reverse=down)
        rest = [
            t for t in every if after is None or (place(t) < after if down else place(t) > after)
        ]
        assert [one["uuid"] for one in answer["data"]] == [t.uuid for t in rest[:size]]
        assert (answer["total"], answer["count"]) == (len(every), len(rest[:size]))
        assert answer["isTruncated"] == (len(rest) > size)
        assert (answer["nextToken"] is not None) == answer["isTruncated"]
        if answer["isTruncated"]:
            self.tokens.append((kind, order, down, answer["nextToken"], place(rest[size - 1])))

    @rule(
        kind=st.sampled_from(sorted(LIMITS)),
        order=st.sampled_from([("created", "creationDate"), ("name", "name"), ("state", "state")]),
        down=st.booleans(),
        size=st.integers(1, 4),
    )
    def first_page(self, kind: str, order: tuple[str, str], down: bool, size: int) -> None:
        ask = {"orderBy": order[1], "orderType": "DESC" if down else "ASC"}
        self.check_page(kind, order[0], down, size, None, ask)

    @precondition(lambda self: self.tokens)
    @rule(pick=picks, size=st.integers(1, 4))
    def next_page(self, pick: int, size: int) -> None:
        """With a token of any age, whatever came, went or changed since."""
        kind, order, down, token, after = self.tokens[pick % len(self.tokens)]
        self.check_page(kind, order, down, size, after, {"token": token})

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        for kind in LIMITS:
            shown = {one["uuid"]: one for one in self.send("GET", f"/{kind}").json()}
            every = self.model.all(kind)
            assert {u: one["state"] for u, one in shown.items()} == {t.uuid: t.state for t in every}
            for thing in every:
                self.check(thing, shown[thing.uuid])

    def check(self, thing: Thing, shown: Any) -> None:
        if isinstance(thing, Pool):
            assert (
                shown["runningInstanceCount"],
                shown["targetRunningInstanceCount"],
                shown["queuedOrRunningTaskInstancesCount"],
            ) == (thing.running_nodes, thing.target, thing.waiting_or_running)
        elif isinstance(thing, Task):
            for stream in ("stdout", "stderr"):
                text = self.send("GET", f"/tasks/{thing.uuid}/{stream}").body.decode()
                assert text == "".join(getattr(thing, stream))


@pytest.mark.timeout(3600)  # by hand, with the profile `thorough`, and with a failure to shrink
def test_the_cloud_is_as_the_model_says() -> None:
    """States, output, slots, lists and pages, whatever clients do and whenever."""
    examples = settings().max_examples
    examples = examples if examples >= THOROUGH else FEW
    run_state_machine_as_test(
        CloudMachine, settings=settings(max_examples=examples, stateful_step_count=STEPS)
    )
