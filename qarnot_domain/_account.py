"""Asking after the account: what it may use, what it uses, profiles and hardware."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from . import _checks as checks
from . import _codecs as codecs
from . import _convert as convert
from ._codecs import Json, Wire
from ._gateway import Gateway
from ._listing import OffsetPage
from .account import (
    OrganizationComputingQuotasDetails,
    Profile,
    UserComputingQuotas,
    UserInfo,
)
from .exceptions import MissingProfileException, QarnotException
from .hardware_constraint import CpuModelHardware, HardwareConstraint

T = TypeVar("T")

_LARGEST_PAGE: Final = 50
_LIMIT: Final = codecs.integer(least=1, most=_LARGEST_PAGE)
_OFFSET: Final = codecs.integer()


class Account:
    """What `Connection` offers about the account itself."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def user_info(self) -> UserInfo:
        return self._gateway.retrieve_user_info().read(UserInfo.from_json)

    def user_quotas(self) -> UserComputingQuotas:
        answer = self._gateway.retrieve_user_computing_quotas()
        return answer.read(UserComputingQuotas.from_json)

    def organization_quotas(self) -> OrganizationComputingQuotasDetails:
        answer = self._gateway.retrieve_organization_computing_quotas()
        return answer.read(OrganizationComputingQuotasDetails.from_json)

    def profile_names(self) -> list[str]:
        return self._gateway.list_profiles().read(lambda names: list(map(codecs.read_text, names)))

    def profile(self, name: str) -> Profile:
        self._gateway.check_id("name", name)
        return self._gateway.retrieve_profile(name).read(Profile.from_json)

    def profile_or_none(self, name: str) -> Profile | None:
        try:
            return self.profile(name)
        except MissingProfileException:
            return None

    def hardware_constraints(self) -> Iterator[HardwareConstraint]:
        offset = 0
        while True:
            page = self.hardware_constraints_page(_LARGEST_PAGE, offset)
            yield from page.page_data
            # The server may give fewer than it was asked for.
            offset += len(page.page_data)
            if not page.page_data or offset >= page.total:
                return

    def hardware_constraints_page(self, limit: int, offset: int) -> OffsetPage[HardwareConstraint]:
        _LIMIT.check("limit", limit)
        _OFFSET.check("offset", offset)
        answer = self._gateway.list_hardware_constraints(limit, offset)
        return answer.read(
            lambda page: OffsetPage(
                _member(page, "data", _read_constraints),
                offset,
                limit,
                _member(page, "total", codecs.read_integer),
            )
        )

    def cpu_models(self, cpu_model: str) -> list[CpuModelHardware]:
        checks.check_text("cpu_model", cpu_model, longest=checks.LONGEST_NAME)
        try:
            found = self._gateway.search_cpu_model_constraints(cpu_model)
        except QarnotException as error:
            # So the API says that none matches.
            if error.status_code == 404:
                return []
            raise
        return found.read(
            lambda models: list(map(CpuModelHardware.from_json, convert.wires(models)))
        )


def _read_constraints(value: Json) -> tuple[HardwareConstraint, ...]:
    return tuple(map(HardwareConstraint._read, codecs.read_list(value)))


def _member(wire: Wire, name: str, read: Callable[[Json], T]) -> T:
    try:
        return read(wire.get(name))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
