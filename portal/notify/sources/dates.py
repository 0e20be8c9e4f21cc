"""What the platform does when: maintenance announced, moved, cancelled, begun, ended; the stages of a deletion.

Announced, moved and cancelled come from the rows that calendars are told from (portal.schedule.told), the others from
the events of what is known. `data` of its facts: {"machine", "starts", "ends", "was": start before it was moved,
"text": the platform's words, "result"}, {"deadline", "stage"} and, of maintenance mode that ends soon, {"ends"};
moments and days by ISO 8601.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from portal.accounts.models import Customer
from portal.changes.evidence import results
from portal.inventory.reads import Listing
from portal.notify.facts import Fact
from portal.notify.models import Occurrence
from portal.resources.deletion import read_deletion
from portal.resources.phases import Phase
from portal.schedule.events import Event, Events, Kind, dated, modes
from portal.schedule.models import CalendarDate

AHEAD = {"deletion.soon": timedelta(days=5), "deletion.imminent": timedelta(days=1)}  # of the shutdown
SHUTDOWN = "soft"
REMINDER = timedelta(minutes=15)  # before maintenance mode ends


def facts(customer: Customer, listings: Mapping[str, Listing], now: datetime) -> Iterator[Fact]:
    """All that is so now; what was noted already is among it. `now` by the platform's clock."""
    events = dated(listings)
    rows = list(CalendarDate.objects.filter(customer=customer, kind=CalendarDate.Kind.MAINTENANCE))
    yield from _of_rows(customer, rows, now)
    threads = {row.key: _thread(row) for row in rows if not row.is_cancelled}
    for event in events.all:
        if event.kind is Kind.MAINTENANCE:
            yield from _of_maintenance(event, events, threads, now)
        elif event.kind is Kind.DELETION:
            yield from _of_deletion(event, events, now)
    for event in modes(listings):
        yield from _of_mode(event, now)


def _of_rows(customer: Customer, rows: Sequence[CalendarDate], now: datetime) -> Iterator[Fact]:
    has_moved = any(row.sequence and not row.is_cancelled for row in rows)
    before = _starts_told(customer) if has_moved else {}
    for row in rows:
        if (row.ends or row.starts) <= now and not row.is_cancelled:
            continue
        kind = "cancelled" if row.is_cancelled else "moved" if row.sequence else "announced"
        was = before.get(_thread(row), "") if kind == "moved" else ""
        yield Fact(
            kind=f"maintenance.{kind}",
            key=f"{_thread(row)}/{row.sequence}",
            at=row.revised_at,
            thread=_thread(row),
            type_name="maintenance",
            record=row.key,
            group=row.group,
            data=_data(row.machine, row.starts, row.ends, row.text) | ({"was": was} if was else {}),
        )


def _of_maintenance(event: Event, events: Events, threads: Mapping[str, str], now: datetime) -> Iterator[Fact]:
    phase = event.standing(now).phase
    kind = {Phase.IN_PROGRESS: "begun", Phase.PAST: "ended"}.get(phase)
    if kind is None:
        return
    comment = str(event.record.get("comment") or "")
    data = _data(event.machine, event.starts, event.ends, comment)
    yield Fact(
        kind=f"maintenance.{kind}",
        key=f"maintenance/{event.record.key}/{kind}",
        at=event.starts if kind == "begun" else event.ends or event.starts,
        thread=threads.get(event.record.key, f"maintenance/{event.record.key}"),
        type_name="maintenance",
        record=event.record.key,
        group=events.group_of(event),
        data=data | ({"result": results(event.record)} if kind == "ended" else {}),
    )


def _of_deletion(event: Event, events: Events, now: datetime) -> Iterator[Fact]:
    deletion = read_deletion(event.record.get("deletion"))
    if event.stage in deletion.stages:
        yield _deletion("deletion.stage", event, events, event.starts)
    elif event.stage == SHUTDOWN and event.starts > now:
        # The nearer one alone: of a deletion that is planned late, five days before would be old news.
        due = [(ahead, kind) for kind, ahead in AHEAD.items() if event.starts - ahead <= now]
        if due:
            ahead, kind = min(due)
            yield _deletion(kind, event, events, event.starts - ahead)


def _of_mode(event: Event, now: datetime) -> Iterator[Fact]:
    """A reminder, where it has an end that is near (rg_06)."""
    if event.ends is None or not now < event.ends <= now + REMINDER:
        return
    group, ends = event.record.key, event.ends.isoformat()
    yield Fact(
        kind="mode.ending",
        key=f"mode/{group}/{ends}",
        at=event.ends - REMINDER,
        thread=f"mode/{group}",
        type_name="resourcegroup",
        record=group,
        group=group,
        data={"ends": ends},
    )


def _deletion(kind: str, event: Event, events: Events, at: datetime) -> Fact:
    deadline = read_deletion(event.record.get("deletion")).deadline
    thread = f"deletion/{event.record.key}/{deadline}"
    return Fact(
        kind=kind,
        key=f"{thread}/{event.stage if kind == 'deletion.stage' else kind}",
        at=at,
        thread=thread,
        type_name="virtualmachine",
        record=event.record.key,
        group=events.group_of(event),
        data={"machine": event.record.key, "deadline": str(deadline), "stage": event.stage},
    )


def _starts_told(customer: Customer) -> Mapping[str, str]:
    """Thread of a maintenance → when it was said to start last."""
    told = Occurrence.objects.filter(
        customer=customer, kind__in=("maintenance.announced", "maintenance.moved")
    ).order_by("noted")
    return {thread: str(data.get("starts", "")) for thread, data in told.values_list("thread", "data")}


def _thread(row: CalendarDate) -> str:
    return f"date/{row.pk}"


def _data(machine: str, starts: datetime, ends: datetime | None, text: str) -> dict[str, str]:
    return {
        "machine": machine,
        "starts": starts.isoformat(),
        "ends": ends.isoformat() if ends else "",
        "text": text[:500],
    }
