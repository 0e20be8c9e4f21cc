"""A plan in words: where it is, what its entries do, what stands in their way, and what a person can do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.billing.thresholds.outlook import budgets
from portal.changes.intent import as_sent
from portal.changes.models import Action, Change
from portal.changes.models import State as Sent
from portal.changes.reads.visibility import visible_items
from portal.customer.changes.presenter import ChangePresenter, Line, act_of, moment
from portal.customer.plans.outlook import Outlook
from portal.customer.plans.talk import Talk
from portal.customer.plans.undo_told import UndoPresenter
from portal.inventory import reads
from portal.plans.based_on import of_entry
from portal.plans.errors import Outdated
from portal.plans.models import NOT_TAKEN, NOTICE, UNTOUCHED_FOR, Entry, Part, Plan, State
from portal.plans.order import Contradiction
from portal.plans.review import Checked, Review
from portal.plans.visibility import visible_entries
from portal.resources.spec import Field
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.format import dates
from portal.ui.format.refusal import reason
from portal.ui.format.values import text as value_text
from portal.ui.forms.api_call import as_json, as_python
from portal.ui.forms.diff import DEADLINE, FieldChange, differences
from portal.ui.lists.page import HOUR

PER_PAGE = 100
MOST_RECORDS_SHOWN = 50  # of the call, within the page
LOOKS: Mapping[State, tuple[str, str]] = {  # state -> icon, tone
    State.OPEN: ("pencil", "idle"),
    State.SCHEDULED: ("calendar-clock", "wait"),
    State.APPLYING: ("send", "busy"),
    State.APPLIED: ("circle-check", "good"),
    State.CLOSED: ("ban", "idle"),
}
# Why it cannot be applied as it is (plans.errors.NotReady).
OBSTACLES: Mapping[str, object] = {
    "empty": lazy("The plan is empty. Use “Add to plan” in any form."),
    "unknown": lazy("Nothing is known of these records at the moment. Try again once the platform responds."),
    "hidden": lazy(
        "Part of this plan is outside of your resource groups. Only someone who sees all of it can apply, stop or "
        "close it."
    ),
    "conflict": lazy("Something has changed since it was added to the plan. Resolve the conflicts first."),
    "contradiction": lazy("The changes contradict each other. Correct them first."),
    "too_large": lazy("The plan is too large for one call. Remove some long texts or lists, or split it in two."),
    "no_key": lazy("No API key covers some of these resource groups. A manager can enter one."),
    "approval": lazy("It touches production and has to be approved by someone else before it is applied."),
    "gone": lazy("A record that no longer exists cannot be kept."),
    "settled": lazy("This is no longer in conflict. Nothing was done."),
    "perhaps_sent": lazy(
        "It cannot be stopped: it was sent, the answer was lost, and its API key no longer works. Once a manager has "
        "entered a new one, the portal checks whether it arrived."
    ),
    "taken_out": lazy("That is no longer in the plan. Nothing was done."),
    "not_through": lazy("Only what the platform has accepted can be undone."),
    "forbidden": lazy("The person who scheduled it can no longer change all of this."),
}
CONTRADICTIONS: Mapping[str, object] = {
    "circle": lazy("These groups would be below each other: %(names)s."),
    "no_group": lazy("Resource group %(names)s does not exist, and the plan does not create it."),
    "leaving": lazy("The plan deletes resource group %(names)s, which this needs."),
    "holds": lazy("The group is not empty: %(names)s. A machine counts until its record is removed."),
    "own": lazy("It is the topmost group that your API key reaches: a key can neither move nor delete its own group."),
}
NOTES: Mapping[str, object] = {
    "replaced": lazy("%(field)s: replaces %(was)s, added earlier."),
    "dropped": lazy("Replaces an edit added earlier."),
    "kept": lazy("Replaces a deletion added earlier."),
}


@dataclass(frozen=True, slots=True)
class Clash:
    """A field in conflict: when it was added, now, and what is wanted. `shows` is sent with an answer."""

    name: str
    label: str
    before: str
    present: str
    wanted: str
    shows: str


@dataclass(frozen=True)
class EntryPresenter:
    """An entry as the page shows it; `checked` is None for one that is through."""

    scope: Scope
    plan: Plan
    entry: Entry
    checked: Checked | None = None
    contradictions: Sequence[Contradiction] = ()
    without_key: str = ""  # groups that no API key covers
    fault: str = ""  # why it was not taken, in the platform's words
    progress: str = ""  # where it is, once it was sent
    after: int = 0  # the entry below it on the page
    outdated: str | None = None  # the field that changed again before it was decided about, '' for all of it

    @property
    def version(self) -> object:
        """All that is shown of it (portal.ui.fragments)."""
        entry, plan = self.entry, self.plan
        is_there = self.checked is not None and self.checked.record is not None
        known = (self.reason, repr(self.checked.fields) if self.checked else "", is_there, self.is_so, *self.problems)
        asked = (entry.pk, entry.added, repr(entry.before), repr(entry.wanted))
        shown = (*asked, self.after, self.fault, self.progress, self.outdated, *known)
        return (self.scope.reach, plan.pk, plan.number, plan.state, dates.hour(timezone.now()), *shown)

    @cached_property
    def line(self) -> Line:
        entry, resource_type = self.entry, TYPES[self.entry.type_name]
        shown = {name: value for name, value in entry.wanted.items() if name not in resource_type.key}
        stays = entry.action != Action.DELETE or resource_type.delayed_deletion
        is_there = (self.checked.record is not None) if self.checked else stays
        url = links.record(self.scope.customer.number, entry.type_name, entry.key) if is_there else ""
        fields = differences(resource_type, None if entry.creates else entry.before, shown)
        return Line(act_of(entry, resource_type), resource_type, entry.key, url, fields, "", "")

    @property
    def what(self) -> SafeString:
        return self.line.what

    @property
    def reason(self) -> str:
        return self.checked.reason if self.checked else ""

    @property
    def is_out_of_reach(self) -> bool:
        """Whether what is gone may be there, and no key shows it."""
        return self.reason == "gone" and bool(self.without_key)

    @property
    def is_so(self) -> bool:
        return bool(self.checked and self.checked.is_so)

    @property
    def clashes(self) -> list[Clash]:
        fields = self.checked.fields if self.checked else {}
        return [self._clash(field, values) for field, values in self.line.type.in_order(fields)]

    @property
    def shows(self) -> str:
        """What is there now, as an answer about all of it is sent."""
        return self.checked.shows() if self.checked else ""

    @property
    def seen(self) -> str:
        """What the page shows of it, as it is sent with the buttons."""
        return of_entry(self.entry)

    @property
    def fields(self) -> list[FieldChange]:
        """The fields that change, but for those in conflict."""
        return [one for one in self.line.fields if one.name not in {clash.name for clash in self.clashes}]

    @property
    def problems(self) -> list[str]:
        """What of it contradicts the rest of the plan."""
        found = [str(CONTRADICTIONS[one.kind]) % {"names": ", ".join(one.names)} for one in self.contradictions]
        keyless = _("No API key covers %(groups)s, so nothing can be sent. A manager can enter one.")
        return [*found, *([keyless % {"groups": self.without_key}] if self.without_key else [])]

    @property
    def notes(self) -> list[str]:
        return [self._note(one) for one in self.entry.said if one.get("kind") in NOTES]

    @property
    def author(self) -> str:
        return str(self.entry.author or _("a former member"))

    @property
    def edit_url(self) -> str:
        """Where its form opens with what it asks for; '' for what has none."""
        number, entry = self.scope.customer.number, self.entry
        plan = [("plan", str(self.plan.number))]
        if not self.plan.is_editable or not self.scope.may_change(entry.type_name) or entry.action == Action.DELETE:
            return ""
        if entry.creates:
            return links.new(number, entry.type_name, [*plan, ("key", entry.key)])
        asked_for = {field.name for field in TYPES[entry.type_name].settable_fields(creating=False)}
        if not entry.wanted or not asked_for.issuperset(entry.wanted):
            return ""
        return f"{links.action(number, entry.type_name, entry.key, 'edit')}?plan={self.plan.number}"

    def _clash(self, field: Field, values: Mapping[str, Any]) -> Clash:
        before, present, wanted = (value_text(field, values.get(kind)) for kind in ("before", "present", "wanted"))
        shows = self.checked.shows(field.name) if self.checked else ""
        return Clash(field.name, _(field.label), before, present, wanted, shows)

    def _note(self, note: Mapping[str, Any]) -> str:
        if note["kind"] != "replaced":
            return str(NOTES[note["kind"]])
        resource_type = TYPES[self.entry.type_name]
        field = next((one for one in (*resource_type.fields, DEADLINE) if one.name == note["field"]), None)
        label, was = (_(field.label), value_text(field, note["was"])) if field else (note["field"], str(note["was"]))
        return str(NOTES["replaced"]) % {"field": label, "was": was}


class PlanPresenter:
    """A plan as its page tells it to one person."""

    def __init__(self, scope: Scope, plan: Plan, page: int = 1, outdated: Outdated | None = None) -> None:
        """`outdated`: an answer that was not about what is there now; the page is then that of its entry."""
        self.scope = scope
        self.plan = plan
        self.outdated = outdated
        self.page = max(1, page) if outdated is None else self._page_of(outdated.entry)
        self.number = plan.number
        self.state = plan.state
        self.icon, self.tone = LOOKS[State(plan.state)]
        self.url = links.plan(scope.customer.number, plan.number)

    @property
    def title(self) -> str:
        return self.plan.title

    @property
    def word(self) -> str:
        return str(State(self.state).label)

    @property
    def author(self) -> str:
        return str(self.plan.author or _("a former member"))

    @property
    def may_change(self) -> bool:
        return self.scope.may_change(CHANGES)

    @cached_property
    def undo(self) -> UndoPresenter:
        return UndoPresenter(self.scope, self.plan)

    @property
    def is_live(self) -> bool:
        """Whether something may change while somebody looks: all but what is over."""
        if self.state == State.APPLIED:
            return any(told.is_open for _part, told in self.parts)
        return self.state != State.CLOSED

    @cached_property
    def review(self) -> Review:
        return Review.of(self.scope, self.plan)

    @cached_property
    def outlook(self) -> Outlook:
        return Outlook(self.review)

    @cached_property
    def talk(self) -> Talk:
        return Talk(self.review)

    @property
    def address(self) -> str:
        """Of this page of its entries."""
        return f"{self.url}?page={self.page}" if self.page > 1 else self.url

    @cached_property
    def parts(self) -> list[tuple[Part, ChangePresenter]]:
        """The changes of the latest attempt, each with those of its records that the person sees."""
        parts = self.plan.parts.filter(attempt=self.plan.attempt).select_related("change__author", "change__api_key")
        shown = [(part, _shown(self.scope, part.change)) for part in parts.order_by("position")]
        return [(part, ChangePresenter(self.scope, change)) for part, change in shown]

    @property
    def sent(self) -> list[tuple[Part, ChangePresenter]]:
        """Those of which they see anything, while they say where the plan is."""
        if self.state not in (State.APPLYING, State.APPLIED):
            return []
        return [(part, told) for part, told in self.parts if told.items]

    @cached_property
    def through(self) -> list[Entry]:
        """Entries that the platform has accepted, by when they were sent."""
        done = self.plan.entries.exclude(change=None).select_related("author").order_by("change__turn", "pk")
        return visible_entries(self.scope, list(done))

    @property
    def obstacle(self) -> str:
        """Why it cannot be applied, in words; '' where it can."""
        reason = self.review.obstacle
        return str(OBSTACLES[reason]) if reason else self.talk.missing if self.talk.lacks_approval else ""

    @property
    def not_sent(self) -> str:
        """Why it was not applied at its time."""
        return str(OBSTACLES.get(self.plan.obstacle, "")) if self.plan.obstacle else ""

    @cached_property
    def not_taken(self) -> tuple[Part, ChangePresenter] | None:
        """The change of the latest attempt that opened the plan again."""
        if self.state != State.OPEN:
            return None
        return next(((part, told) for part, told in self.parts if told.change.state in NOT_TAKEN), None)

    @property
    def why_not_taken(self) -> str:
        """What became of that attempt, in a sentence or two."""
        if self.not_taken is None:
            return ""
        change = self.not_taken[1].change
        if change.answer.get("kind") == "conflict":
            return _("Someone changed the same values right before it was sent. Nothing of it was applied.")
        if change.state == Sent.SUPERSEDED:
            return self.not_taken[1].explanation
        return self.not_taken[1].why_rejected or _("Stopped before it was sent.")

    @property
    def platform_said(self) -> str:
        return self.not_taken[1].answer if self.not_taken else ""

    @property
    def calls(self) -> list[tuple[str, int]]:
        """(group of the key, entries) of each transaction, in order."""
        return [(key.resource_group, len(items)) for key, items in self.review.split.parts]

    # --- its entries, a page of them

    @cached_property
    def entries(self) -> list[EntryPresenter]:
        first = self.first - 1
        shown = self._in_order[first : first + PER_PAGE]
        below = [*(one.entry.pk for one in shown[1:]), 0]
        return [self._entry(one, after) for one, after in zip(shown, below, strict=False)]

    @cached_property
    def _in_order(self) -> list[Checked]:
        """What stands in the way first, however many pages there are; then in the order of sending."""
        return sorted(self.review.checked, key=lambda one: not self._is_in_the_way(one))

    @cached_property
    def done(self) -> list[EntryPresenter]:
        """Those that are through, by pages of their own with the same numbers."""
        told = {told.change.pk: told for _part, told in self.parts}
        return [
            EntryPresenter(self.scope, self.plan, entry, progress=_progress(entry, told))
            for entry in self.through[self.first - 1 : self.first - 1 + PER_PAGE]
        ]

    @property
    def first(self) -> int:
        """The place of the first entry on this page."""
        return (self.number_of_page - 1) * PER_PAGE + 1

    @property
    def pages(self) -> int:
        return max(1, -(-max(len(self.review.checked), len(self.through)) // PER_PAGE))

    @property
    def number_of_page(self) -> int:
        return min(self.page, self.pages)

    @property
    def page_numbers(self) -> range:
        return range(1, self.pages + 1)

    # --- the rest

    @property
    def shows_call(self) -> bool:
        """Whether the page has room for the call itself; else it is asked for."""
        return len(self.review.checked) <= MOST_RECORDS_SHOWN

    @property
    def python(self) -> str:
        return "\n\n".join(
            as_python(self._records(items), key.resource_group) for key, items in self.review.split.parts
        )

    @property
    def json(self) -> str:
        return as_json([record for _key, items in self.review.split.parts for record in self._records(items)])

    @property
    def put_away_on(self) -> str:
        """When it will be closed for lack of interest; '' while that is more than a week away."""
        on = self.plan.touched + UNTOUCHED_FOR
        near = self.state == State.OPEN and on - timezone.now() <= NOTICE
        return moment(on) if near else ""

    @property
    def scheduled_for(self) -> str:
        return moment(self.plan.not_before) if self.plan.not_before else ""

    @cached_property
    def tag(self) -> str:
        """Changes whenever anything that the page shows does."""
        hour = int(timezone.now().timestamp()) // HOUR
        plan = self.plan
        changes = [(told.change.pk, told.state, told.change.attempts, told.change.answer) for _part, told in self.parts]
        items = [(item.pk, item.settled_at, item.maintenance) for _part, told in self.parts for item in told.items]
        said = (plan.remarks.count(), self.talk.lacks_approval)
        shown = (plan.revision, plan.state, plan.touched, changes, items, self._known, said)
        told = (shown, hour, dates.reading(), self.page)
        return blake2b(repr(told).encode(), digest_size=12).hexdigest()

    @property
    def outlook_version(self) -> object:
        """All that the summary depends on (portal.ui.fragments): windows move with the minute."""
        minute = int(timezone.now().timestamp()) // 60
        limits = tuple((one.pk, one.limit) for one in budgets(self.scope))
        left = len(self.review.all)  # less by each part that is through
        return (self.scope.reach, self.plan.pk, self.plan.revision, left, self._known, limits, minute)

    @cached_property
    def _known(self) -> tuple[str, ...]:
        """Versions of all that the plan is held against."""
        names = [name for name in TYPES if self.scope.may_see(name)]
        return tuple(listing.version for listing in reads.listings(self.scope, names, wait=False).values())

    def _entry(self, one: Checked, after: int) -> EntryPresenter:
        mine = [found for found in self.review.contradictions if found.intent is one.intent]
        fault, where = self._fault_of(one.entry), self._under_way.get(one.entry.pk, "")
        outdated = self.outdated.field if self.outdated and self.outdated.entry == one.entry.pk else None
        keyless = self._keyless(one)
        return EntryPresenter(self.scope, self.plan, one.entry, one, mine, keyless, fault, where, after, outdated)

    def _page_of(self, entry: int) -> int:
        """The page on which that entry stands; the first where it is in the plan no more."""
        places = [one.entry.pk for one in self._in_order]
        return places.index(entry) // PER_PAGE + 1 if entry in places else 1

    def _is_in_the_way(self, one: Checked) -> bool:
        return bool(one.reason or id(one.intent) in self._wrong or self._fault_of(one.entry))

    @cached_property
    def _wrong(self) -> set[int]:
        """What contradicts the rest, or has no key; by the intent's identity."""
        contradict = (found.intent for found in self.review.contradictions)
        return {id(intent) for intent in (*contradict, *(intent for intent, _groups in self.review.split.without))}

    def _keyless(self, one: Checked) -> str:
        groups = next((groups for intent, groups in self.review.split.without if intent is one.intent), ())
        return ", ".join(sorted(groups))

    @cached_property
    def _under_way(self) -> Mapping[int, str]:
        """Of a plan that is being applied, where each entry is that is not through."""
        if self.state != State.APPLYING:
            return {}
        return {pk: told.word for part, told in self.parts for pk in part.entries}

    def _fault_of(self, entry: Entry) -> str:
        """The words with which the platform refused it, at the entry that they are about, until that is edited."""
        if self.not_taken is None or (self.plan.applied_at and entry.added > self.plan.applied_at):
            return ""
        part, told = self.not_taken
        item = told.change.answer.get("item")
        if not isinstance(item, int) or item >= len(part.entries) or part.entries[item] != entry.pk:
            return ""
        return reason(told.change.answer)

    @staticmethod
    def _records(items: Sequence[tuple[Any, str]]) -> list[dict[str, Any]]:
        return [as_sent(one.type_name, one.key, one.action, one.wanted) for one, _group in items]


def _progress(entry: Entry, told: Mapping[Any, ChangePresenter]) -> str:
    """Accepted, waits for its window, in force: of its record, where that can be told."""
    change = told.get(entry.change_id)
    item = (
        next((one for one in change.items if (one.type_name, one.key) == (entry.type_name, entry.key)), None)
        if change
        else None
    )
    if change is None or item is None or change.state not in (Sent.SETTLING, Sent.DONE):
        return str(Sent.RECORDED.label)
    if item.settled_at or not item.evidence:
        return item.outcome or str(Sent.DONE.label if item.evidence else Sent.RECORDED.label)
    return _("Installing") if item.evidence == item.Evidence.INSTALL else _("Waits for its maintenance window")


def _shown(scope: Scope, change: Change) -> Change:
    """With its items, as `visible_changes` has them."""
    found = visible_items(scope, change.items.order_by("position"))
    change.shown_items = list(found)  # type: ignore[attr-defined]
    return change
