"""Deleting: what stands in its way, what goes with it and when; the name, typed, confirms it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from portal.accounts import form_drafts
from portal.accounts.access import Scope, get_scope
from portal.changes.intent import DEADLINE, Intent
from portal.changes.keys import is_keys_own
from portal.changes.production import needs_approval
from portal.customer.plans import adding
from portal.customer.plans.marks import in_plans
from portal.customer.resources.edit import form_methods, nothing_known
from portal.customer.resources.lookup import NothingKnown, find_record, find_type, way_back
from portal.customer.resources.resubmit import asked_again
from portal.customer.shell import render_page, render_part, wants_part
from portal.inventory import reads
from portal.resources.deletion import Deletion, read_deletion
from portal.resources.spec import Record
from portal.resources.times import BERLIN, default_deadline, earliest_deadline, parse_day
from portal.ui import links, menu
from portal.ui.details import deletion_timeline
from portal.ui.format import dates
from portal.ui.forms.form import Opened

MOST_LINKS = 12


@dataclass(frozen=True, slots=True)
class Related:
    """Records of one type in the way of the deletion, or going with it."""

    label: str
    links: list[tuple[str, str]]  # (title, address), the first few
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.links)


@dataclass(frozen=True)
class Removal:
    """A deletion that somebody is about to ask for."""

    scope: Scope
    record: Record
    opened: Opened
    typed: str = ""
    day_typed: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What has to be typed: the name of a person or service user, else the title."""
        return str(self.record.get("uid") or self.record.title)

    @property
    def delayed(self) -> bool:
        return self.record.type.delayed_deletion

    @cached_property
    def planned(self) -> Deletion:
        """The deletion that is planned already; its day can be changed, and it can be cancelled (vm_20)."""
        return read_deletion(self.record.get("deletion"))

    @property
    def planned_day(self) -> str:
        return dates.day_words(self.planned.deadline, self.first_day) if self.planned.deadline else ""

    @property
    def gone_day(self) -> str:
        """When nothing is left to bring back of a machine that is shut down already."""
        gone = self.planned.gone
        return dates.day_words(gone.astimezone(BERLIN).date(), self.first_day) if gone else ""

    @property
    def keep_address(self) -> str:
        """Where the planned deletion is cancelled."""
        return links.action(self.scope.customer.number, self.record.type.name, self.record.key, "keep")

    @property
    def keep_label(self) -> str:
        (offer,) = (one for one in menu.offers(self.record, self.now) if one.action == "keep")
        return _(offer.button.label)

    @cached_property
    def now(self) -> datetime:
        return reads.context(self.scope, self.record).now

    @property
    def first_day(self) -> date:
        return earliest_deadline(self.now)

    @property
    def day(self) -> date | None:
        return parse_day(self.day_typed)

    @property
    def stages(self) -> list[tuple[str, str]]:
        """What happens when, in words."""
        return [(day, text) for _stage, day, text in self._days]

    @property
    def _days(self) -> list[tuple[str, str, str]]:
        today = self.first_day - timedelta(days=1)
        return list(deletion_timeline.days(self.day, today)) if self.day else []

    @property
    def brief(self) -> list[str]:
        """What deleting does, in a few words."""
        if not self.delayed:
            return [_("deleted immediately")]
        words = {stage: day for stage, day, _text in self._days}
        if not words:
            return []
        return [_("shut down %(day)s") % {"day": words["soft"]}, _("data deleted %(day)s") % {"day": words["hard"]}]

    @property
    def needs_approval(self) -> bool:
        """Whether it becomes a plan, which someone else approves first."""
        return needs_approval(self.scope, [(_wanted(self), self.record.group or "")])

    @cached_property
    def is_keys_own(self) -> bool:
        """Whether it is the group that the API key belongs to, which no key deletes (rg_11)."""
        return self.record.type.name == "resourcegroup" and is_keys_own(self.scope, self.record.key)

    @cached_property
    def obstacles(self) -> list[Related]:
        """What has to go first (rg_11)."""
        if self.record.type.name != "resourcegroup":
            return []
        groups = reads.listing(self.scope, "resourcegroup").records
        children = [group for group in groups if group.get("parent") == self.record.key]
        return [found for found in (self._in_group("virtualmachine"), self._related(children)) if found.count]

    @cached_property
    def followers(self) -> list[Related]:
        """What goes with it."""
        if self.record.type.name != "resourcegroup":
            return []
        return [found for found in (self._in_group("serviceuser"), self._in_group("permission")) if found.count]

    def _in_group(self, type_name: str) -> Related:
        records = reads.listing(self.scope, type_name).records if self.scope.may_see(type_name) else ()
        return self._related([one for one in records if one.group == self.record.key])

    def _related(self, records: list[Record]) -> Related:
        if not records:
            return Related("", [], 0)
        number = self.scope.customer.number
        first = [(one.title, links.record(number, one.type.name, one.key)) for one in records[:MOST_LINKS]]
        return Related(_(records[0].type.plural), first, len(records))


@form_methods
def delete(request: HttpRequest, customer_no: str, type_name: str, key: str) -> HttpResponse:
    """Ask what will be lost, then for the name, then delete."""
    scope = get_scope(request.user, customer_no)
    resource_type = find_type(scope, type_name, lambda candidate: candidate.deletable)
    try:
        record = find_record(scope, resource_type, key)
    except NothingKnown:
        return nothing_known(request, scope, resource_type, key)
    removal = _removal(request, scope, record)
    back = _way_back(request, customer_no, record)
    is_order = request.method == "POST" and "preview" not in request.POST
    if is_order and _is_complete(removal):
        try:
            token = removal.opened.token_for(removal.day_typed)
            return adding.ask(request, scope, [_wanted(removal)], token, back)
        except adding.NOT_ASKED as error:
            removal.errors["name"] = adding.why_not(error)
    context = {"removal": removal, "record": record, "back": back, "sealed": removal.opened.seal(request.path)}
    if "preview" in request.POST and wants_part(request):
        return render_part(request, scope, "resources/delete.html#outlook", {**context, "followed": True})
    context["in_plans"] = in_plans(scope, record.type.name, record.key)
    return render_page(request, scope, "resources/delete.html", context, status=422 if removal.errors else 200)


def _removal(request: HttpRequest, scope: Scope, record: Record) -> Removal:
    data = form_drafts.typed(request)
    if data is not None:
        opened = Opened.unseal(data.get("opened", ""), request.path)
        errors = {} if opened else {"name": _("This form is too old. Type the name again.")}
        typed = "" if opened is None else data.get("name", "")
        return Removal(scope, record, opened or Opened.now({}), typed, data.get("day", ""), errors)
    again = asked_again(scope, request.GET.get("again", ""), record.type.name, record.key)
    planned = read_deletion(record.get("deletion")).deadline
    first = (planned or default_deadline(reads.context(scope, record).now)).isoformat()
    wanted = again.wanted if again else {}
    place = "day" if record.type.delayed_deletion else "name"
    errors = {place: again.problems[0][1]} if again and again.problems else {}
    return Removal(scope, record, Opened.now({}), "", str(wanted.get(DEADLINE, first)), errors)


def _is_complete(removal: Removal) -> bool:
    """Whether it can be asked for; what is wrong is noted in its errors."""
    if removal.errors or removal.obstacles or removal.is_keys_own or removal.planned.is_shut_down:
        return False
    if removal.typed.strip() != removal.name:
        removal.errors["name"] = _("Type “%(name)s” to confirm.") % {"name": removal.name}
    if removal.delayed and (removal.day is None or removal.day < removal.first_day):
        earliest = dates.day_words(removal.first_day, removal.first_day, with_year=True)
        removal.errors["day"] = _("The earliest day is tomorrow, %(day)s (Europe/Berlin).") % {"day": earliest}
    elif removal.delayed and removal.day == removal.planned.deadline:
        removal.errors["day"] = _("The deletion is planned for this day already.")
    return not removal.errors


def _wanted(removal: Removal) -> Intent:
    """The deletion with its day, explicit so that a replay means the same (api_07)."""
    wanted = {DEADLINE: removal.day_typed} if removal.delayed else {}
    return Intent(type_name=removal.record.type.name, key=removal.record.key, action="delete", wanted=wanted)


def _way_back(request: HttpRequest, customer_no: str, record: Record) -> str:
    """Where the person came from; not to the page of what will be gone at once."""
    own = links.record(customer_no, record.type.name, record.key)
    listed = links.of_type(customer_no, record.type.name)
    back = way_back(request, own if record.type.delayed_deletion else listed)
    return listed if back.startswith(own) and not record.type.delayed_deletion else back
