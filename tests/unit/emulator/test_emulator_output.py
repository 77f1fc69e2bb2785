"""What tasks and pools write: whole or of one instance, read or consumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qarnot_domain.emulator._store import OUTPUT_LIMIT, Output

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver


def test_the_whole_output_is_that_of_all_instances(cloud: Driver) -> None:
    """Each line belongs to one instance, whose own output is its lines in the same order."""
    url = f"/tasks/{cloud.create_task(advancedRanges='1,4')}/stdout"
    cloud.advance(10)
    assert cloud.get(f"{url}/1").body == b"[1] started\n[1] done\n"
    assert cloud.get(f"{url}/4").body == b"[4] started\n[4] done\n"
    assert cloud.get(url).body == b"[1] started\n[4] started\n[1] done\n[4] done\n"


def test_reading_output_consumes_nothing(cloud: Driver) -> None:
    """It reads the same again, and a consuming read still gets all of it."""
    url = f"/tasks/{cloud.create_task()}/stdout"
    cloud.advance(1)
    for _ in range(2):
        assert cloud.get(url).body == cloud.get(f"{url}/0").body == b"[0] started\n"
    assert cloud.post(url).body == b"[0] started\n"


def test_consuming_output_hands_out_each_text_once(cloud: Driver) -> None:
    """The next time only what was written in between, which the whole still holds."""
    url = f"/tasks/{cloud.create_task()}/stdout"
    assert cloud.post(f"{url}/0").body == b""
    cloud.advance(1)
    assert cloud.post(f"{url}/0").body == b"[0] started\n"
    assert cloud.post(f"{url}/0").body == b""
    cloud.advance(9)
    assert cloud.post(f"{url}/0").body == b"[0] done\n"
    assert cloud.get(f"{url}/0").body == b"[0] started\n[0] done\n"


def test_each_instance_and_the_whole_are_consumed_on_their_own(cloud: Driver) -> None:
    """What one consuming read was given, the others are still to be given."""
    url = f"/tasks/{cloud.create_task(instanceCount=2)}/stdout"
    cloud.advance(1)
    assert cloud.post(f"{url}/1").body == b"[1] started\n"
    assert cloud.post(url).body == b"[0] started\n[1] started\n"
    assert cloud.post(f"{url}/0").body == b"[0] started\n"
    cloud.advance(9)
    assert cloud.post(f"{url}/1").body == b"[1] done\n"
    assert cloud.post(url).body == b"[0] done\n[1] done\n"


def test_the_two_streams_are_apart(cloud: Driver) -> None:
    """What fails says so on its standard error, of the instance and of the whole."""
    failing = [{"key": "EMULATOR_OUTCOME", "value": "failure"}]
    url = f"/tasks/{cloud.create_task(instanceCount=2, constants=failing)}"
    cloud.advance(10)
    assert cloud.get(f"{url}/stderr/1").body == cloud.post(f"{url}/stderr/1").body
    assert cloud.get(f"{url}/stderr/1").body == b"[1] failed\n"
    assert cloud.post(f"{url}/stderr/1").body == b""
    assert cloud.get(f"{url}/stdout/1").body == b"[1] started\n"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("instance", ["0", "2", "-1", "x", "1.0", "9" * 5000])
def test_an_instance_that_a_task_does_not_have_is_404(
    cloud: Driver, method: str, stream: str, instance: str
) -> None:
    """Instances keep the numbers of their ranges; what is no number names none."""
    task = cloud.create_task(advancedRanges="1")
    assert cloud.send(method, f"/tasks/{task}/{stream}/{instance}").status == 404
    assert cloud.send(method, f"/tasks/{task}/{stream}/1").status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_an_instance_of_what_is_not_there_is_404(cloud: Driver, method: str, stream: str) -> None:
    """Whatever the instance."""
    assert cloud.send(method, f"/tasks/absent/{stream}/0").status == 404


def test_the_instances_of_a_pool_tell_when_they_come_and_go(cloud: Driver) -> None:
    """Each on its own and all together, at the moment when the pool takes on its size."""
    policy = {"type": "Fixed", "name": "f", "enabledPeriods": [{"type": "Always"}]}
    pool = cloud.create_pool(scaling={"policies": [{**policy, "slotsCount": 1}]})
    stdout = f"/pools/{pool}/stdout"
    assert cloud.get(f"{stdout}/0").body == b""
    cloud.advance(1)
    assert cloud.get(stdout).body == b"[0] started\n"
    cloud.put(f"/pools/{pool}/scaling", {"policies": [{**policy, "slotsCount": 2}]})
    assert cloud.get(f"{stdout}/1").body == b"[1] started\n"
    cloud.put(f"/pools/{pool}/scaling", {"policies": [{**policy, "slotsCount": 1}]})
    assert cloud.get(stdout).body == b"[0] started\n[1] started\n[1] stopped\n"
    cloud.post(f"/pools/{pool}/close")
    assert cloud.get(f"{stdout}/0").body == b"[0] started\n[0] stopped\n"


def test_the_output_of_a_pool_is_consumed_as_that_of_a_task(cloud: Driver) -> None:
    """Once, by each instance and by the whole; nothing ever goes wrong in a pool."""
    pool = f"/pools/{cloud.create_pool()}"
    cloud.advance(1)
    assert cloud.post(f"{pool}/stdout/1").body == b"[1] started\n"
    assert cloud.post(f"{pool}/stdout").body == b"[0] started\n[1] started\n"
    assert cloud.post(f"{pool}/stdout").body == b""
    assert cloud.post(f"{pool}/stdout/0").body == b"[0] started\n"
    for url in (f"{pool}/stderr", f"{pool}/stderr/1"):
        assert cloud.get(url).body == cloud.post(url).body == b""


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_an_instance_that_a_pool_never_had_is_404(cloud: Driver, method: str, stream: str) -> None:
    """One that has gone is still known, as is one that is still to come."""
    pool = cloud.create_pool()
    assert cloud.send(method, f"/pools/{pool}/{stream}/1").status == 200
    assert cloud.send(method, f"/pools/{pool}/{stream}/2").status == 404
    cloud.post(f"/pools/{pool}/close")
    assert cloud.send(method, f"/pools/{pool}/{stream}/1").status == 200
    assert cloud.send(method, f"/pools/absent/{stream}/0").status == 404


def test_output_is_plain_text(cloud: Driver) -> None:
    """Of an instance as of the whole."""
    url = f"/tasks/{cloud.create_task()}/stdout"
    for response in (cloud.get(url), cloud.get(f"{url}/0"), cloud.post(f"{url}/0")):
        assert response.header("content-type") == "text/plain; charset=utf-8"


_LINES = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from([0, 1, OUTPUT_LIMIT // 3, OUTPUT_LIMIT - 5, 2 * OUTPUT_LIMIT]),
        st.sampled_from(["", "all", "one"]),
    ),
    max_size=12,
)


@given(_LINES)
def test_output_is_a_circular_buffer(lines: list[tuple[int, int, str]]) -> None:
    """Of all that was written the last lines are there, as many as the limit holds."""
    output, written = Output(), list[tuple[int, str]]()
    given_out: dict[int | None, int] = {None: 0, 0: 0}
    for instance_id, length, consumed in lines:
        text = f"{len(written) % 10}" * length
        output.write(instance_id, text)
        # A line that is too long by itself keeps its end.
        written.append((instance_id, f"[{instance_id}] {text}\n"[-OUTPUT_LIMIT:]))
        kept, size = len(written), 0
        while kept and size + len(written[kept - 1][1]) <= OUTPUT_LIMIT:
            kept -= 1
            size += len(written[kept][1])

        def held(reader: int | None, start: int) -> str:
            return "".join(line for writer, line in written[start:] if reader in (None, writer))

        for reader in (None, 0, 1):
            assert output.read(reader) == held(reader, kept)
        assert output.tail(100) == held(None, kept)[-100:]
        if consumed:
            reader = None if consumed == "all" else 0
            assert output.consume(reader) == held(reader, max(kept, given_out[reader]))
            given_out[reader] = len(written)
