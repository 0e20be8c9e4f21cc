"""Creating and editing: the form of a type, what saving it will bring about, and the change that comes of it.

One URL for the page and for the part that follows what is typed (POST with `preview`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal.accounts import followed_forms, form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import Verb
from portal.billing.usage import monthly_cost
from portal.changes.errors import Unsendable
from portal.changes.intent import DELETION, Intent, as_sent
from portal.changes.production import needs_approval
from portal.changes.reads import pending as under_way
from portal.changes.reads.pending import PendingIndex
from portal.customer.plans import adding
from portal.customer.plans.marks import InPlan, in_plans
from portal.customer.plans.meanwhile import Meanwhile
from portal.customer.resources.form_choices import GROUP, offers_for, only_planned, wrong_key
from portal.customer.resources.lookup import NothingKnown, find_record, find_type, way_back
from portal.customer.resources.resubmit import Resubmission, asked_again
from portal.customer.shell import render_page, render_part, wants_part
from portal.customer.typed_input import typed_into
from portal.inventory import reads
from portal.plans.based_on import SeenEntry, of_entry
from portal.plans.errors import NotRenamed, Overtaken
from portal.plans.models import Entry
from portal.resources.spec import Context, Effect, Record, ResourceType, Values
from portal.ui import links
from portal.ui.format.refusal import UNSENDABLE
from portal.ui.forms.api_call import as_python
from portal.ui.forms.diff import FieldChange, differences
from portal.ui.forms.effects import EffectText, in_brief, in_words
from portal.ui.forms.form import Opened, ResourceForm, follow

NEW = {
    "virtualmachine": lazy("New machine"),
    "resourcegroup": lazy("New resource group"),
    "serviceuser": lazy("New service user"),
    "permission": lazy("New permission"),
}
NOT_RENAMED = {
    "taken": lazy("This plan already creates one with this name. Choose another name."),
    "needed": lazy("Other changes of this plan are in this group. Remove them before you rename the group."),
}

ENTRY_SEEN = "entry_seen"  # sent along: what the entry was that the form edits

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class FormPage:
    """A form on somebody's desk: for a new record (`record` None) or for one that there is."""

    scope: Scope
    type: ResourceType
    record: Record | None
    form: ResourceForm
    opened: Opened
    pending: PendingIndex
    again: Resubmission | None = None  # the change that was not taken and is asked for once more
    outdated: bool = False  # what was sent could not be traced to a form of ours
    entry: Entry | None = None  # of a plan, which this form edits
    entry_seen: str = ""  # what that was when the form was opened, '' where it edits none
    overtaken: Meanwhile | None = None  # what somebody else has done with it since, which the person sees now

    @cached_property
    def typed(self) -> dict[str, Any]:
        """What is asked for, as far as it is valid."""
        self.form.is_valid()
        return self.form.wanted()

    @cached_property
    def _heeded(self) -> tuple[Values, list[Effect]]:
        return self.type.heeds(self._before, self.typed, self.context)

    @property
    def wanted(self) -> dict[str, Any]:
        """What would be sent: without what the platform would ignore."""
        return dict(self._heeded[0])

    @property
    def differs(self) -> bool:
        """Whether what stands in it says anything; a new one is only followed once somebody has typed."""
        return self.record is None or self.is_wrong or bool(self.wanted)

    @property
    def before(self) -> dict[str, Any]:
        """What the person saw of that; nothing of a new record."""
        return {name: seen for name, seen in self.form.before().items() if name in self.wanted}

    @property
    def _before(self) -> Record | None:
        return self.record and replace(self.record, values={**self.record.values, **self.opened.seen})

    @property
    def key(self) -> str:
        if self.record is not None:
            return self.record.key
        try:
            return self.type.key_of(self.wanted)
        except (KeyError, ValueError):
            return ""

    @cached_property
    def context(self) -> Context:
        """What the effects depend on: of a new record, the group that was chosen for it."""
        if self.record is not None:
            return reads.context(self.scope, self.record)
        return reads.context(self.scope, None, group=self.group)

    @property
    def group(self) -> str:
        """The group that places the record, '' while none is chosen."""
        if self.record is not None:
            return self.record.group or ""
        return self.typed.get("resource_group") or self.typed.get("parent") or ""

    @property
    def intent(self) -> Intent:
        """What saving asks for."""
        return Intent(
            type_name=self.type.name,
            key=self.key,
            action="set",
            wanted=self.wanted,
            before=self.before | {name: seen for name, seen in self.opened.seen.items() if name == DELETION},
            creates=self.record is None,
        )

    @property
    def needs_approval(self) -> bool:
        """Whether saving makes a plan, which someone else approves first; not told before a group is chosen."""
        offered = self.form.offers.defaults
        group = self.group or str(offered.get("resource_group") or offered.get("parent") or "")
        return bool(group) and not self.entry and needs_approval(self.scope, [(self.intent, group)])

    @cached_property
    def effects(self) -> list[EffectText]:
        """What saving will bring about, and what of it means nothing; nothing where nothing would change."""
        ignored = self._heeded[1]
        if self.record is not None and not self.wanted:
            return in_words(ignored, self.context.now)
        found = in_words([*self.type.effects(self._before, self.wanted, self.context), *ignored], self.context.now)
        money = [] if self.is_wrong else monthly_cost.told(self.scope, self.type.name, self._before, self.wanted)
        return [*found, *money]

    @cached_property
    def changes(self) -> list[FieldChange]:
        """The fields that change, old and new in words."""
        return differences(self.type, self.before if self.record else None, self.wanted)

    @property
    def is_wrong(self) -> bool:
        """Whether something that was typed needs another look."""
        return self.form.is_bound and bool(self.form.problems)

    @property
    def brief(self) -> list[str]:
        """What saving does, in a few words: how many fields change, and what comes of it."""
        if self.is_wrong:
            return [fields_wrong(len(self.form.problems))]
        if self.record is not None and not self.changes:
            return [_("No changes")]
        first = [count_changes(len(self.changes))] if self.record is not None else [self.key] if self.key else []
        return [*first, *in_brief(self.effects)]

    @property
    def api_call(self) -> str:
        """What would be sent, as a script would send it."""
        if self.key:
            return as_python([as_sent(self.type.name, self.key, "set", self.wanted)], self.group)
        return as_python([{"__type__": self.type.name, **self.wanted}], self.group)


@form_methods
def create(request: HttpRequest, customer_no: str, type_name: str) -> HttpResponse:
    """The form for a new record of the type."""
    scope = get_scope(request.user, customer_no)
    resource_type = find_type(scope, type_name, lambda candidate: candidate.creatable)
    scope.require(Verb.CHANGE, type_name)
    if request.method == "POST" and reads.listing(scope, GROUP).source is reads.Source.NEVER:
        return nothing_known(request, scope, resource_type, _new_label(resource_type))
    default = links.of_type(customer_no, type_name)
    return _answer(request, _desk(request, scope, resource_type, None), way_back(request, default))


@form_methods
def edit(request: HttpRequest, customer_no: str, type_name: str, key: str) -> HttpResponse:
    """The form for a record that there is."""
    scope = get_scope(request.user, customer_no)
    resource_type = find_type(scope, type_name, lambda candidate: candidate.editable)
    try:
        record = find_record(scope, resource_type, key)
    except NothingKnown:
        return nothing_known(request, scope, resource_type, key)
    default = links.record(customer_no, type_name, key)
    return _answer(request, _desk(request, scope, resource_type, record), way_back(request, default))


def _desk(request: HttpRequest, scope: Scope, resource_type: ResourceType, record: Record | None) -> FormPage:
    pending = under_way.pending_of(scope)
    data = form_drafts.typed(request)
    if data is not None and "preview" in data:
        data = follow(resource_type, data)
    asked = {name: str(value) for name, value in (request.GET if data is None else data).items()}
    offers = offers_for(scope, resource_type, record, asked, pending)
    key = record.key if record else None
    again = asked_again(scope, request.GET.get("again", ""), resource_type.name, key)
    entry = adding.entry_edited(request, scope, resource_type.name, key)
    names = [field.name for field in resource_type.settable_fields(creating=False)]
    names += [DELETION] if resource_type.delayed_deletion else []  # saving would cancel one (vm_20)
    seen = {name: record[name] for name in names} if record else {}
    sealed = Opened.unseal(data.get("opened", ""), request.path) if data is not None else None
    opened = sealed or Opened.now(seen)
    form = ResourceForm(
        resource_type,
        seen=opened.seen if record else None,
        others=record.values if record else None,
        offers=offers,
        filled=again.wanted if again else entry.wanted if entry else None,
        data=data,
    )
    if again and not form.is_bound:
        for name, text in again.problems:
            form.add_platform_error(text, name)
    outdated = data is not None and sealed is None
    stood_on = data.get(ENTRY_SEEN, "") if data is not None else ""
    entry_seen = stood_on or (of_entry(entry) if entry else "")
    return FormPage(scope, resource_type, record, form, opened, pending, again, outdated, entry, entry_seen)


def _answer(request: HttpRequest, desk: FormPage, back: str) -> HttpResponse:
    """The page, the part that follows what is typed, or the way back once the change is on its way."""
    if "preview" in request.POST:
        followed_forms.keep_typing(request, differs=desk.differs)
        if wants_part(request):
            context = _page_context(desk, back, request) | _followed(desk, request.POST)
            return render_part(request, desk.scope, "resources/form.html#outlook", context, pending=desk.pending)
        return _page(request, desk, back)
    if request.method == "POST" and _is_complete(desk, to_plan=adding.is_for_plan(request)):
        answer = _ask(request, desk, back)
        if answer is not None:
            return answer
    return _page(request, desk, back, status=422 if desk.form.problems else 200)


def _is_complete(desk: FormPage, *, to_plan: bool) -> bool:
    """Whether everything is valid, comes from a form of ours, and says something."""
    if not desk.form.is_valid() or desk.outdated:
        return False
    if desk.record is not None:
        return bool(desk.wanted)
    wrong = wrong_key(desk.scope, desk.type, desk.wanted, desk.pending)
    if not wrong and not to_plan:
        wrong = only_planned(desk.scope, desk.type, desk.wanted)
    if wrong:
        desk.form.add_error(*wrong)
    return not wrong


def _ask(request: HttpRequest, desk: FormPage, back: str) -> HttpResponse | None:
    """Sent or put into a plan; None and the reason at its field where it is neither."""
    wanted = desk.intent
    token = desk.opened.token_for([wanted.key, wanted.wanted])
    edited = request.GET.get("key", "") if desk.record is None else desk.key
    seen = SeenEntry(desk.type.name, edited, desk.entry_seen) if desk.entry_seen else None
    try:
        return adding.ask(request, desk.scope, [wanted], token, back, seen)
    except Overtaken as error:
        told = Meanwhile.of_entry(error, desk.type, edited, desk.wanted)
        now = replace(desk, entry=error.entry, entry_seen=of_entry(error.entry), overtaken=told)
        return _page(request, now, back, status=422)
    except NotRenamed as error:
        desk.form.add_error(desk.type.key[-1], str(NOT_RENAMED[error.reason]))
    except adding.NOT_ASKED as error:
        desk.form.add_error(None, adding.why_not(error))
    except Unsendable as error:
        desk.form.add_error(error.field if error.field in desk.form.fields else None, str(UNSENDABLE))
    return None


def _page(request: HttpRequest, desk: FormPage, back: str, *, status: int = 200) -> HttpResponse:
    context = _page_context(desk, back, request)
    return render_page(request, desk.scope, "resources/form.html", context, pending=desk.pending, status=status)


def _page_context(desk: FormPage, back: str, request: HttpRequest) -> dict[str, Any]:
    unchanged = request.method == "POST" and "preview" not in request.POST and not desk.outdated and not desk.wanted
    return {
        "desk": desk,
        "form": desk.form,
        "new_label": _new_label(desk.type),
        "back": back,
        "unchanged": unchanged and not desk.form.problems,
        "sealed": desk.opened.seal(request.path),
        "suggested": desk.form.offers.defaults.get("name", ""),
        "groups_missing": any(not choices for choices in desk.form.offers.choices.values()),
        "in_plans": _other_plans(desk),
        "groups_url": links.new(desk.scope.customer.number, GROUP),
    }


def _other_plans(desk: FormPage) -> list[InPlan]:
    """What open plans ask of the record already, without the one whose entry this form is."""
    if desk.record is None:
        return []
    edited = desk.entry.plan.number if desk.entry else 0
    return in_plans(desk.scope, desk.type.name, desk.record.key, but_for=edited)


def _new_label(resource_type: ResourceType) -> str:
    return str(NEW.get(resource_type.name) or _("New: %(label)s") % {"label": _(resource_type.label)})


def _followed(desk: FormPage, data: Mapping[str, str]) -> dict[str, Any]:
    """What is put in its place beside the summary: effects, choices that go by what is typed, and a suggested name.

    The name follows the group as long as nobody has touched it.
    """
    followed = {"effects_by_field": _by_field(desk), "redrawn": desk.form.redrawn()}
    suggested = desk.form.offers.defaults.get("name", "")
    typed = data.get("name", "")
    if not suggested or suggested == typed or typed not in ("", data.get("suggested", "")):
        return followed
    return {**followed, "new_name": suggested}


def _by_field(desk: FormPage) -> list[tuple[str, list[EffectText]]]:
    return [(name, [said for said in desk.effects if said.field == name]) for name in desk.form.fields]


def count_changes(count: int) -> str:
    return ngettext("%(count)s change", "%(count)s changes", count) % {"count": count}


def fields_wrong(count: int) -> str:
    text = ngettext("One field needs attention.", "%(count)s fields need attention.", count)
    return text % {"count": count}


def nothing_known(request: HttpRequest, scope: Scope, resource_type: ResourceType, key: str) -> HttpResponse:
    """The platform doesn't answer and nothing is known of the record, or of the groups that a new one could be in: what
    was typed stands there, nothing is sent."""
    context = {"type": resource_type, "key": key, "typed": typed_into(request)}
    return render_page(request, scope, "resources/form_unknown.html", context, status=503)
