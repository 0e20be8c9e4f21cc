"""What a form or a button asks for: sent as a change, or put into a plan where the person says so."""

from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.changes.errors import NeedsApproval, NoKey
from portal.changes.intent import Intent
from portal.changes.places import placed
from portal.changes.submit import submit
from portal.customer.changes.messages import tell
from portal.customer.changes.presenter import summary_of
from portal.plans.based_on import SeenEntry
from portal.plans.compose import begin, put_in
from portal.plans.errors import NotOpen, TooMany
from portal.plans.models import MOST_ENTRIES, Entry, Plan
from portal.plans.visibility import find_plan, visible_entries
from portal.resources.spelling import whole_number
from portal.ui import links

NOT_ASKED = (NoKey, NotOpen, TooMany)  # told beside what was typed (`why_not`)
ASKED = "plan"  # the button "Add to plan" sends it; in an address it names the plan whose entry is edited


def ask(
    request: HttpRequest, scope: Scope, wanted: Sequence[Intent], token: str, back: str, seen: SeenEntry | None = None
) -> HttpResponse:
    """Send it (or put it into a plan), say so, and lead back. `seen` is the entry that the form stood on.

    Raises as `submit` and `put_in` do, but for NeedsApproval: what is typed stays where it is, beside `why_not`.
    """
    if not is_for_plan(request):
        try:
            tell(request, scope, submit(scope, wanted, token))
            return redirect(back)
        except NeedsApproval:
            return _needs_approval(request, scope, wanted, back)
    edited = plan_edited(request, scope)
    plan = put_in(scope, wanted, edited, instead=edited is not None, seen=seen)
    address = links.plan(scope.customer.number, plan.number)
    if edited is not None:
        return redirect(address)
    text = _("Added to “%(plan)s”. Nothing has been sent yet.") % {"plan": plan.title}
    messages.info(request, format_html('{} <a href="{}">{}</a>', text, address, _("Review")))
    return redirect(back)


def is_for_plan(request: HttpRequest) -> bool:
    """Whether the button that was pressed puts it into a plan: a form's own, or one of a menu (`?to=plan`)."""
    return ASKED in request.POST or request.GET.get("to") == ASKED


def why_not(error: NoKey | NotOpen | TooMany) -> str:
    """Why nothing was sent or put in, and what to do."""
    if isinstance(error, NoKey):
        groups = {"groups": ", ".join(sorted(error.groups))}
        return _("No API key covers %(groups)s, so nothing can be sent. A manager can enter one.") % groups
    if isinstance(error, NotOpen):
        return _("That plan can no longer be edited. Nothing was added to it.")
    values = {"count": error.count, "most": MOST_ENTRIES}
    return _("The plan would have %(count)s changes; at most %(most)s are possible.") % values


def plan_edited(request: HttpRequest, scope: Scope) -> Plan | None:
    """The plan whose entry the form of this address is."""
    number = whole_number(request.GET.get(ASKED, ""))
    return None if number is None else find_plan(scope, number)


def entry_edited(request: HttpRequest, scope: Scope, type_name: str, key: str | None) -> Entry | None:
    """The entry that the form of this address is; of a new record by `?key=`."""
    plan = plan_edited(request, scope)
    if plan is None:
        return None
    wanted = request.GET.get("key", "") if key is None else key
    entries = visible_entries(scope, list(plan.entries.filter(change=None)))
    return next((one for one in entries if (one.type_name, one.key) == (type_name, wanted)), None)


def _needs_approval(request: HttpRequest, scope: Scope, wanted: Sequence[Intent], back: str) -> HttpResponse:
    """It becomes a plan of its own, called as the change would be, in which somebody else is asked to look."""
    _intent, group = placed(scope, wanted[:1])[0]
    try:
        with transaction.atomic():
            plan = put_in(scope, wanted, begin(scope, summary_of(wanted, group), beside=True))
    except TooMany as error:
        messages.error(request, why_not(error))
        return redirect(back)
    text = _("This touches production and must be approved first. It is kept in this plan: ask someone to review it.")
    messages.warning(request, text)
    return redirect(links.plan(scope.customer.number, plan.number))
