"""What the account may use: the hardware on offer, and the quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from qarnot_domain.emulator import ManualClock, _small_shapes
from qarnot_domain.emulator._emulator import DEFAULT_ORGANIZATION, Emulator
from qarnot_domain.emulator._quotas import EMAIL

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver, Json

HARDWARE = "/hardware-constraints"
SEARCH = f"{HARDWARE}/cpu-model-constraints/search"
QUOTAS = "/quotas/computing-quotas"
LONG = [{"key": "EMULATOR_EXECUTION_TIME", "value": "3600"}]


def models(found: Json) -> list[str]:
    """The processor models of some constraints."""
    return [constraint["cpuModel"] for constraint in found]


def all_constraints(cloud: Driver) -> list[dict[str, Any]]:
    """Every constraint, page after page."""
    constraints: list[dict[str, Any]] = []
    total = 1
    while len(constraints) < total:
        page = cloud.read(f"{HARDWARE}?offset={len(constraints)}")
        constraints += page["data"]
        total = page["total"]
    return constraints


# --- hardware


def test_hardware_comes_in_pages(cloud: Driver) -> None:
    """Of 50 unless fewer are asked for, from where one wants; together they are all there is."""
    first = cloud.read(HARDWARE)
    assert (first["offset"], first["limit"], len(first["data"])) == (0, 50, 50)
    assert first["total"] > 50
    everything = all_constraints(cloud)
    assert len(everything) == first["total"]
    page = cloud.read(f"{HARDWARE}?Limit=7&Offset=48")
    assert (page["offset"], page["limit"]) == (48, 7)
    assert page["data"] == everything[48:55]
    assert cloud.read(f"{HARDWARE}?offset=1000")["data"] == []


@pytest.mark.parametrize(
    "query", ["limit=51", "limit=0", "limit=-1", "limit=x", "offset=-1", "offset=2147483648"]
)
def test_a_page_that_makes_no_sense_is_refused(cloud: Driver, query: str) -> None:
    """The reason names the parameter."""
    response = cloud.get(f"{HARDWARE}?{query}")
    assert (response.status, [*response.json()["errors"]]) == (400, [query.partition("=")[0]])


def test_there_is_hardware_of_every_documented_kind(cloud: Driver) -> None:
    """No constraint twice, and each can be asked for as it is offered."""
    constraints = all_constraints(cloud)
    kinds = {constraint["discriminator"] for constraint in constraints}
    assert kinds == set(_small_shapes.HARDWARE_CONSTRAINT.variants)
    assert all(constraints.count(constraint) == 1 for constraint in constraints)
    task = cloud.create_task(hardwareConstraints=constraints)
    assert cloud.task(task)["hardwareConstraints"] == constraints


def test_what_tasks_run_on_is_on_offer(cloud: Driver) -> None:
    """The processor and the specification that they report."""
    task = cloud.create_task()
    cloud.advance(10)
    [instance] = cloud.task(task)["completedInstances"]
    for kind, member in (("CpuModel", "cpuModel"), ("Specific", "specificationKey")):
        constraint = {"discriminator": f"{kind}HardwareConstraint", member: instance[member]}
        assert constraint in all_constraints(cloud)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ryzen", "AMD Ryzen 7 2700"),
        ("RYZEN 9", "AMD Ryzen 9 9950X"),
        ("7950x+amd", "AMD Ryzen 9 7950X"),
    ],
)
def test_processor_models_are_found_by_parts_of_their_names(
    cloud: Driver, text: str, first: str
) -> None:
    """In any case and order; the name that the text is most of comes first."""
    found = cloud.read(f"{SEARCH}?cpuModel={text}")
    names = models(found)
    assert names[0] == first
    assert names == sorted(names, key=len)
    assert all(part in name.lower() for name in names for part in text.lower().split("+"))
    offered = [c for c in all_constraints(cloud) if c in found]
    assert len(offered) == len(found)


def test_a_whole_name_finds_its_model(cloud: Driver) -> None:
    """Each of them."""
    for name in models(c for c in all_constraints(cloud) if "cpuModel" in c):
        assert models(cloud.read(f"{SEARCH}?CpuModel={name}")) == [name]


@pytest.mark.parametrize("query", ["", "?cpuModel=", "?cpuModel=+", "?model=x"])
def test_a_search_without_a_text_is_refused(cloud: Driver, query: str) -> None:
    """By the name of the argument."""
    assert list(cloud.get(f"{SEARCH}{query}").json()["errors"]) == ["cpuModel"]


def test_a_model_that_is_not_there_is_404(cloud: Driver) -> None:
    """Rather than an empty list."""
    assert cloud.get(f"{SEARCH}?cpuModel=abacus").status == 404


# --- quotas


def busy(cloud: Driver) -> None:
    """Five flex instances, three on demand, two in a pool among them, and four on reservations."""
    pool = cloud.create_pool(schedulingType="onDemand")
    cloud.create_task(instanceCount=5, constants=LONG)
    cloud.create_task(schedulingType="onDemand", constants=LONG)
    cloud.create_task(poolUuid=pool, constants=LONG)
    for name, count in (("spring", 1), ("autumn", 2), ("spring", 1)):
        cloud.create_task(
            schedulingType="reserved",
            targetedReservationName=name,
            instanceCount=count,
            constants=LONG,
        )
    cloud.advance(60)


def counts(quota: Json) -> tuple[int, int]:
    """The instances and the cores that run."""
    return quota["runningInstancesCount"], quota["runningCoresCount"]


def test_quotas_count_what_runs_by_scheduling_type(cloud: Driver) -> None:
    """Reservations one by one; what runs in a pool is on the pool's machines."""
    busy(cloud)
    quotas = cloud.read(f"{QUOTAS}/user")
    assert counts(quotas["flex"]) == (5, 20)
    assert counts(quotas["onDemand"]) == (3, 12)
    reserved = {one["reservationName"]: counts(one) for one in quotas["reserved"]}
    assert reserved == {"spring": (2, 8), "autumn": (2, 8)}
    assert {one["machineKey"] for one in quotas["reserved"]} == {None}


def test_an_idle_account_uses_nothing_of_its_quotas(cloud: Driver) -> None:
    """There is no reservation then either."""
    cloud.create_task()
    cloud.create_task(schedulingType="reserved", targetedReservationName="spring")
    quotas = cloud.read(f"{QUOTAS}/user")
    assert counts(quotas["flex"]) == counts(quotas["onDemand"]) == (0, 0)
    assert quotas["reserved"] == []


def test_all_quotas_agree_with_the_account(cloud: Driver) -> None:
    """The user's, the organization's and the totals."""
    busy(cloud)
    info = cloud.read("/info")
    user = cloud.read(f"{QUOTAS}/user")
    assert info["computingQuotas"]["user"] == user
    assert info["computingQuotas"]["organization"] == {"name": DEFAULT_ORGANIZATION, **user}
    running = [counts(quota) for quota in (user["flex"], user["onDemand"], *user["reserved"])]
    assert sum(instances for instances, _ in running) == info["runningInstanceCount"] == 12
    assert sum(cores for _, cores in running) == info["runningCoreCount"]
    assert user["flex"]["maxInstances"] == info["maxInstances"] == info["maxFlexInstances"]
    assert user["onDemand"]["maxCores"] == info["maxCores"] == info["maxOnDemandCores"]
    assert (info["runningTaskCount"], info["runningPoolCount"]) == (6, 1)


def test_an_organization_says_who_runs_what(cloud: Driver) -> None:
    """Nobody else does, and who runs nothing is left out."""
    cloud.create_task(instanceCount=2, constants=LONG)
    cloud.advance(60)
    quotas = cloud.read(f"{QUOTAS}/organization")
    [(user, shares)] = quotas["flex"].pop("runningCountsPerUser").items()
    assert user == EMAIL == cloud.read("/info")["email"]
    assert counts(shares) == counts(quotas["flex"]) == (2, 8)
    assert quotas["onDemand"].pop("runningCountsPerUser") == {}
    assert quotas == cloud.read(f"{QUOTAS}/user")


def test_a_user_may_be_in_no_organization(driver_class: type[Driver]) -> None:
    """404 then, and null in the account."""
    cloud = driver_class(organization=None)
    assert cloud.get(f"{QUOTAS}/organization").status == 404
    assert cloud.read("/info")["computingQuotas"]["organization"] is None
    assert cloud.get(f"{QUOTAS}/user").status == 200


def test_the_organization_can_be_set_until_a_reset() -> None:
    """As the credits can."""
    emulator = Emulator(clock=ManualClock(), organization="first")
    emulator.organization = None
    assert emulator.organization is None
    emulator.reset()
    assert emulator.organization == "first"
