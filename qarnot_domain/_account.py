"""Asking after the account: what it may use, what it uses, profiles and hardware."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from . import _checks as checks
from . import _codecs as codecs
from . import _convert as convert
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

S = TypeVar("S")
T = TypeVar("T")

_LARGEST_PAGE: Final = 50
_LIMIT: Final = codecs.integer(least=1, most=_LARGEST_PAGE)
_OFFSET: Final = codecs.integer()


class Account:
    """What `Connection` offers about the account itself."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def user_info(self) -> UserInfo:
        return self._read(UserInfo.from_json, convert.wire(self._gateway.retrieve_user_info()))

    def user_quotas(self) -> UserComputingQuotas:
        answer = self._gateway.retrieve_user_computing_quotas()
        return self._read(UserComputingQuotas.from_json, convert.wire(answer))

    def organization_quotas(self) -> OrganizationComputingQuotasDetails:
        answer = self._gateway.retrieve_organization_computing_quotas()
        return self._read(OrganizationComputingQuotasDetails.from_json, convert.wire(answer))

    def profile_names(self) -> list[str]:
        names = convert.texts(self._gateway.list_profiles())
        return [self._read(codecs.read_text, name) for name in names]

    def profile(self, name: str) -> Profile:
        self._gateway.check_id("name", name)
        return self._read(Profile.from_json, convert.wire(self._gateway.retrieve_profile(name)))

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
        page = convert.wire(self._gateway.list_hardware_constraints(limit, offset))
        data = self._read(codecs.read_list, page.get("data"))
        return OffsetPage(
            tuple(self._read(HardwareConstraint._read, item) for item in data),
            offset,
            limit,
            self._read(codecs.read_integer, page.get("total")),
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
        return [self._read(CpuModelHardware.from_json, wire) for wire in convert.wires(found)]

    def _read(self, read: Callable[[S], T], value: S) -> T:
        try:
            return read(value)
        except ValueError as error:
            # Without its cause, whose words are the server's own.
            raise self._gateway.malformed(f"the answer cannot be read: {error}") from None
