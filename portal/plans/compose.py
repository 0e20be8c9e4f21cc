"""Putting a plan together: a person's current plan, what goes into it, and what is taken out again.

Each verb asks for role and scope itself, and is on record.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import Customer, User
from portal.accounts.roles import CHANGES, Verb
from portal.changes.intent import Intent
from portal.changes.places import placed
from portal.plans.based_on import SeenEntry, merged, require_same, require_seen
from portal.plans.errors import NotReady, TooMany
from portal.plans.held import held, on_record, revise, tell
from portal.plans.merging import Note, merge
from portal.plans.models import LONGEST_NAME, LONGEST_NOTE, MOST_ENTRIES, Current, Entry, Plan, State
from portal.plans.renaming import rename
from portal.plans.visibility import planned_groups, require_entry, sees_all, visible_entries

MOST_NOTES = 20  # of one entry; the oldest go


def begin(scope: Scope, name: str = "", note: str = "", *, beside: bool = False, **fields: Any) -> Plan:
    """A new plan, the person's current one; `beside` the current one where there is one, which then stays so.

    A name of none is its number, in words of the page.
    """
    scope.require(Verb.CHANGE, CHANGES)
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(pk=scope.customer.pk)
        last = Plan.objects.filter(customer=scope.customer).aggregate(last=Max("number"))["last"] or 0
        plan = Plan.objects.create(
            customer=scope.customer,
            number=last + 1,
            name=name[:LONGEST_NAME],
            note=note[:LONGEST_NOTE],
            author=scope.user,
            **fields,
        )
        on_record(plan, "begun", after={"name": plan.name})
        if not (beside and current_plan(scope)):
            _make_current(scope, plan)
    return plan


def choose(scope: Scope, plan: Plan) -> None:
    """What the person puts in from now on goes into this one."""
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan, State.OPEN) as now:
        _make_current(scope, now)
        on_record(now, "chosen")


def current_plan(scope: Scope) -> Plan | None:
    """The person's current plan, while it can be edited."""
    found = Current.objects.filter(user=scope.user, customer=scope.customer, plan__state=State.OPEN)
    one = found.select_related("plan").first()
    return one.plan if one else None


def _current_or_new(scope: Scope, name: str) -> Plan:
    """Two tabs that put something in at the same moment begin one plan, not two."""
    if (current := current_plan(scope)) is not None:
        return current
    User.objects.select_for_update(no_key=True).get(pk=scope.user.pk)  # what refers to the person goes on meanwhile
    return current_plan(scope) or begin(scope, name)


def put_in(
    scope: Scope,
    wanted: Sequence[Intent],
    plan: Plan | None = None,
    *,
    name: str = "",
    instead: bool = False,
    seen: SeenEntry | None = None,
) -> Plan:
    """Into that plan, else into the person's current one, else into a new one of that name.

    Raises as `changes.submit` does for what cannot be asked, NotOpen, and TooMany. What it asks of a record that the
    plan has already becomes one with it (`merging`); `instead` of it where it is the entry itself, filled in anew.
    Overtaken where that is not as it was `seen`, NotRenamed where it cannot have the name it is given.
    """
    scope.require(Verb.CHANGE, CHANGES)
    if any(not scope.may_change(item.type_name) for item in wanted):
        raise PermissionDenied
    for item in wanted:
        item.check()
    with transaction.atomic():
        plan = plan or _current_or_new(scope, name)
        with held(plan, State.OPEN) as now:
            entries = list(now.entries.filter(change=None))
            if seen is not None:
                require_same(now, visible_entries(scope, entries), seen, wanted)
            earlier = rename(entries, seen, wanted) if instead and seen is not None else ""
            items = placed(scope, wanted, planned_groups(scope, entries))
            _write(scope, now, entries, items, instead=instead)
            revise(now)
            records = [f"{item.type_name}/{item.key}" for item in wanted]
            before = {"records": [f"{wanted[0].type_name}/{earlier}"]} if earlier else None
            on_record(now, "edited", before=before, after={"count": len(records), "records": records[:50]})
    return now


def take_out(scope: Scope, plan: Plan, ids: Collection[int], seen: Mapping[int, str] = MappingProxyType({})) -> int:
    """Entries that are not wanted any more; Http404 where one of them is not the person's to change. How many.

    `seen` says of each what the person saw of it (`based_on.of_entry`): Edited where that is something else by now.
    """
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan, State.OPEN) as now:
        entries = list(now.entries.filter(change=None))
        gone = [entry for entry in entries if entry.pk in ids]
        for entry in gone:
            require_entry(scope, entry, entries)
        require_seen(gone, seen)
        if gone:
            Entry.objects.filter(pk__in=[entry.pk for entry in gone]).delete()
            revise(now)
            records = [f"{entry.type_name}/{entry.key}" for entry in gone]
            on_record(now, "edited", before={"count": len(records), "records": records[:50]})
    return len(gone)


def describe(scope: Scope, plan: Plan, name: str, note: str, seen: Mapping[str, str] = MappingProxyType({})) -> None:
    """Give it another name or note; what it does stays as it is, and so does what was approved.

    `seen` says what the form stood on (`based_on.of_plan`): Overtaken where somebody has set that to something else.
    """
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan) as now:
        before = {"name": now.name, "note": now.note}
        wanted = merged(now, {"name": name[:LONGEST_NAME], "note": note[:LONGEST_NOTE]}, seen)
        now.name, now.note = wanted["name"], wanted["note"]
        now.save(update_fields=["name", "note"])
        on_record(now, "described", before=before, after={"name": now.name, "note": now.note})


def put_away(scope: Scope, plan: Plan) -> None:
    """Nobody needs it at the moment; nothing of it is lost. NotReady for who does not see all of it."""
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan, State.OPEN) as now:
        _require_all(scope, now)
        _move(now, State.CLOSED)


def open_again(scope: Scope, plan: Plan) -> None:
    """Go on with one that was put away. NotReady for who does not see all of it."""
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan, State.CLOSED) as now:
        _require_all(scope, now)
        _move(now, State.OPEN)
        _make_current(scope, now)


def put_away_untouched(before: Any) -> int:
    """Open plans that nobody has touched since then. How many."""
    count = 0
    for plan in Plan.objects.filter(state=State.OPEN, touched__lt=before).select_related("customer"):
        with transaction.atomic():
            if Plan.objects.filter(pk=plan.pk, state=State.OPEN, touched__lt=before).update(state=State.CLOSED):
                on_record(plan, "closed")
                count += 1
    return count


def intent_of(entry: Entry) -> Intent:
    """What an entry asks for."""
    return Intent(
        type_name=entry.type_name,
        key=entry.key,
        action=entry.action,
        wanted=entry.wanted,
        before=entry.before,
        creates=entry.creates,
    )


def _write(
    scope: Scope, plan: Plan, entries: Sequence[Entry], items: Iterable[tuple[Intent, str]], *, instead: bool
) -> None:
    """The entries as they are with these. A record that was put in before keeps its place."""
    by_record = {(entry.type_name, entry.key): entry for entry in entries}
    new: dict[tuple[str, str], Entry] = {}
    changed: dict[int, Entry] = {}
    gone: set[int] = set()
    for item, group in items:
        place = (item.type_name, item.key)
        earlier = new.get(place) or by_record.get(place)
        if earlier is None or earlier.pk in gone:
            new[place] = _set(Entry(plan=plan), item, group, scope.user, [])
            continue
        merged, notes = (item, []) if instead else merge(intent_of(earlier), item)
        if merged is not None:
            _set(earlier, merged, group, scope.user, notes)
            changed |= {earlier.pk: earlier} if earlier.pk else {}
        elif earlier.pk:
            gone.add(earlier.pk)
        else:
            del new[place]
    count = len(entries) - len(gone) + len(new)
    if count > MOST_ENTRIES:
        raise TooMany(count)
    Entry.objects.filter(pk__in=gone).delete()
    Entry.objects.bulk_create(new.values(), batch_size=500)
    fields = ["key", "group", "action", "creates", "wanted", "before", "said", "author", "earlier_authors", "added"]
    kept = [entry for pk, entry in changed.items() if pk not in gone]
    # Inserted over themselves: a tenth of the time of an update with a case for each of a thousand.
    Entry.objects.bulk_create(kept, batch_size=500, update_conflicts=True, unique_fields=["id"], update_fields=fields)


def _set(entry: Entry, intent: Intent, group: str, author: User, notes: list[Note]) -> Entry:
    entry.type_name, entry.key, entry.group = intent.type_name, intent.key, group
    entry.action, entry.creates = str(intent.action), intent.creates
    entry.wanted, entry.before = dict(intent.wanted), dict(intent.before)
    entry.said = [*entry.said, *notes][-MOST_NOTES:]
    if entry.author_id not in (None, author.pk, *entry.earlier_authors):
        entry.earlier_authors = [*entry.earlier_authors, entry.author_id]
    entry.author, entry.added = author, timezone.now()
    return entry


def _make_current(scope: Scope, plan: Plan) -> None:
    Current.objects.update_or_create(user=scope.user, customer=scope.customer, defaults={"plan": plan})
    tell(scope.customer)


def _require_all(scope: Scope, plan: Plan) -> None:
    if not sees_all(scope, list(plan.entries.filter(change=None))):
        raise NotReady("hidden")


def _move(plan: Plan, to: State) -> None:
    before = plan.state
    plan.state = to
    plan.save(update_fields=["state"])
    on_record(plan, "closed" if to == State.CLOSED else "reopened", before={"state": before})
