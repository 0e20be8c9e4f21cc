"""What is pending, for pages: one database query, and no call to the platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.changes.models import Change, Item, State
from portal.changes.visible import visible_items
from portal.resources.spec import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One record of a change that is not at its end."""

    change_id: UUID
    number: int  # of the change, for people
    state: str  # changes.models.State
    type_name: str
    key: str
    action: str  # set | delete
    creates: bool
    wanted: Mapping[str, Value]
    before: Mapping[str, Value]
    author: str
    since: datetime  # when it was asked for
    answer: Mapping[str, Value]  # what the platform, or the portal, has to say (changes.models.Change.answer)
    group: str  # that places it
    attempts: int  # times it was tried to be sent
    next_attempt_at: datetime
    recorded_at: datetime | None
    evidence: str  # what it waits for once it is recorded: "install", "maintenance" or ""
    maintenance: str  # key of the maintenance that was planned for it, '' while none is known
    settled: bool  # this record is in force already, others of its change are not

    @property
    def waits_for_platform(self) -> bool:
        """Whether it could not be sent, and will be tried again by itself."""
        return self.state == State.QUEUED and self.answer.get("kind") == "unreachable"

    @property
    def needs_someone(self) -> bool:
        """Whether it goes no further until a person acts."""
        return self.state in (State.CONFLICT, State.PARKED)


@dataclass(frozen=True, eq=False)
class PendingIndex:
    """All that is pending within a scope. `version` changes whenever any of it does: good for an ETag."""

    all: tuple[Pending, ...]  # by turn
    version: str
    _by_record: Mapping[tuple[str, str], tuple[Pending, ...]] = field(repr=False)

    def of(self, type_name: str, key: str) -> tuple[Pending, ...]:
        """What is pending for a record that is there: not a creation that would give something else its name."""
        return tuple(one for one in self._by_record.get((type_name, key), ()) if one.recorded_at or not one.creates)

    def coming(self, type_name: str, key: str) -> tuple[Pending, ...]:
        """What is pending for a record that is not there yet."""
        return self._by_record.get((type_name, key), ())

    def created(self, type_name: str) -> tuple[Pending, ...]:
        """Records of that type that are being created, and may not stand in any listing yet."""
        return tuple(pending for pending in self.all if pending.creates and pending.type_name == type_name)

    @cached_property
    def count(self) -> int:
        """How many changes that is."""
        return len({pending.change_id for pending in self.all})


def pending_of(scope: Scope) -> PendingIndex:
    """Everything of the customer that is not at its end, within the scope; one database query."""
    undone = Item.objects.filter(change__customer=scope.customer, change__done_at=None)
    undone = undone.exclude(change__state=State.DRAFT).select_related("change__author")
    items = list(visible_items(scope, undone).order_by("change__turn", "position"))
    by_record: dict[tuple[str, str], tuple[Pending, ...]] = {}
    found = tuple(_pending(item, item.change) for item in items)
    for pending in found:
        place = (pending.type_name, pending.key)
        by_record[place] = (*by_record.get(place, ()), pending)
    return PendingIndex(found, _version(items), by_record)


def parked_by_key(customer: Customer) -> dict[str, int]:
    """Group → how many changes wait for a key of it that works: the parked ones, and those behind them in the line."""
    changes = Change.objects.filter(customer=customer, done_at=None)
    parked = changes.filter(state=State.PARKED)
    ahead = Exists(parked.filter(key_group=OuterRef("key_group"), turn__lt=OuterRef("turn")))
    waiting = changes.filter(Q(state=State.PARKED) | Q(ahead, state=State.QUEUED))
    return dict(waiting.order_by().values_list("key_group").annotate(Count("pk")))


def _pending(item: Item, change: Change) -> Pending:
    return Pending(
        change_id=change.pk,
        number=change.number,
        state=change.state,
        type_name=item.type_name,
        key=item.key,
        action=item.action,
        creates=item.creates,
        wanted=item.wanted,
        before=item.before,
        author=str(change.author or ""),
        since=change.created,
        answer=change.answer,
        group=item.group,
        attempts=change.attempts,
        next_attempt_at=change.next_attempt_at,
        recorded_at=change.recorded_at,
        evidence=item.evidence,
        maintenance=item.maintenance,
        settled=item.settled_at is not None,
    )


def _version(items: list[Item]) -> str:
    """Of what pages show; not of the time of the next attempt, which moves all the time."""
    digest = blake2b(digest_size=9)
    for item in items:
        change = item.change
        shown = (item.pk, change.state, change.attempts, change.answer, item.evidence, item.maintenance)
        digest.update(repr((*shown, item.settled_at, change.recorded_at)).encode())
    return digest.hexdigest()
