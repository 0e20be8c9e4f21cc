"""What is pending, for pages: one database query, and no call to the platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.changes.models import Change, Item, State
from portal.changes.reads.visibility import visible_items
from portal.resources.spec import Value

ATTENTION_FOR = timedelta(days=7)  # what was rejected needs someone for that long, unless it is put away


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One record of a change that is not at its end, or was rejected lately."""

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
    answer: Mapping[str, Value]  # what the platform, or the portal, has to say of it (changes.models.Change.answer)
    plan_number: int | None  # of the plan that the change is a part of
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
    refused: tuple[Pending, ...]  # lately: at their end, but somebody has to see to it
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
        return _created(self.all, type_name)

    def refused_creations(self, type_name: str) -> tuple[Pending, ...]:
        """Records of that type that were to be created and are not; without what is being created once more."""
        coming = {pending.key for pending in self.created(type_name)}
        return tuple(one for one in _created(self.refused, type_name) if one.key not in coming)

    @cached_property
    def count(self) -> int:
        """How many changes go on by themselves."""
        return len({pending.change_id for pending in self.all if not pending.needs_someone})

    @cached_property
    def attention(self) -> int:
        """How many changes need someone."""
        waiting = [pending for pending in self.all if pending.needs_someone]
        return len({pending.change_id for pending in (*waiting, *self.refused)})


def pending_of(scope: Scope) -> PendingIndex:
    """Everything of the customer that is not at its end or was rejected lately, within the scope.

    One query where there is nothing, as for most pages, and three where there is.
    """
    items = _items(scope, _changes(scope.customer))
    by_record: dict[tuple[str, str], tuple[Pending, ...]] = {}
    undone = tuple(_pending(item, item.change) for item in items if not item.change.is_final)
    for pending in undone:
        place = (pending.type_name, pending.key)
        by_record[place] = (*by_record.get(place, ()), pending)
    refused = tuple(_pending(item, item.change) for item in items if item.change.is_final)
    return PendingIndex(undone, refused, _version(items), by_record)


def _changes(customer: Customer) -> dict[UUID, Change]:
    lately = Q(state=State.REJECTED, done_at__gte=timezone.now() - ATTENTION_FOR)
    found = Change.objects.filter(Q(done_at=None) | lately, ~Q(state=State.DRAFT), customer=customer.pk)
    return {change.pk: change for change in found.prefetch_related("author").order_by()}


def _items(scope: Scope, changes: Mapping[UUID, Change]) -> list[Item]:
    """What the scope may see of these changes, by turn."""
    if not changes:
        return []
    items = list(visible_items(scope, Item.objects.filter(change__in=changes)).order_by())
    for item in items:
        item.change = changes[item.change_id]
    return sorted(items, key=lambda item: (item.change.turn, item.position))


def parked_by_key(customer: Customer) -> dict[str, int]:
    """Group → how many changes wait for a key of it that works: the parked ones, and those behind them in the line."""
    changes = Change.objects.filter(customer=customer, done_at=None)
    parked = changes.filter(state=State.PARKED)
    ahead = Exists(parked.filter(key_group=OuterRef("key_group"), turn__lt=OuterRef("turn")))
    waiting = changes.filter(Q(state=State.PARKED) | Q(ahead, state=State.QUEUED))
    return dict(waiting.order_by().values_list("key_group").annotate(Count("pk")))


def _created(found: tuple[Pending, ...], type_name: str) -> tuple[Pending, ...]:
    return tuple(one for one in found if one.creates and one.type_name == type_name)


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
        answer=change.answer_to(item.position),
        plan_number=change.plan_number,
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
