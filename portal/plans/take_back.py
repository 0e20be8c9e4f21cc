"""The way back from what is through: a new plan with the values from before, to be held against what is there now.

It is an ordinary plan: its review shows each value as the change has left it, as it was before, and as it is now. What
does not come back is not in it, or not all of it; `left` says so, with why.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.changes.conflicts import same
from portal.changes.intent import DEADLINE, DELETION, Intent
from portal.changes.models import Change, Item
from portal.changes.models import State as Sent
from portal.changes.reads.visibility import require_change, visible_items
from portal.inventory import reads
from portal.inventory.reads import Listing
from portal.plans.compose import begin, put_in
from portal.plans.errors import NotReady
from portal.plans.models import SHOWN_EVERYWHERE, Plan, State
from portal.plans.visibility import sees
from portal.resources.deletion import read_deletion
from portal.resources.labels import mark as _
from portal.resources.spec import Effect, Kind, Record, Value
from portal.resources.times import default_deadline, earliest_deadline, parse_day, parse_moment
from portal.resources.types import TYPES

GROUP, MACHINE = "resourcegroup", "virtualmachine"
THROUGH = (Sent.RECORDED, Sent.SETTLING, Sent.DONE)
ADDRESSES = ("frontend_ips_v4", "frontend_ips_v6")
FOLLOWS = frozenset({"in_maintenance"})  # the end of the maintenance mode: set with it, it could contradict it (rg_08)

GONE = Effect(_("It no longer exists."))
THERE_AGAIN = Effect(_("It exists again already."))
KEPT = Effect(_("Its deletion is no longer planned."))
LEAVING = Effect(_("Its deletion is already planned."))
DATA_GONE = Effect(_("Its data has been deleted."))
DAY_PASSED = Effect(_("Its deletion was planned for %(day)s, which has passed."))
DELETED_INSTEAD = Effect(_("Its deletion is planned as before; its other values stay as they are now."))
UNKNOWN = Effect(_("What it was like before is not recorded."))
NO_GROUP = Effect(_("Its resource group no longer exists."))
HOLDS = Effect(_("The group stays as long as there is something in it. A machine counts until its record is removed."))
NEW_ACCOUNT = Effect(_("The account is created again, with a different user ID."))
NEW_GROUP = Effect(_("The group is created again, without the service users, permissions and API key it had."))
ADDRESSES_STAY = Effect(_("Its additional addresses stay. Ask %(support)s to have them removed."))
LOST_SPACE = Effect(_("The disk grows again, but what was on the rest is not restored."))
COMES_BACK_AS = {"serviceuser": NEW_ACCOUNT, GROUP: NEW_GROUP}


@dataclass(frozen=True, slots=True)
class Left:
    """A record that does not come back, or not as it was, and why."""

    type_name: str
    key: str
    why: Effect


def take_back(scope: Scope, source: Change | Plan, name: str) -> Plan:
    """The plan that takes it back: the one there is while that is not over, else a new one of that name.

    Raises Http404 or PermissionDenied where not all of it is the person's to change, NotReady where nothing is through.
    """
    changes = through(source)
    for change in changes:
        require_change(scope, change)
    if not changes:
        raise NotReady("not_through")
    with transaction.atomic():
        # One plan, however often it is clicked.
        Customer.objects.select_for_update(no_key=True).get(pk=scope.customer.pk)
        plan = _plans_back(source).filter(state__in=SHOWN_EVERYWHERE).first()
        if plan is None:
            plan = begin(scope, name, beside=True, **_link(source))
            way = _WayBack(scope)
            way.go(changes)
            if way.intents:
                put_in(scope, way.intents, plan)
    return plan


def through(source: Change | Plan) -> list[Change]:
    """What of it the platform has accepted, in order; nothing of a plan that is on its way."""
    if isinstance(source, Change):
        return [source] if source.state in THROUGH else []
    if source.state in (State.APPLYING, State.SCHEDULED):
        return []
    parts = source.parts.filter(change__state__in=THROUGH).select_related("change__customer")
    return [part.change for part in parts.order_by("attempt", "position")]


def plan_back(scope: Scope, source: Change | Plan) -> Plan | None:
    """The plan that takes it back, where there is one and the person sees it; not one that was put away."""
    found = _plans_back(source).exclude(state=State.CLOSED)
    return next((plan for plan in found if sees(scope, plan)), None)


def left(scope: Scope, plan: Plan) -> list[Left]:
    """What that plan, which takes something back, cannot bring back; of what the person sees."""
    source = plan.takes_back or plan.takes_back_change
    way = _WayBack(scope)
    way.go(through(source) if source else [])
    return way.left


def _plans_back(source: Change | Plan) -> QuerySet[Plan]:
    return Plan.objects.filter(customer=source.customer_id, **_link(source)).order_by("-number")


def _link(source: Change | Plan) -> dict[str, Any]:
    return {"takes_back_change": source} if isinstance(source, Change) else {"takes_back": source}


@dataclass
class _WayBack:
    """From the last thing that was done to the first: what one thing needs is back before it."""

    scope: Scope
    intents: list[Intent] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def go(self, changes: Sequence[Change]) -> None:
        for change in reversed(changes):
            for item in visible_items(self.scope, change.items.all()).order_by("-position"):
                self._step(item, self._listings[item.type_name].by_key.get(item.key))

    def _step(self, item: Item, record: Record | None) -> None:
        steps = self._deleted if item.action == "delete" else self._created if item.creates else self._edited
        for found in steps(item, record):
            if isinstance(found, Intent):
                self.intents.append(found)
            else:
                self.left.append(Left(item.type_name, item.key, found))

    def _created(self, item: Item, record: Record | None) -> Iterator[Intent | Effect]:
        if record is None:  # it may have been deleted later by the same plan
            self.intents = [one for one in self.intents if (one.type_name, one.key) != (item.type_name, item.key)]
            yield GONE
        elif item.type_name == GROUP and self._holds(item.key):
            yield HOLDS
        elif not record.type.delayed_deletion:
            yield _deletion(item)
        elif read_deletion(record.get(DELETION)).is_pending:
            yield LEAVING
        else:
            yield _deletion(item, default_deadline(self.now))

    def _deleted(self, item: Item, record: Record | None) -> Iterator[Intent | Effect]:
        if TYPES[item.type_name].delayed_deletion:
            yield from self._kept(item, record)
        elif record is not None:
            yield THERE_AGAIN
        else:
            yield from self._created_again(item)

    def _kept(self, item: Item, record: Record | None) -> Iterator[Intent | Effect]:
        """Not deleted, or on the day for which that was planned before."""
        planned = read_deletion(record.get(DELETION)) if record else None
        if planned is None or "hard" in planned.stages:
            yield DATA_GONE
        elif not planned.is_pending:
            yield KEPT
        elif (day := _day(item)) is not None:
            yield self._deleted_on(item, day)
        else:
            yield Intent(type_name=item.type_name, key=item.key)

    def _created_again(self, item: Item) -> Iterator[Intent | Effect]:
        resource_type = TYPES[item.type_name]
        wanted = {**resource_type.key_values(item.key), **item.before}
        intent = Intent(type_name=item.type_name, key=item.key, wanted=wanted, creates=True)
        if intent.is_new_group and not item.before.get("parent"):
            yield UNKNOWN
        elif not intent.groups_named <= self._groups:
            yield NO_GROUP
        else:
            yield intent
            if item.type_name in COMES_BACK_AS:
                yield COMES_BACK_AS[item.type_name]

    def _edited(self, item: Item, record: Record | None) -> Iterator[Intent | Effect]:
        if record is None:
            yield GONE
            return
        if (day := _day(item)) is not None:  # its deletion was cancelled by that (vm_20)
            instead = self._deleted_on(item, day)
            yield instead
            if isinstance(instead, Intent):
                if item.wanted:
                    yield DELETED_INSTEAD
                return
        after = {name: item.result.get(name, value) for name, value in item.wanted.items()}
        differs = [(name, value) for name, value in self._values(item) if not _same(item, name, value, after[name])]
        heeded, effects = record.type.heeds(record, dict(differs), reads.context(self.scope, record))
        fits = {name: value for name, value in heeded.items() if not self._is_lost_group(item, name, value)}
        if fits:
            before = {name: after[name] for name in fits}
            yield Intent(type_name=item.type_name, key=item.key, wanted=fits, before=before)
        if len(fits) < len(heeded):
            yield NO_GROUP
        yield from effects
        yield from _lost(item)
        if item.wanted.keys() - item.before.keys() - FOLLOWS:
            yield UNKNOWN

    def _values(self, item: Item) -> Iterator[tuple[str, Value]]:
        """The fields as they were before that, as far as they can be set."""
        resource_type = TYPES[item.type_name]
        for name, value in item.before.items():
            if name not in item.wanted or name in FOLLOWS or value is None:
                continue
            moment = parse_moment(value) if resource_type.field(name).kind is Kind.MOMENT else None
            yield name, "" if moment and moment <= self.now else value

    def _deleted_on(self, item: Item, day: date) -> Intent | Effect:
        is_ahead = day >= earliest_deadline(self.now)
        return _deletion(item, day) if is_ahead else Effect(DAY_PASSED.text, {"day": day})

    def _is_lost_group(self, item: Item, name: str, value: Value) -> bool:
        return bool(value) and TYPES[item.type_name].field(name).refers_to == GROUP and value not in self._groups

    @property
    def _groups(self) -> set[str]:
        """Those that are there, or come back."""
        return {*self._listings[GROUP].by_key, *(one.key for one in self.intents if one.is_new_group)}

    def _holds(self, group: str) -> bool:
        deleted = {one.key for one in self.intents if one.type_name == GROUP and one.action == "delete"}
        children = [one.key for one in self._listings[GROUP].records if one.get("parent") == group]
        return not deleted.issuperset(children) or any(one.group == group for one in self._listings[MACHINE].records)

    @cached_property
    def _listings(self) -> Mapping[str, Listing]:
        seen = [name for name, one in TYPES.items() if one.deletable and self.scope.may_see(name)]
        return reads.listings(self.scope, seen)

    @property
    def now(self) -> datetime:
        return self._listings[GROUP].platform_now


def _deletion(item: Item, on: date | None = None) -> Intent:
    wanted = {DEADLINE: on.isoformat()} if on else {}
    return Intent(type_name=item.type_name, key=item.key, action="delete", wanted=wanted)


def _same(item: Item, name: str, one: Value, other: Value) -> bool:
    return same(TYPES[item.type_name].field(name), one, other)


def _day(item: Item) -> date | None:
    """For which a deletion was planned before."""
    deletion = item.before.get(DELETION)
    return parse_day(str(deletion.get(DEADLINE))[:10]) if isinstance(deletion, dict) else None


def _lost(item: Item) -> Iterator[Effect]:
    """What the values from before do not bring back (vm_11, vm_14)."""
    if any(_grew(item, name) for name in ADDRESSES):
        yield ADDRESSES_STAY
    if _grew(item, "disk", by=-1):
        yield LOST_SPACE


def _grew(item: Item, name: str, *, by: int = 1) -> bool:
    before, wanted = item.before.get(name), item.wanted.get(name)
    return isinstance(before, int) and isinstance(wanted, int) and (wanted - before) * by > 0
