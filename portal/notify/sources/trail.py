"""What the audit trail tells: keys, members, second factors, support staff, budgets.

`data` of its facts: {"who": e-mail address of the actor, "target": …, "role": …, "person": id of whom it concerns,
"is_new": whether a member was added}.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from portal.accounts.models import AuditEntry, User
from portal.notify.facts import Fact

# Action of the trail → kind.
TOLD = {
    "key.refused": "key.refused",
    "invitation.accepted": "invitation.accepted",
    "member.changed": "member.changed",
    "second_factor.removed": "factor.removed",
    "second_factor.reset": "factor.removed",
    "staff.viewed": "support.viewed",
    "threshold.passed": "limit.passed",
    "webhook.switched_off": "webhook.off",
}
BY_ITSELF = "webhook.switched_off"  # told where nobody did it
CONCERNS_ITS_TARGET = frozenset({"member.changed", "second_factor.reset"})
CONCERNS_ITS_ACTOR = frozenset({"second_factor.removed"})


def facts(since: datetime) -> dict[str, list[Fact]]:
    """Customer's number → what was written since that is told."""
    told = AuditEntry.objects.filter(at__gte=since, action__in=TOLD).exclude(chain="")
    entries = list(told.exclude(action=BY_ITSELF, actor_id__isnull=False).order_by("at", "id"))
    people = _people(entries)
    found: dict[str, list[Fact]] = {}
    for entry in entries:
        found.setdefault(entry.chain, []).append(_fact(entry, people))
    return found


def _fact(entry: AuditEntry, people: Mapping[str, int]) -> Fact:
    after: dict[str, Any] = json.loads(entry.after) if entry.after else {}
    data: dict[str, Any] = {"who": entry.actor, "target": entry.target, "after": after}
    themselves = frozenset(filter(None, [people.get(_concerned(entry))]))
    is_new = entry.action == "member.changed" and not entry.before  # a mail has told them, and how they get in
    if is_new:
        data["is_new"] = True
    elif themselves:
        (data["person"],) = themselves
    return Fact(
        kind=TOLD[entry.action],
        key=f"trail/{entry.pk}",
        at=entry.at,
        thread=f"{TOLD[entry.action]}/{entry.target}",
        data=data,
        people=frozenset() if is_new else themselves,
        knowing=themselves if is_new else frozenset(),
    )


def _concerned(entry: AuditEntry) -> str:
    """The address of whom it concerns, whatever their role."""
    if entry.action in CONCERNS_ITS_TARGET:
        return entry.target
    return entry.actor if entry.action in CONCERNS_ITS_ACTOR else ""


def _people(entries: Iterable[AuditEntry]) -> Mapping[str, int]:
    def addresses() -> Iterator[str]:
        yield from (address for entry in entries if (address := _concerned(entry)))

    return dict(User.objects.filter(email__in=set(addresses())).values_list("email", "pk"))
