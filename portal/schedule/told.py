"""What calendars have been told, brought up to what is known: new dates, moved ones, cancelled ones.

Each change of a date's start, end or status raises its sequence, once. What is not known cancels nothing: only where
all of a customer's keys have answered is a date that is missing a date that is off.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Customer
from portal.inventory.reads import Listing, Source
from portal.resources.spec import Record
from portal.schedule.events import Event, Events, Kind, dated
from portal.schedule.models import CalendarDate, Watermark

KEPT = timedelta(days=30)  # after its end, or after it was cancelled
LONGEST, LONGEST_GROUP = 200, 64  # names that rows hold
STAGES = frozenset({"soft", "hard"})  # acts of a deletion that change the machine; the others are for information
type Place = tuple[str, str, str]
"""Kind, key and stage: what a date is on the platform."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A date as the platform has it."""

    place: Place
    mark: str
    machine: str
    group: str
    text: str
    starts: datetime
    ends: datetime | None

    @property
    def over(self) -> datetime:
        return self.ends or self.starts

    @property
    def fits(self) -> bool:
        """Whether the columns hold it: nobody has promised how long names are."""
        return max(len(self.place[1]), len(self.machine)) <= LONGEST and len(self.group) <= LONGEST_GROUP

    def is_told_by(self, row: CalendarDate) -> bool:
        """Whether calendars need to be told nothing new."""
        return (self.starts, self.ends) == (row.starts, row.ends)

    def is_kept_by(self, row: CalendarDate) -> bool:
        """Whether the row has all of it."""
        same = (self.place, self.mark, self.group, self.text) == (_place(row), row.mark, row.group, row.text)
        return same and self.is_told_by(row)


@dataclass(frozen=True, slots=True)
class Differences:
    """What the rows lack: facts that are new, rows with what they become, rows that are off, rows nobody needs."""

    new: list[Fact] = field(default_factory=list)
    changed: list[tuple[CalendarDate, Fact]] = field(default_factory=list)
    cancelled: list[CalendarDate] = field(default_factory=list)
    old: list[CalendarDate] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.cancelled or self.old)


def bring_up(customer: Customer, listings: Mapping[str, Listing]) -> str:
    """Write down what calendars are to be told from now on; `listings` are those of the whole customer.

    Answers the version of what they are told: the same for as long as no date can have changed.
    """
    noted = Watermark.objects.filter(customer=customer).first()
    known_at = min((one.as_of for one in listings.values() if one.as_of), default=None)
    version = " ".join(one.version for one in listings.values())
    if known_at is None or any(one.source is Source.NEVER for one in listings.values()):
        return noted.version if noted else ""
    if noted is not None and (noted.version == version or noted.known_at > known_at):
        return noted.version
    now = next(iter(listings.values())).platform_now
    is_sure = not any(one.troubles for one in listings.values())
    facts = {fact.place: fact for fact in _facts(dated(listings)) if fact.over > now - KEPT and fact.fits}
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        rows = CalendarDate.objects.filter(customer=customer)
        _write(customer, differences(rows, facts, now, is_sure=is_sure))
        values = {"version": version, "known_at": known_at}
        Watermark.objects.update_or_create(customer=customer, defaults=values)
    return version


def differences(
    rows: Iterable[CalendarDate], facts: Mapping[Place, Fact], now: datetime, *, is_sure: bool
) -> Differences:
    """Between what was told and what is so."""
    found, left, missing = Differences(), dict(facts), []
    for row in rows:
        if _is_old(row, now):
            found.old.append(row)
        elif not row.is_cancelled and (fact := left.pop(_place(row), None)) is not None:
            found.changed.extend([] if fact.is_kept_by(row) else [(row, fact)])
        elif not row.is_cancelled:
            missing.append(row)
    for row, fact in _moved(missing, left, now):
        found.changed.append((row, fact))
        missing.remove(row)
        del left[fact.place]
    found.new.extend(left.values())
    found.cancelled.extend(row for row in missing if is_sure and (row.ends or row.starts) > now)
    return found


def _moved(
    missing: Iterable[CalendarDate], left: Mapping[Place, Fact], now: datetime
) -> Iterator[tuple[CalendarDate, Fact]]:
    """A maintenance that is gone from its time, and one of the same machine for the same work at another: it was moved.

    The platform has no other name for it than machine and start.
    """
    others: defaultdict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in sorted(left.values(), key=lambda one: one.starts):
        if fact.mark:
            others[fact.machine, fact.mark].append(fact)
    for row in sorted(missing, key=lambda one: one.starts):
        alike = others.get((row.machine, row.mark))
        if alike and (row.ends or row.starts) > now:
            yield row, alike.pop(0)


def _facts(events: Events) -> Iterator[Fact]:
    for event in events.all:
        if event.kind is Kind.MAINTENANCE:
            place = (CalendarDate.Kind.MAINTENANCE.value, event.record.key, "")
            yield _fact(event, events, place, _mark(event.record), str(event.record.get("comment") or ""))
        elif event.kind is Kind.DELETION and event.stage in STAGES:
            yield _fact(event, events, (CalendarDate.Kind.DELETION.value, event.record.key, event.stage))


def _fact(event: Event, events: Events, place: Place, mark: str = "", text: str = "") -> Fact:
    return Fact(place, mark, event.machine, events.group_of(event), text[:500], event.starts, event.ends)


def _mark(maintenance: Record) -> str:
    """By what work is known again."""
    activities = maintenance.get("activities")
    named = [one.get("reference_id") for one in activities if isinstance(one, dict)] if activities else []
    return blake2b(repr((maintenance.get("comment"), named)).encode(), digest_size=16).hexdigest()


def _place(row: CalendarDate) -> Place:
    return (row.kind, row.key, row.stage)


def _is_old(row: CalendarDate, now: datetime) -> bool:
    return (row.revised_at if row.is_cancelled else row.ends or row.starts) < now - KEPT


def _write(customer: Customer, found: Differences) -> None:
    now = timezone.now()
    for row, fact in found.changed:
        row.sequence += not fact.is_told_by(row)
        (row.kind, row.key, row.stage), row.mark = fact.place, fact.mark
        row.group, row.text, row.starts, row.ends = fact.group, fact.text, fact.starts, fact.ends
        row.revised_at = now
    for row in found.cancelled:
        row.is_cancelled, row.sequence, row.revised_at = True, row.sequence + 1, now
    fields = (
        "kind",
        "key",
        "stage",
        "mark",
        "group",
        "text",
        "starts",
        "ends",
        "is_cancelled",
        "sequence",
        "revised_at",
    )
    changed = [*(row for row, _fact in found.changed), *found.cancelled]
    CalendarDate.objects.bulk_update(changed, fields, batch_size=500)
    CalendarDate.objects.bulk_create([_row(customer, fact, now) for fact in found.new], batch_size=500)
    CalendarDate.objects.filter(pk__in=[row.pk for row in found.old]).delete()


def _row(customer: Customer, fact: Fact, now: datetime) -> CalendarDate:
    kind, key, stage = fact.place
    return CalendarDate(
        customer=customer,
        kind=kind,
        key=key,
        stage=stage,
        mark=fact.mark,
        machine=fact.machine,
        group=fact.group,
        text=fact.text,
        starts=fact.starts,
        ends=fact.ends,
        revised_at=now,
    )
