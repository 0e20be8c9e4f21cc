"""A change in words: what it does, where it is, why, and what a person can do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext

from portal.accounts.access import Scope
from portal.changes.intent import Intent, as_sent
from portal.changes.models import Action, Change, Item, State
from portal.changes.reads.pending import ATTENTION_FOR
from portal.changes.reads.visibility import sees_all
from portal.customer.plans.undo_told import UndoPresenter
from portal.customer.resources.resubmit import again_url
from portal.inventory import reads
from portal.plans.models import Entry, Plan
from portal.resources.spec import ResourceType
from portal.resources.times import BERLIN, moment_from_key, parse_moment, zone
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.format import dates
from portal.ui.format.values import text as value_text
from portal.ui.forms.api_call import as_python
from portal.ui.forms.diff import FieldChange, differences
from portal.ui.lists.page import HOUR

LOOKS: Mapping[State, tuple[str, str]] = {  # state -> icon, tone
    State.DRAFT: ("pencil", "idle"),
    State.QUEUED: ("hourglass", "wait"),
    State.SENDING: ("send", "busy"),
    State.UNKNOWN: ("zoom-question", "wait"),
    State.RECORDED: ("check", "good"),
    State.SETTLING: ("progress-check", "busy"),
    State.DONE: ("circle-check", "good"),
    State.REJECTED: ("circle-x", "bad"),
    State.CONFLICT: ("arrows-split-2", "bad"),
    State.PARKED: ("key-off", "bad"),
    State.SUPERSEDED: ("versions", "idle"),
    State.CANCELLED: ("ban", "idle"),
}
CANCELLABLE = frozenset({State.QUEUED, State.PARKED, State.CONFLICT})
ASKS = frozenset({State.REJECTED, State.PARKED, State.CONFLICT})
SIZES = frozenset({"cores", "memory", "disk"})
UNREACHED = lazy("The platform could not be reached (attempts: %(attempts)s). Next attempt: %(next)s.")
# Rejected by us, before the platform was asked: by kind of the answer.
NOT_SENT: Mapping[str, object] = {
    "unsendable": lazy(
        "It contains a character or a number that cannot be sent to the platform. Nothing was changed: edit it again."
    ),
    "forbidden": lazy(
        "It was not sent: the person who requested it can no longer change this. Nothing was "
        "changed. Someone with access can request it again."
    ),
    "taken": lazy("It was not sent: the name is already taken. Nothing was changed. Choose another name."),
}
SENTENCES: Mapping[str, object] = {
    State.DRAFT: lazy("Part of a plan. It is sent once the part before is accepted."),
    State.QUEUED: lazy("Queued. It is sent automatically."),
    State.SENDING: lazy("It is being sent to the platform."),
    State.UNKNOWN: lazy(
        "It was sent %(sent)s, but the answer was lost. The portal is checking whether it "
        "arrived; until then your other changes wait."
    ),
    State.RECORDED: lazy("Accepted by the platform."),
    State.DONE: lazy("It has taken effect."),
    State.REJECTED: lazy("Rejected by the platform. Nothing was changed."),
    State.CONFLICT: lazy("Someone else changed the same values in the meantime. Nothing was sent: decide which apply."),
    State.PARKED: lazy(
        "The platform rejects the API key of group %(group)s. It is sent automatically once a "
        "manager has entered a new one."
    ),
    State.SUPERSEDED: lazy("Replaced by a newer change. It was not sent."),
    State.CANCELLED: lazy("Cancelled. Nothing was changed."),
}
PERHAPS_SENT = lazy(
    "It was sent %(sent)s, but the answer was lost, and the API key of group %(group)s no longer works. Once a manager "
    "has entered a new one, the portal checks whether it arrived."
)
CONFLICT_OF_PLAN = lazy("Someone else changed the same values in the meantime. Nothing was sent: decide in the plan.")


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a change: the link to it (where it can have a page), what is done, old and new."""

    act: str  # `Resize {name}`: where the name stands depends on the language
    type: ResourceType
    title: str
    url: str
    fields: list[FieldChange]
    outcome: str
    again_url: str

    @property
    def what(self) -> SafeString:
        """`Resize shop13`, with the link to it."""
        return self.leading_to(self.url)

    def leading_to(self, url: str) -> SafeString:
        """The same with another link; "" for none."""
        link = format_html('<a href="{}">{}</a>' if url else "<strong>{1}</strong>", url, self.title)
        before, _name, after = self.act.partition("{name}")
        return format_html('<span class="soft">{}</span>{}<span class="soft">{}</span>', before, link, after)

    @property
    def words(self) -> str:
        """The same without the link."""
        return self.act.format(name=self.title)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened to a change."""

    icon: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else changed meanwhile."""

    label: str
    before: str
    present: str
    wanted: str


class ChangePresenter:
    """A change as pages tell it to one person. `change` comes from `visible_changes`, with its `shown_items`."""

    def __init__(self, scope: Scope, change: Change, plan_name: str | None = None) -> None:
        """`plan_name` is that of the plan it is a part of, where that was looked up already (`told_all`)."""
        self.scope = scope
        self.change = change
        self.items: list[Item] = list(change.shown_items)  # type: ignore[attr-defined]
        self.number = change.number
        self.state = change.state
        self.icon, self.tone = LOOKS[State(change.state)]
        self.url = links.change(scope.customer.number, change.number)
        self._plan_name = plan_name

    @cached_property
    def plan_name(self) -> str:
        """Of the plan that it is a part of; '' for one by itself."""
        if self._plan_name is None:
            self._plan_name = plan_names([self.change]).get(self.change.plan_number or 0, "")
        return self._plan_name

    @property
    def plan_url(self) -> str:
        number = self.change.plan_number
        return links.plan(self.scope.customer.number, number) if number is not None else ""

    @property
    def is_plans_matter(self) -> bool:
        """Whether it was not taken, and its plan is open again to be mended."""
        return self.change.plan_number is not None and self.state in (State.REJECTED, State.CONFLICT)

    @cached_property
    def undo(self) -> UndoPresenter:
        return UndoPresenter(self.scope, self.change)

    @property
    def version(self) -> object:
        """All that rows and entries tell of it to that person (portal.ui.fragments)."""
        items = tuple((item.pk, item.outcome, bool(item.result)) for item in self.items)
        return (self.scope.reach, tag_of([self.change]), self.author, dates.hour(timezone.now()), items, self.plan_name)

    @property
    def word(self) -> str:
        return str(State(self.state).label)

    @property
    def author(self) -> str:
        return str(self.change.author or _("a former member"))

    @cached_property
    def lines(self) -> list[Line]:
        return [self._line(item) for item in self.items]

    @property
    def summary(self) -> str:
        """What it is called in headings."""
        groups = {item.group for item in self.items}
        return summary_of(self.items, groups.pop() if len(groups) == 1 else "")

    @property
    def may_act(self) -> bool:
        """Whether the person may decide about all of it."""
        whole = self.change.items.count() == len(self.items)
        return whole and all(self.scope.may_change(item.type_name) for item in self.items)

    @property
    def can_cancel(self) -> bool:
        return self.state in CANCELLABLE and self.state != State.CONFLICT

    @property
    def can_retry(self) -> bool:
        waits = self.state == State.QUEUED and self.change.answer.get("kind") == "unreachable"
        return (self.state in (State.REJECTED, State.PARKED) and not self.is_plans_matter) or waits

    @property
    def needs_someone(self) -> bool:
        """Whether it goes no further by itself; of what was rejected, as long as it counts as needing attention."""
        ended = self.change.done_at
        return self.state in ASKS and (ended is None or ended >= timezone.now() - ATTENTION_FOR)

    @property
    def is_open(self) -> bool:
        """Whether something may still happen to it by itself."""
        return not self.change.is_final and self.state not in ASKS

    @property
    def answer(self) -> str:
        """The platform's own words, where the person sees what they are about; what our client says of a failed call is
        for logs."""
        is_told = self.change.answer.get("kind") == "fault" and self._sees_what_is_wrong
        return str(self.change.answer.get("text") or "") if is_told else ""

    @property
    def _sees_what_is_wrong(self) -> bool:
        """Words that are about no record that we know may name any of them."""
        position = self.change.answer.get("item")
        if position is None:
            return sees_all(self.scope) or self.change.items.count() == len(self.items)
        return any(item.position == position for item in self.items)

    @property
    def wrong_field(self) -> str:
        """The label of the field that the platform's words are about, '' where that is not known."""
        name, position = str(self.change.answer.get("field") or ""), self.change.answer.get("item")
        item = next((item for item in self.items if item.position == (position or 0)), None)
        if not name or item is None or name not in TYPES[item.type_name].field_names:
            return ""
        return _(TYPES[item.type_name].field(name).label)

    @property
    def explanation(self) -> str:
        """Where it is, since when, and what comes next."""
        return explain(self)

    @property
    def why_rejected(self) -> str:
        """Why it was not taken, also once it was put away; '' where it was not rejected."""
        kind = self.change.answer.get("kind")
        if kind in NOT_SENT:
            return str(NOT_SENT[kind])
        return str(SENTENCES[State.REJECTED]) if kind == "fault" or self.state == State.REJECTED else ""

    @property
    def clashes(self) -> list[tuple[Line, str, list[Clash]]]:
        """Of a conflict: (record, reason: changed | gone | exists, fields)."""
        if self.state != State.CONFLICT:
            return []
        lines = {item.position: (line, item) for item, line in zip(self.items, self.lines, strict=True)}
        found = [(one, lines[one["item"]]) for one in self.change.answer.get("items", ()) if one["item"] in lines]
        return [(line, str(one["reason"]), _clashes(item, one["fields"])) for one, (line, item) in found]

    @property
    def can_overwrite(self) -> bool:
        return not self.is_plans_matter and all(reason != "gone" for _line, reason, _fields in self.clashes)

    @property
    def api_call(self) -> str:
        records = [as_sent(item.type_name, item.key, item.action, item.wanted) for item in self.items]
        return as_python(records, self.change.key_group)

    @property
    def events(self) -> list[Event]:
        """What has happened to it, in order."""
        return sorted(_events(self), key=lambda event: event.at)

    def _line(self, item: Item) -> Line:
        resource_type = TYPES[item.type_name]
        number = self.scope.customer.number
        gone = item.action == Action.DELETE and self.change.recorded_at and not resource_type.delayed_deletion
        url = "" if gone or (item.creates and not item.result) else links.record(number, item.type_name, item.key)
        before = None if item.creates else item.before
        keys = resource_type.key
        shown = {name: value for name, value in item.wanted.items() if name not in keys}
        asks_again = self.state in (State.REJECTED, State.CONFLICT) and not self.is_plans_matter
        return Line(
            act=act_of(item, resource_type),
            type=resource_type,
            title=item.key,
            url=url,
            fields=differences(resource_type, before, shown),
            outcome=item.outcome,
            again_url=again_url(number, self.change, item) if asks_again else "",
        )


def told_all(scope: Scope, changes: Sequence[Change]) -> list[ChangePresenter]:
    """Each as pages tell it; the plans that they are parts of are looked up together."""
    names = plan_names(changes)
    return [ChangePresenter(scope, change, names.get(change.plan_number or 0, "")) for change in changes]


def plan_names(changes: Sequence[Change]) -> dict[int, str]:
    """Of the plans that these changes of one customer are parts of, by their numbers."""
    numbers = {change.plan_number for change in changes if change.plan_number is not None}
    plans = Plan.objects.filter(customer=changes[0].customer_id, number__in=numbers) if numbers else ()
    return {plan.number: plan.title for plan in plans}


def tag_of(changes: Sequence[Change]) -> str:
    """Of all that is told about these changes; by the hour, since a day may then have to say its year."""
    digest = blake2b(repr((int(timezone.now().timestamp()) // HOUR, dates.reading())).encode(), digest_size=9)
    for change in changes:
        items = [(item.settled_at, item.evidence, item.maintenance) for item in change.shown_items]  # type: ignore[attr-defined]
        told = (change.pk, change.state, change.attempts, change.next_attempt_at, change.answer, change.done_at, items)
        digest.update(repr(told).encode())
    return digest.hexdigest()


def summary_of(items: Sequence[Item] | Sequence[Intent], group: str) -> str:
    """`Resize shop13`, `5 records of shop`; `group` places them, '' where several do."""
    if len(items) == 1:
        return act_of(items[0], TYPES[items[0].type_name]).format(name=items[0].key)
    if not group:
        return _("%(count)s records") % {"count": len(items)}
    return _("%(count)s records of %(group)s") % {"count": len(items), "group": group}


def act_of(item: Item | Entry | Intent, resource_type: ResourceType) -> str:
    """What is done to the record, by the fields; what can only be there or not is granted and revoked."""
    if item.action == Action.DELETE:
        return pgettext("change", "Delete {name}") if resource_type.editable else pgettext("change", "Revoke {name}")
    if item.creates:
        return pgettext("change", "Create {name}") if resource_type.editable else pgettext("change", "Grant {name}")
    if not item.wanted:  # sent as it is (vm_20)
        return pgettext("change", "Cancel deletion of {name}")
    if item.wanted.keys() <= SIZES:
        return pgettext("change", "Resize {name}")
    if item.wanted.keys() == {"online"}:
        return pgettext("change", "Start {name}") if item.wanted["online"] else pgettext("change", "Shut down {name}")
    if "maintenance_until" in item.wanted:
        begins = bool(item.wanted["maintenance_until"])
        return (
            pgettext("change", "Start maintenance of {name}")
            if begins
            else pgettext("change", "End maintenance of {name}")
        )
    return pgettext("change", "Update {name}")


def moment(at: datetime) -> str:
    """`Thu 26 Nov, 14:03`, by our clock."""
    return dates.words(at, timezone.now())


def explain(told: ChangePresenter) -> str:
    """One or two sentences: short, plain, exact."""
    change = told.change
    if change.state == State.RECORDED and change.recorded_at:
        return _recorded(told, change.recorded_at)
    if change.state == State.SETTLING:
        return _settling(told)
    if change.state == State.REJECTED:
        return told.why_rejected
    if change.state == State.DRAFT and (before := _part_before(change)) is not None:
        return _("It stands by until change %(number)s is accepted.") % {"number": before}
    if change.state == State.CONFLICT and told.is_plans_matter:
        return str(CONFLICT_OF_PLAN)
    return str(_sentence(change)) % {
        "attempts": change.attempts,
        "next": moment(change.next_attempt_at),
        "sent": moment(change.sent_at or change.created),
        "group": change.key_group,
    }


def _sentence(change: Change) -> object:
    if change.state == State.QUEUED and change.answer.get("kind") == "unreachable":
        return UNREACHED
    return PERHAPS_SENT if change.is_open_question else SENTENCES[State(change.state)]


def _part_before(change: Change) -> int | None:
    """The number of the part of the same plan that has to be accepted first: all are made at once."""
    parts = Change.objects.filter(customer=change.customer_id, plan_number=change.plan_number)
    return parts.filter(number__lt=change.number).order_by("-number").values_list("number", flat=True).first()


def _recorded(told: ChangePresenter, at: datetime) -> str:
    text = _("Accepted by the platform: %(at)s.") % {"at": moment(at)}
    if not told.change.is_final:
        return text
    deleted = all(item.action == Action.DELETE for item in told.items)
    if deleted or all(item.type_name == "permission" for item in told.items):
        return text
    return f"{text} {_('The platform does not report when it takes effect: usually within minutes.')}"


def _settling(told: ChangePresenter) -> str:
    waiting = [item for item in told.items if item.settled_at is None and item.evidence]
    text = _("Accepted by the platform: %(at)s.") % {"at": moment(told.change.recorded_at or told.change.created)}
    planned = [(found, item.group) for item in waiting if (found := _planned(item))]
    if planned:
        window = _in_zone_of(told.scope, *min(planned))
        return f"{text} {_('It waits for the maintenance window: %(when)s.') % {'when': window}}"
    if any(item.evidence == Item.Evidence.INSTALL for item in waiting):
        return f"{text} {_('The machine is being installed.')}"
    return f"{text} {_('It waits for the platform to schedule a maintenance window.')}"


def _in_zone_of(scope: Scope, at: datetime, group: str) -> str:
    """`Fri 27 Nov, 04:00 (22:00 New York)`: with what the group's clock shows, as the form has promised."""
    groups = reads.listing(scope, "resourcegroup", wait=False)
    found = groups.by_key.get(group)
    tz = zone(found.get("timezone")) if found else BERLIN
    return dates.words(at, groups.platform_now, tz)


def _planned(item: Item) -> datetime | None:
    """When the maintenance begins that the item waits for; its key ends with that."""
    try:
        return parse_moment(moment_from_key(item.maintenance.rpartition("/")[2]))
    except ValueError:
        return None


def _clashes(item: Item, fields: Mapping[str, Mapping[str, object]]) -> list[Clash]:
    found = []
    for field, values in TYPES[item.type_name].in_order(fields):
        texts = [value_text(field, values.get(kind)) for kind in ("before", "present", "wanted")]
        found.append(Clash(_(field.label), *texts))
    return found


def _events(told: ChangePresenter) -> list[Event]:
    change = told.change
    found = [Event("pencil", _("Requested by %(author)s.") % {"author": told.author}, change.created)]
    if change.sent_at:
        found.append(Event("send", _("Sent to the platform (attempt %(n)s).") % {"n": change.attempts}, change.sent_at))
    if change.recorded_at:
        found.append(Event("check", _("Accepted by the platform."), change.recorded_at))
    for item in told.items:
        if item.settled_at and item.evidence:
            text = item.outcome or _("In effect on %(key)s.") % {"key": item.key}
            found.append(Event("progress-check", text, item.settled_at))
    if change.done_at and change.state != State.RECORDED:
        icon, _tone = LOOKS[State(change.state)]
        found.append(Event(icon, _("Ended: %(state)s.") % {"state": told.word}, change.done_at))
    return found
