"""The page of what was chosen in a list, and what can be done with all of it; what is asked for goes into a plan."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from portal.accounts import form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import Verb
from portal.changes.errors import Unsendable
from portal.changes.intent import Intent
from portal.changes.reads import pending as under_way
from portal.changes.reads.pending import PendingIndex
from portal.customer.plans.adding import why_not
from portal.customer.resources.edit import form_methods, nothing_known
from portal.customer.resources.form_choices import offers_for
from portal.customer.resources.lookup import find_type
from portal.customer.resources.many import acts, grants
from portal.customer.resources.many.acts import Asks, Offer, Outcome
from portal.customer.resources.many.chosen import ALL, KEY, Chosen, chosen_in
from portal.customer.resources.many.copies import WrongNames, copies, suggested
from portal.customer.resources.permission_matrix import grantable, read_uids
from portal.customer.shell import render_page
from portal.customer.typed_moment import typed_moment
from portal.inventory import reads
from portal.inventory.reads import Listing, Source
from portal.plans.compose import put_in
from portal.plans.errors import NotOpen, TooMany
from portal.plans.models import MOST_ENTRIES, Plan
from portal.resources.labels import mark
from portal.resources.spec import Action, ResourceType
from portal.resources.times import default_deadline, earliest_deadline, parse_day
from portal.resources.types import PERMISSION, RESOURCE_GROUP
from portal.ui import links
from portal.ui.format import dates
from portal.ui.format.refusal import UNSENDABLE
from portal.ui.forms.form import Row
from portal.ui.forms.many import ManyForm, type_for_many

DO = "do"  # the button that was pressed
ACT = "act"  # the part of the page with the buttons of actions
FIELDS, DELETE, CLONE, UNTIL = "fields", "delete", "clone", "until"  # the name of an action's button is Offer.name
GRANT, REVOKE = "grant", "revoke"
PERMISSIONS = "permission"  # the part of the page for both, and a tick for each of them


# Where on the page it is said what is wrong, by button.
PLACES = {act: act for act in (FIELDS, DELETE, CLONE, UNTIL)} | {GRANT: PERMISSIONS, REVOKE: PERMISSIONS}

PARTS = {  # of the page
    FIELDS: mark("Change fields"),
    ACT: mark("Actions"),
    UNTIL: mark("Maintenance mode until"),
    CLONE: mark("Clone"),
    DELETE: mark("Delete"),
    PERMISSIONS: mark("Permissions"),
}


class Refused(Exception):
    """It cannot be asked for so; `place` is the part of the page where that is said."""

    def __init__(self, place: str, *texts: str) -> None:
        super().__init__(place)
        self.place = place
        self.texts = texts


@dataclass(frozen=True)
class ManyPage:
    """What was chosen, what can be done with it, and what was typed."""

    scope: Scope
    type: ResourceType
    listing: Listing
    chosen: Chosen
    data: QueryDict
    pending: PendingIndex
    errors: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by part of the page

    @property
    def heading(self) -> str:
        values = {"what": _(self.type.plural), "count": len(self.chosen.records)}
        return _("%(what)s: %(count)s selected") % values

    @property
    def back(self) -> str:
        return links.of_type(self.scope.customer.number, self.type.name)

    @property
    def now(self) -> datetime:
        return self.listing.platform_now

    @property
    def is_too_many(self) -> bool:
        """Whether no plan holds that many."""
        return len(self.chosen.records) > MOST_ENTRIES

    @property
    def most(self) -> int:
        return MOST_ENTRIES

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """(id, label, error) of all that is wrong, whichever button was pressed, for the summary."""
        in_fields = self.form.problems if self.form.is_bound else []
        told = [(place, text) for place, texts in self.errors.items() for text in texts]
        return [*in_fields, *((f"{place}-error", _(PARTS[place]), text) for place, text in told)]

    # --- changing fields

    @cached_property
    def form(self) -> ManyForm:
        own = type_for_many(self.type, self.chosen.records)
        offers = offers_for(self.scope, own, None, {}, self.pending)
        return ManyForm(self.type, self.chosen.records, offers, self.data if DO in self.data else None)

    @property
    def sections(self) -> list[tuple[str, list[Row]]]:
        return self.form.sections() if self.type.editable else []

    # --- actions

    @cached_property
    def offers(self) -> list[Offer]:
        return acts.offers(self.chosen.records, self.now)

    @property
    def timed(self) -> Action | None:
        """The action that also takes a time of one's own."""
        return next((action for action in self.type.actions if action.takes_time), None)

    @property
    def until_typed(self) -> str:
        return self.data.get("until", "")

    @property
    def earliest(self) -> str:
        """For the field where the time is given: now."""
        return self.now.astimezone(get_current_timezone()).strftime("%Y-%m-%dT%H:%M")

    @property
    def timezone(self) -> str:
        return str(get_current_timezone())

    # --- copying

    @property
    def can_be_copied(self) -> bool:
        return self.type.creatable and self.type.free_names is not None

    @property
    def names_typed(self) -> str:
        """What was typed, else free names."""
        if "names" in self.data:
            return str(self.data["names"])
        return "\n".join(suggested(self.scope, self.type, self.chosen.records, self.pending))

    @property
    def not_copied(self) -> str:
        """Labels of what does not go along."""
        return ", ".join(_(one.label) for one in self.type.settable_fields(creating=True) if not one.copied)

    # --- permissions

    @property
    def can_be_granted(self) -> bool:
        return self.type.name in grants.HOLDERS and self.scope.may_change(PERMISSION.name)

    @property
    def asks_for_people(self) -> bool:
        """Whether it is for people who have to be named; service users are the ones that were chosen."""
        return self.type is RESOURCE_GROUP

    @property
    def permissions(self) -> list[tuple[str, str, bool]]:
        """Name, what it lets one do, whether it is ticked."""
        ticked = self.data.getlist(PERMISSIONS)
        return [(name, meaning, name in ticked) for name, meaning in grantable()]

    @property
    def uids_typed(self) -> str:
        return self.data.get("uids", "")

    # --- deleting

    @property
    def day_typed(self) -> str:
        return self.data.get("day", default_deadline(self.now).isoformat())

    @property
    def first_day(self) -> date:
        return earliest_deadline(self.now)


@form_methods
def many(request: HttpRequest, customer_no: str, type_name: str) -> HttpResponse:
    """What was chosen and what can be done (POST from the list, GET for a few in the address); POST `do` does it."""
    scope = get_scope(request.user, customer_no)
    resource_type = find_type(scope, type_name, lambda candidate: candidate.is_changeable)
    scope.require(Verb.CHANGE, type_name)
    listing = reads.listing(scope, type_name)
    if listing.source is Source.NEVER:
        return nothing_known(request, scope, resource_type, "")
    data = _data(request)
    chosen = chosen_in(scope, listing, data)
    page = ManyPage(scope, resource_type, listing, chosen, data, under_way.pending_of(scope))
    if request.method == "POST" and DO in data and chosen.records:
        try:
            found = _asked(page)
            plan = _put_in(page, found)
        except Refused as refused:
            page.errors[refused.place] = refused.texts
        else:
            _tell(request, page, plan, found)
            return redirect(links.plan(customer_no, plan.number))
    is_lacking = page.errors or (request.method == "POST" and not chosen.records)
    context = {"page": page, "sent": request.method == "POST"}
    status = 422 if is_lacking else 200
    return render_page(request, scope, "resources/many.html", context, pending=page.pending, status=status)


@require_safe
def matching_keys(request: HttpRequest, customer_no: str, type_name: str) -> HttpResponse:
    """The keys of all that the list's query matches, one a line: for ticks on pages that nobody has opened."""
    scope = get_scope(request.user, customer_no)
    find_type(scope, type_name, lambda candidate: candidate.is_changeable)
    scope.require(Verb.CHANGE, type_name)
    asked = QueryDict(mutable=True)
    asked[ALL] = request.GET.urlencode()
    keys = chosen_in(scope, reads.listing(scope, type_name), asked).keys
    return HttpResponse(keys, content_type="text/plain; charset=utf-8")


def _data(request: HttpRequest) -> QueryDict:
    """What is sent; else what the address names, or what was kept of a form that was sent in vain."""
    if request.method != "POST" and KEY in request.GET:
        return request.GET
    typed = form_drafts.typed(request)
    return request.GET if typed is None else typed


def _asked(page: ManyPage) -> Outcome:
    """What the pressed button asks for."""
    act = str(page.data[DO])
    if act == FIELDS:
        return acts.outcome(page.chosen.records, _edits(page))
    if act == DELETE and page.type.deletable:
        return acts.outcome(page.chosen.records, acts.deletions(page.scope, _day(page)))
    if act in (GRANT, REVOKE) and page.can_be_granted:
        return _permissions(page, act)
    if act == CLONE and page.can_be_copied:
        return Outcome(_copies(page))
    if act == UNTIL and page.timed is not None:
        return _until(page, page.timed)
    for offer in page.offers:
        if offer.name == act:
            return acts.outcome(page.chosen.records, offer.asks(page.now))
    raise Refused(ACT, _("That is not possible now. Select one of these."))


def _edits(page: ManyPage) -> Asks:
    if not page.form.ticked & page.form.fields.keys():
        raise Refused(FIELDS, _("Select at least one field to change."))
    if not page.form.is_valid():
        raise Refused(FIELDS)
    return acts.edits(page.scope, page.form, page.chosen.records)


def _day(page: ManyPage) -> date | None:
    if not page.type.delayed_deletion:
        return None
    day = parse_day(page.day_typed)
    if day is None or day < page.first_day:
        earliest = dates.day_words(page.first_day, page.first_day, with_year=True)
        raise Refused(DELETE, _("The earliest day is tomorrow, %(day)s (Europe/Berlin).") % {"day": earliest})
    return day


def _copies(page: ManyPage) -> list[Intent]:
    try:
        return copies(page.scope, page.type, page.chosen.records, page.names_typed, page.pending)
    except WrongNames as error:
        raise Refused(CLONE, *error.texts) from None


def _permissions(page: ManyPage, act: str) -> Outcome:
    uids, wrong = read_uids(page.uids_typed) if page.asks_for_people else ((), [])
    if page.asks_for_people and not page.uids_typed.strip():
        wrong = [_("Enter at least one login name.")]
    permissions = [name for name, _meaning, is_ticked in page.permissions if is_ticked]
    if not permissions:
        wrong = [*wrong, _("Select at least one permission.")]
    if wrong:
        raise Refused(PERMISSIONS, *wrong)
    holders = len(page.chosen.records) * (len(uids) if page.asks_for_people else 1)
    if (count := holders * len(permissions)) > MOST_ENTRIES:
        text = _("These are %(count)s permissions; at most %(most)s can be changed at once.")
        raise Refused(PERMISSIONS, text % {"count": count, "most": MOST_ENTRIES})
    do = grants.grants if act == GRANT else grants.revocations
    return do(page.scope, grants.holders(page.chosen.records, uids), permissions)


def _until(page: ManyPage, action: Action) -> Outcome:
    moment = typed_moment(page.until_typed, page.now)
    try:
        if moment is not None:
            return acts.outcome(page.chosen.records, acts.until(action, moment, page.now))
    except ValueError:
        pass
    raise Refused(UNTIL, _("Enter a time in the future (%(zone)s).") % {"zone": page.timezone})


def _put_in(page: ManyPage, found: Outcome) -> Plan:
    """Into the person's plan; Refused, at the button that was pressed, where that cannot be."""
    act = str(page.data[DO])
    place = PLACES.get(act, ACT)
    if not found.intents:
        raise Refused(place, _("There is nothing to add to the plan."), *found.told)
    try:
        return put_in(page.scope, found.intents)
    except (NotOpen, TooMany) as error:
        raise Refused(place, why_not(error)) from None
    except Unsendable:
        raise Refused(place, str(UNSENDABLE)) from None


def _tell(request: HttpRequest, page: ManyPage, plan: Plan, found: Outcome) -> None:
    """How many went into which plan, and what did not."""
    count = len(found.intents)
    text = ngettext(
        "One change added to “%(plan)s”. Nothing has been sent yet.",
        "%(count)s changes added to “%(plan)s”. Nothing has been sent yet.",
        count,
    )
    messages.info(request, text % {"count": count, "plan": plan.title})
    if page.data[DO] == GRANT and (lost := grants.replaced(page.scope, found.intents)):
        messages.warning(request, lost)
    for line in found.told:
        messages.warning(request, _("Left out: %(what)s.") % {"what": line})
