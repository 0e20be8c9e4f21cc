"""The methods of the API: `call` carries out one call of one key, inside the right transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from portal.sandbox import events, limits, log
from portal.sandbox.clock import now, snapshot, world_lock
from portal.sandbox.errors import FORBIDDEN, INVALID, Fault, Refused, shown
from portal.sandbox.models import ResourceGroup
from portal.sandbox.scope import Scope
from portal.sandbox.types import REGISTRY
from portal.sandbox.types.base import Record, ResourceType, WritableType

_MOST_RECORDS = 5000


def call(group: ResourceGroup, method: str, arguments: list[Any], address: str = "127.0.0.1") -> Any:
    """Carry out one call with the key of `group`. Fault where it is refused; nothing is changed then."""
    events.catch_up()
    handler = METHODS.get(method)
    try:
        if handler is None:
            raise Fault(INVALID, f"{method[:64]}: no such method")
        result = handler(group, arguments, address)
    except Fault as fault:
        if method != "log":
            _note(group, method, arguments, address, fault=fault)
        raise
    return result


def _ping(group: ResourceGroup, arguments: list[Any], address: str) -> str:
    _expect(arguments, 0, "ping()")
    _note(group, "ping", arguments, address, result="pong")
    return "pong"


def _query(group: ResourceGroup, arguments: list[Any], address: str) -> list[Record]:
    _expect(arguments, (1, 2), "query(type, filter)")
    kind = _kind(arguments[0])
    where = arguments[1] if len(arguments) > 1 else None
    if where is not None and not isinstance(where, dict):
        raise Fault(INVALID, f"{kind.name} -: filter: must be a struct, not {shown(where)}")
    try:
        with snapshot():
            records = kind.query(_scope(group, now()), where or {})
    except Refused as refused:
        raise _fault(kind, {}, refused) from None
    _note(group, "query", arguments, address, result=records)
    return records


def _apply(group: ResourceGroup, arguments: list[Any], address: str) -> list[Record]:
    _expect(arguments, 1, "apply(records)")
    given = arguments[0]
    if not isinstance(given, list):
        raise Fault(INVALID, f"apply: records: must be a list, not {shown(given)}")
    if len(given) > _MOST_RECORDS:
        raise Fault(INVALID, f"apply: records: at most {_MOST_RECORDS} in one call")
    with world_lock():
        moment = now()
        events.run_due(moment)
        scope = _scope(group, moment)
        rows = [_apply_one(scope, record) for record in given]
        limits.check(scope)
        events.run_due(moment)
        records = _as_they_are(_scope(group, moment), rows)
        # In the same transaction: who finds a call in the log knows that it has taken effect.
        log.write(group, "apply", arguments, moment, address, result=records)
    return records


def _log(group: ResourceGroup, arguments: list[Any], address: str) -> list[Record]:
    _expect(arguments, (0, 1), "log(serial)")
    serial = arguments[0] if arguments else None
    if serial is not None and (isinstance(serial, bool) or not isinstance(serial, int)):
        raise Fault(INVALID, f"log: serial: must be an integer, not {shown(serial)}")
    return log.read(group, serial, now())


METHODS: dict[str, Callable[[ResourceGroup, list[Any], str], Any]] = {
    "ping": _ping,
    "query": _query,
    "apply": _apply,
    "log": _log,
}


def _expect(arguments: list[Any], counts: int | tuple[int, ...], usage: str) -> None:
    if len(arguments) not in (counts if isinstance(counts, tuple) else (counts,)):
        raise Fault(INVALID, f"wrong number of arguments, expected {usage}")


def _scope(group: ResourceGroup, moment: datetime) -> Scope:
    try:
        return Scope(group, moment)
    except KeyError:
        raise Fault(FORBIDDEN, "the resource group of this key is gone") from None


def _kind(name: object) -> ResourceType:
    kind = REGISTRY.get(name) if isinstance(name, str) else None
    if kind is None:
        raise Fault(INVALID, f"{shown(name)} -: __type__: unknown type")
    return kind


def _apply_one(scope: Scope, record: Any) -> tuple[WritableType[Any], Any] | None:
    """Carry out one record; what it now stands for, or None if it is gone or never was."""
    if not isinstance(record, dict):
        raise Fault(INVALID, f"apply: records: must be structs, not {shown(record)}")
    given = dict(record)
    kind = _kind(given.pop("__type__", None))
    try:
        action = given.pop("__action__", "set")
        if not isinstance(kind, WritableType):
            raise Refused("__type__", "can only be queried", FORBIDDEN)
        if action not in ("set", "delete"):
            raise Refused("__action__", f"must be set or delete, not {shown(action)}")
        for key in kind.primary_key:
            if not isinstance(given.get(key), str):
                raise Refused(key, "is required, a string" if key in given else "is missing")
        if action == "set":
            return kind, kind.set(scope, given).pk
        row = kind.find(scope, given)
        kind.delete(scope, given)
        return (kind, row.pk) if row is not None else None
    except Refused as refused:
        raise _fault(kind, given, refused) from None


def _as_they_are(scope: Scope, rows: list[tuple[WritableType[Any], Any] | None]) -> list[Record]:
    """The full records of what was applied, at the end of the transaction; without what is gone (api_10)."""
    wanted = [row for row in rows if row is not None]
    found: dict[tuple[str, Any], Record] = {}
    for kind in {kind.name: kind for kind, _ in wanted}.values():
        pks = {pk for one, pk in wanted if one is kind}
        found |= {(kind.name, pk): record for pk, record in kind.by_id(scope, pks).items()}
    return [found[kind.name, pk] for kind, pk in wanted if (kind.name, pk) in found]


def _fault(kind: ResourceType, given: Record, refused: Refused) -> Fault:
    parts = [given.get(part, "-") for part in kind.primary_key] if given else ["-"]
    key = "/".join(part[:80] if isinstance(part, str) else shown(part) for part in parts)
    return Fault(refused.code, f"{kind.name} {key}: {refused.key[:80]}: {refused.reason}")


def _note(group: ResourceGroup, method: str, arguments: list[Any], address: str, **outcome: Any) -> None:
    """Log a call that changed nothing, in a transaction of its own."""
    with transaction.atomic():
        # Locked, so that serials of one key appear in their order; None if the group is gone meanwhile.
        locked = ResourceGroup.objects.select_for_update().filter(pk=group.pk).first()
        if locked is not None:
            log.write(locked, method, arguments, now(), address, **outcome)
