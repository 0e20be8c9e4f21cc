"""What became of a call whose answer was lost: looked up in the platform's log, then in its records. Never "failed".

While this goes on nothing else of the customer goes out. Only when a call that is still under way could no longer
take effect, and nothing shows that it did, the change is queued again.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.utils import timezone

from portal.api import ApiError, Client, Fault, Refused
from portal.changes import outcome, timing
from portal.changes.conflicts import as_wanted
from portal.changes.intent import as_sent
from portal.changes.leases import let_go
from portal.changes.models import Change, Item, State
from portal.changes.platform_state import look


def latest_serial(client: Client) -> int | None:
    """Serial of the key's last call on the platform; None where its log cannot be read. Raises other ApiErrors."""
    try:
        entries = client.log().value
    except Fault:
        return None
    return max((serial for entry in entries if isinstance(serial := entry.get("serial"), int)), default=0)


def find_out(change: Change, items: Sequence[Item], client: Client, *, resending: bool = False) -> bool:
    """Look once. True: the change has gone on from here; False, only when `resending`: nothing speaks against it."""
    try:
        logged = _in_log(change, items, client)
        present = look(client, items)
    except Refused as error:
        outcome.park(change, error)
        return True
    except ApiError as error:
        _look_again(change, {"kind": "unreachable", "text": str(error)})
        return True
    landed = change.sent_at is None or timezone.now() >= change.sent_at + timing.landing()
    if logged is True or (logged is None and landed and as_wanted(items, present)):
        outcome.recorded(change, items, present)
        return True
    if not landed and logged is None:
        _look_again(change, change.answer)
        return True
    if not resending:
        _queue_again(change)
    return not resending


def _queue_again(change: Change) -> None:
    """It did not arrive: at once the first time, then with pauses, in which a person can take it back."""
    if change.attempts <= 1:
        let_go(change, State.QUEUED, next_attempt_at=timezone.now(), answer={})
    else:
        let_go(change, State.QUEUED, next_attempt_at=timezone.now() + timing.backoff(change.attempts))


def _look_again(change: Change, answer: dict[str, Any]) -> None:
    looks = change.looks + 1
    let_go(change, next_attempt_at=timezone.now() + timing.look_again(looks), looks=looks, answer=answer)


def _in_log(change: Change, items: Sequence[Item], client: Client) -> bool | None:
    """True: the platform carried it out. False: it turned it down. None: nothing about it (yet), or no log."""
    if change.log_serial is None:
        return None
    try:
        entries = client.log(change.log_serial).value
    except Fault:
        return None
    ours = [as_sent(item.type_name, item.key, item.action, item.wanted) for item in items]
    found = [not entry.get("exception") for entry in entries if _is_ours(entry, ours)]
    return any(found) if found else None


def _is_ours(entry: dict[str, Any], records: list[dict[str, Any]]) -> bool:
    """Whether it is an `apply` of exactly these records: with the serial before it remembered, that is this one."""
    if entry.get("method") != "apply":
        return False
    with suppress(LookupError, ValueError, TypeError, AttributeError, RecursionError):
        return bool(json.loads(entry["args"]).get("args") == [records])
    return False
