"""The customer's plans: the list, and one plan with its review."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import CHANGES, Verb
from portal.customer.plans import talk
from portal.customer.plans.presenter import PlanPresenter
from portal.customer.polls import noted
from portal.customer.shell import render_page, render_part, wants_part
from portal.inventory import watched_customers
from portal.plans.compose import current_plan
from portal.plans.models import Plan, State
from portal.plans.visibility import find_plan, plans_of, sees, visible_entries

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
        over = Q(state__in=(State.APPLIED, State.CLOSED))
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
    """One plan with its review; `#plan` for htmx, `?call=python` or `json` for the call that it would be. POST says
    something about it.
    """
    scope = get_scope(request.user, customer_no)
    told = PlanPresenter(scope, find_plan(scope, number), _page(request))
    if request.method == "POST":
        said = talk.say(request.POST, told.talk)
        return plan_page(request, told, said=said, status=422) if said.errors else redirect(f"{told.address}#remarks")
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


def plan_page(
    request: HttpRequest,
    told: PlanPresenter,
    *,
    wrong: Mapping[str, str] | None = None,
    said: talk.Saying | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page; `wrong` says what of a small form that was sent cannot be used, by its verb; `said` is what
    stands in the form for remarks, else what was kept of it."""
    if said is None:
        kept = form_drafts.typed(request) if request.method != "POST" else None
        said = talk.Saying.of(kept)
    context = {"told": told, "tag": told.tag, "wrong": wrong or {}, "said": said, "earliest": _now_as_typed()}
    return render_page(request, told.scope, "plans/detail.html", context, status=status)


def _now_as_typed() -> str:
    """For the field where a time is given."""
    return timezone.localtime().strftime("%Y-%m-%dT%H:%M")


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
