"""The buttons that take back a change or a plan: they lead to the plan that does it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import CHANGES, Verb
from portal.changes.models import Change
from portal.customer.changes.pages import find
from portal.customer.plans.adding import why_not
from portal.customer.plans.kept_typing import keep_rest
from portal.customer.plans.presenter import OBSTACLES
from portal.plans.errors import NotReady, TooMany
from portal.plans.models import Plan
from portal.plans.take_back import take_back
from portal.plans.visibility import find_plan
from portal.ui import links


@require_POST
def undo_change(request: HttpRequest, customer_no: str, number: int) -> HttpResponse:
    """Of a change that the platform has accepted."""
    scope = get_scope(request.user, customer_no)
    change = find(scope, number)
    name = _("Undo change %(number)s") % {"number": change.number}
    return _undo(request, scope, change, name, links.change(customer_no, number))


@require_POST
def undo_plan(request: HttpRequest, customer_no: str, number: int) -> HttpResponse:
    """Of what the platform has accepted of a plan."""
    scope = get_scope(request.user, customer_no)
    plan = find_plan(scope, number)
    keep_rest(request, plan)
    return _undo(request, scope, plan, _("Undo %(plan)s") % {"plan": plan.title}, links.plan(customer_no, number))


def _undo(request: HttpRequest, scope: Scope, source: Change | Plan, name: str, back: str) -> HttpResponse:
    scope.require(Verb.CHANGE, CHANGES)
    try:
        plan = take_back(scope, source, name)
    except NotReady as error:
        messages.warning(request, str(OBSTACLES[error.reason]))
        return redirect(back)
    except TooMany as error:
        messages.warning(request, why_not(error))
        return redirect(back)
    return redirect(links.plan(scope.customer.number, plan.number))
