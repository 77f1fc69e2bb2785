"""Compares two API documents: their operations, and what those take and answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ._findings import BOTH, Findings, Role, Where
from ._operations import Api, Body, Operation, Parameter, same_content, servers
from ._schemas import SchemaComparison, best_pairs

Key = tuple[str, str]


def compare_apis(ours: Api, theirs: Api) -> Findings:
    """Every difference between two documents, each once, and the namings that were folded."""
    comparison = _Comparison(ours, theirs)
    comparison.run()
    return comparison.findings


class _Comparison:
    def __init__(self, ours: Api, theirs: Api) -> None:
        self.findings = Findings()
        self._called = ours.called
        self._documents = ours.document, theirs.document
        self._shapes = ours.shapes, theirs.shapes
        self._ours = ours.operations
        self._theirs = theirs.operations
        self._schemas = SchemaComparison(*self._shapes, self.findings)

    def run(self) -> None:
        """Compare all."""
        self._servers()
        gone = {key: one for key, one in self._ours.items() if key not in self._theirs}
        new = {key: one for key, one in self._theirs.items() if key not in self._ours}
        pairs = [(one, self._theirs[key]) for key, one in self._ours.items() if key not in gone]
        for before, after in self._moved(gone, new):
            one, other = gone.pop(before), new.pop(after)
            kind = "operation renamed" if before[0] == after[0] else "method"
            self._whole(kind, one, other)
            pairs.append((one, other))
        for one in gone.values():
            self._whole("operation removed", one, None)
        for other in new.values():
            self._whole("operation added", None, other)
        for one, other in pairs:
            self._operation(one, other)

    # --- whole operations --------------------------------------------------------------------

    def _servers(self) -> None:
        ours, theirs = map(servers, self._documents)
        where = Where(Role.READER, "every operation", "servers", "#/servers")
        gone = [url for url in ours if theirs and url not in theirs]
        new = [url for url in theirs if url not in ours]
        if gone or new:
            self.findings.add(
                ("#/servers",),
                "servers",
                where,
                before=", ".join(gone) or None,
                after=", ".join(new) or None,
                widens=bool(gone),
                narrows=bool(gone),
                ours="#/servers",
                theirs="#/servers",
                roles=BOTH,
            )

    def _moved(
        self, gone: Mapping[Key, Operation], new: Mapping[Key, Operation]
    ) -> list[tuple[Key, Key]]:
        """Operations with the same content that were given another last word, or method."""
        pairs = best_pairs(
            map("|".join, gone),
            map("|".join, new),
            lambda one, other: self._is_moved(gone[_split(one)], new[_split(other)]),
        )
        return [(_split(one), _split(other)) for one, other in pairs]

    def _is_moved(self, one: Operation, other: Operation) -> bool:
        here, there = one.key.split("/"), other.key.split("/")
        changed = sum(a != b for a, b in zip(here, there, strict=False))
        is_near = len(here) == len(there) and changed + (one.method != other.method) == 1
        return is_near and same_content(one, other, *self._shapes)

    def _whole(self, kind: str, one: Operation | None, other: Operation | None) -> None:
        known = one or other
        if known is None:
            return
        after = self._called(other) if other else None
        title = one.title if one else after or ""
        above = "#/paths"
        if one is not None:
            # What is renamed is the path, and what else is at it moves too.
            above = one.pointer if kind != "operation renamed" else one.pointer.rpartition("/")[0]
        self.findings.add(
            (title,),
            kind,
            Where(Role.READER, title, title, known.pointer),
            before=one.title if one else None,
            after=after,
            widens=one is not None,
            narrows=one is not None,
            ours=one.pointer if one else None,
            theirs=other.pointer if other else None,
            near=above,
            roles=BOTH,
        )

    def _operation(self, one: Operation, other: Operation) -> None:
        fold = self.findings.fold
        if one.path != other.path and one.key == other.key:
            fold("path", one.path, other.path)
        fold("operationId", one.id, other.id)
        if one.deprecated != other.deprecated:
            said = [_yes(operation.deprecated) for operation in (one, other)]
            self._fact(one, other, "deprecated", said[0], said[1])
        if one.security != other.security:
            freed = other.security == "nothing"
            self.findings.add(
                (one.security_at,),
                "security",
                Where(Role.WRITER, one.title, one.title, one.security_at),
                before=one.security,
                after=other.security,
                narrows=not freed,
                ours=one.security_at,
                theirs=other.security_at,
            )
        self._parameters(one, other)
        self._request(one, other)
        self._answers(one, other)

    def _fact(
        self,
        one: Operation,
        other: Operation,
        kind: str,
        before: str | None,
        after: str | None,
        *,
        narrows: bool = False,
    ) -> None:
        """A difference of one operation, for those who call it."""
        self.findings.add(
            (one.title, before, after),
            kind,
            Where(Role.WRITER, one.title, one.title, one.pointer),
            before=before,
            after=after,
            narrows=narrows,
            ours=one.pointer,
            theirs=other.pointer,
        )

    # --- parameters --------------------------------------------------------------------------

    def _parameters(self, one: Operation, other: Operation) -> None:
        gone = {key: p for key, p in one.parameters.items() if key not in other.parameters}
        new = {key: p for key, p in other.parameters.items() if key not in one.parameters}
        for key, parameter in list(gone.items()):
            moved = next((k for k, p in new.items() if p.name == parameter.name), None)
            if moved is not None:
                self._parameter("parameter moved", one, gone.pop(key), new.pop(moved))
        named = best_pairs(
            map("|".join, gone),
            map("|".join, new),
            lambda a, b: self._is_renamed(gone[_split(a)], new[_split(b)]),
        )
        for before, after in named:
            self._parameter(
                "parameter renamed", one, gone.pop(_split(before)), new.pop(_split(after))
            )
        for parameter in gone.values():
            self._parameter("parameter removed", one, parameter, None)
        for parameter in new.values():
            self._parameter("parameter added", one, None, parameter)
        for key, parameter in one.parameters.items():
            if key in other.parameters:
                self._same_parameter(one, parameter, other.parameters[key])

    def _is_renamed(self, one: Parameter, other: Parameter) -> bool:
        prints = self._shapes[0].print_of(one.node), self._shapes[1].print_of(other.node)
        return one.place == other.place and prints[0] == prints[1]

    def _parameter(
        self, kind: str, operation: Operation, one: Parameter | None, other: Parameter | None
    ) -> None:
        known = one or other
        if known is None:
            return
        is_new = one is None
        place = f"{known.place} parameter {known.name}"
        self.findings.add(
            (one.pointer if one else f"{known.place} {known.name} {known.required}",),
            kind,
            Where(Role.WRITER, operation.title, place, known.pointer),
            before=_described(one),
            after=_described(other),
            narrows=known.required if is_new else True,
            ours=one.pointer if one else None,
            theirs=other.pointer if other else None,
            near=one.pointer if one else operation.pointer,
        )

    def _same_parameter(self, operation: Operation, one: Parameter, other: Parameter) -> None:
        place = f"{one.place} parameter {one.name}"
        where = Where(Role.WRITER, operation.title, place, one.pointer)
        self.findings.fold(f"{one.place} parameter", one.name, other.name)
        for kind, before, after, narrows in (
            ("requiredness", _needed(one), _needed(other), other.required),
            ("style", one.style, other.style, True),
            ("deprecated", _yes(one.deprecated), _yes(other.deprecated), False),
        ):
            if before != after:
                self.findings.add(
                    (one.pointer,),
                    kind,
                    where,
                    before=before,
                    after=after,
                    narrows=narrows,
                    ours=one.pointer,
                    theirs=other.pointer,
                )
        self._schemas.compare(one.node, other.node, where)

    # --- bodies ------------------------------------------------------------------------------

    def _request(self, one: Operation, other: Operation) -> None:
        ours, theirs = one.body, other.body
        if ours is None or theirs is None:
            if ours is not theirs:
                needed = theirs is not None and theirs.required
                said = [_body(ours), _body(theirs)]
                self._fact(one, other, "request body", *said, narrows=theirs is None or needed)
            return
        where = Where(Role.WRITER, one.title, f"body of {_name(one)}", ours.pointer)
        if ours.required != theirs.required:
            self.findings.add(
                (ours.pointer,),
                "requiredness",
                where,
                before=_body(ours),
                after=_body(theirs),
                narrows=theirs.required,
                ours=ours.pointer,
                theirs=theirs.pointer,
            )
        self._body(ours, theirs, where)

    def _answers(self, one: Operation, other: Operation) -> None:
        gone = [status for status in one.responses if status not in other.responses]
        new = [status for status in other.responses if status not in one.responses]
        left, right = _successes(gone), _successes(new)
        if len(left) == len(right) == 1:
            self._status(one, other, left[0], right[0])
            gone.remove(left[0])
            new.remove(right[0])
        for status in gone:
            self._status(one, other, status, None)
        for status in new:
            self._status(one, other, None, status)
        for status, response in one.responses.items():
            if status in other.responses:
                self._answer(one, status, response, other.responses[status])

    def _status(
        self, one: Operation, other: Operation, before: str | None, after: str | None
    ) -> None:
        """A status that only one document has, or one success that took the place of another."""
        ours = one.responses[before] if before else None
        theirs = other.responses[after] if after else None
        lost = before is not None and not _successes(
            status for status in other.responses if status != after
        )
        key = [ours.pointer if ours else None, self._print(theirs)]
        self.findings.add(
            key,
            "status",
            Where(Role.READER, one.title, f"status {before or after}", before or after or ""),
            before=before,
            after=after,
            widens=(after is not None and not _is_failure(after))
            or (before is not None and not _is_failure(before) and lost),
            ours=ours.pointer if ours else None,
            theirs=theirs.pointer if theirs else None,
            near=ours.pointer if ours else one.pointer,
        )
        if ours is not None and theirs is not None and before is not None:
            self._answer(one, before, ours, theirs)

    def _print(self, body: Body | None) -> str | None:
        if body is None:
            return None
        shapes = self._shapes[1]
        return " ".join(f"{n} {shapes.print_of(m.node)}" for n, m in sorted(body.media.items()))

    def _answer(self, operation: Operation, status: str, ours: Body, theirs: Body) -> None:
        place = f"answer {status} of {_name(operation)}"
        where = Where(Role.READER, operation.title, place, ours.pointer)
        for name in {**ours.headers, **theirs.headers}:
            one, other = ours.headers.get(name), theirs.headers.get(name)
            if one is not None and other is not None:
                at = where.at(f"header {one.name}", one.pointer)
                self._schemas.compare(one.node, other.node, at)
                continue
            known = one or other
            title = known.name if known is not None else name
            self.findings.add(
                (ours.pointer, name),
                "header",
                where.at(f"{place}, header {title}", ours.pointer),
                before=title if one else None,
                after=title if other else None,
                widens=one is not None,
                ours=ours.pointer,
                theirs=theirs.pointer,
            )
        self._body(ours, theirs, where)

    def _body(self, ours: Body, theirs: Body, where: Where) -> None:
        gone = [m.name for name, m in ours.media.items() if name not in theirs.media]
        new = [m.name for name, m in theirs.media.items() if name not in ours.media]
        if gone or new:
            self.findings.add(
                (ours.pointer,),
                "media type",
                where,
                before=", ".join(gone) or None,
                after=", ".join(new) or None,
                widens=bool(new) or not theirs.media,
                narrows=bool(gone),
                ours=ours.pointer,
                theirs=theirs.pointer,
            )
        for name, media in ours.media.items():
            if name in theirs.media:
                self._schemas.compare(media.node, theirs.media[name].node, where)


def _split(key: str) -> Key:
    head, _, tail = key.partition("|")
    return head, tail


def _successes(statuses: Iterable[str]) -> list[str]:
    return [status for status in statuses if status.startswith("2")]


def _is_failure(status: str) -> bool:
    """Whether a client that does not know it treats it as it should: as the failure it is."""
    return status.startswith(("4", "5")) or status == "default"


def _name(operation: Operation) -> str:
    return operation.id or operation.title


def _described(parameter: Parameter | None) -> str | None:
    if parameter is None:
        return None
    return f"{parameter.place} parameter {parameter.name}, {_needed(parameter)}"


def _needed(parameter: Parameter) -> str:
    return "required" if parameter.required else "optional"


def _body(body: Body | None) -> str | None:
    return None if body is None else "required" if body.required else "optional"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
