"""What the audit trail tells: keys, members, second factors, support staff, budgets.

`data` of its facts: {"who": e-mail address of the actor, "target": …, "role": …, "person": id of whom it concerns}.
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
}
CONCERNS_ITS_TARGET = frozenset({"member.changed", "second_factor.reset"})
CONCERNS_ITS_ACTOR = frozenset({"second_factor.removed"})


def facts(since: datetime) -> dict[str, list[Fact]]:
    """Customer's number → what was written since that is told."""
    entries = list(AuditEntry.objects.filter(at__gte=since, action__in=TOLD).exclude(chain="").order_by("at", "id"))
    people = _people(entries)
    found: dict[str, list[Fact]] = {}
    for entry in entries:
        found.setdefault(entry.chain, []).append(_fact(entry, people))
    return found


def _fact(entry: AuditEntry, people: Mapping[str, int]) -> Fact:
    after: dict[str, Any] = json.loads(entry.after) if entry.after else {}
    concerned = _concerned(entry)
    person = people.get(concerned) if concerned else None
    data = {"who": entry.actor, "target": entry.target, "after": after}
    return Fact(
        kind=TOLD[entry.action],
        key=f"trail/{entry.pk}",
        at=entry.at,
        thread=f"{TOLD[entry.action]}/{entry.target}",
        data=data | ({"person": person} if person else {}),
        people=frozenset({person} if person else ()),
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
