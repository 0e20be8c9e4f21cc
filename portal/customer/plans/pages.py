"""The customer's plans: the list, and one plan with its review."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import CHANGES, Verb
from portal.customer.plans import kept_typing, talk, verbs
from portal.customer.plans.plan_page import DO, plan_page
from portal.customer.plans.presenter import PlanPresenter
from portal.customer.polls import noted
from portal.customer.shell import render_page, render_part, wants_part
from portal.inventory import watched_customers
from portal.plans.compose import current_plan
from portal.plans.models import OVER, Plan
from portal.plans.visibility import find_plan, plans_of, sees, visible_entries
from portal.resources.spelling import whole_number

PER_PAGE = 50


@dataclass(frozen=True)
class PlanList:
    """A page of plans, those that are not over first."""

    scope: Scope
    number: int = 1

    @cached_property
    def rows(self) -> list[PlanPresenter]:
        first = (self.shown - 1) * PER_PAGE
        found = self._found[first : first + PER_PAGE]
        for plan in found if self.scope.root else ():
            plan.count = len(visible_entries(self.scope, list(plan.entries.all())))  # type: ignore[attr-defined]
        return [PlanPresenter(self.scope, plan) for plan in found]

    @property
    def pages(self) -> range:
        return range(1, max(1, -(-len(self._found) // PER_PAGE)) + 1)

    @property
    def shown(self) -> int:
        """The number of the page; the last one where there are not as many."""
        return min(self.number, self.pages[-1])

    @cached_property
    def current(self) -> int:
        """The number of the person's current plan, 0 for none."""
        plan = current_plan(self.scope)
        return plan.number if plan else 0

    @property
    def may_change(self) -> bool:
        return self.scope.may_change(CHANGES)

    @cached_property
    def _found(self) -> list[Plan]:
        over = Q(state__in=OVER)
        plans = plans_of(self.scope).annotate(count=Count("entries"))
        if self.scope.root:  # who sees a part looks into each of them
            plans = plans.prefetch_related("entries")
        found = [*plans.exclude(over).order_by("-number"), *plans.filter(over).order_by("-number")]
        return [plan for plan in found if sees(self.scope, plan)]


@require_safe
def plan_list(request: HttpRequest, customer_no: str) -> HttpResponse:
    """All plans that the person may see."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, CHANGES)
    return render_page(request, scope, "plans/list.html", {"list": PlanList(scope, _page(request))})


@noted
@require_http_methods(["GET", "HEAD", "POST"])
def plan_detail(request: HttpRequest, customer_no: str, number: int) -> HttpResponse:
    """One plan with its review; `#plan` for htmx, `?call=python` or `json` for the call that it would be. POST is what
    somebody has typed: a verb's small form, or something about it; with `preview`, to be kept as it is typed.
    """
    scope = get_scope(request.user, customer_no)
    told = PlanPresenter(scope, find_plan(scope, number), _page(request))
    if request.method == "POST" and form_drafts.PREVIEW in request.POST:
        return kept_typing.follow(request, told.plan)
    if request.method == "POST" and (verb := request.POST.get(DO, "")) in verbs.TYPED:
        return verbs.carry_out(request, told, verb)
    if request.method == "POST":
        said = talk.say(request.POST, told.talk)
        if said.errors:
            return plan_page(request, told, said=said, status=422)
        kept_typing.keep_rest(request, told.plan, done="say")
        return redirect(f"{told.address}#remarks")
    if call := {"python": lambda: told.python, "json": lambda: told.json}.get(request.GET.get("call", "")):
        return HttpResponse(call(), content_type="text/plain; charset=utf-8")
    if told.is_live:
        watched_customers.watch(scope.customer)
    if not wants_part(request):
        return plan_page(request, told)
    if request.headers.get("HX-PTag") == (tag := told.tag):
        return HttpResponseNotModified()
    response = render_part(request, scope, "plans/detail.html#plan", {"told": told, "tag": tag})
    response.headers["HX-PTag"] = tag
    return response


def _page(request: HttpRequest) -> int:
    return whole_number(request.GET.get("page", "")) or 1
