"""The page of one plan, with what stands in its forms: what was just sent in vain, else what was kept of it.

All forms that somebody types into are sent to the page's own address with a `do`: what was typed outlives a session's
end (accounts.form_drafts), and the page says what is wrong with it.
"""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts import form_drafts
from portal.customer.plans.meanwhile import Meanwhile
from portal.customer.plans.presenter import PlanPresenter
from portal.customer.plans.talk import Saying
from portal.customer.shell import render_page
from portal.plans.based_on import of_plan

DO = "do"  # what the pressed button says


def plan_page(
    request: HttpRequest,
    told: PlanPresenter,
    *,
    verb: str = "",
    wrong: str = "",
    said: Saying | None = None,
    overtaken: Meanwhile | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page; `wrong` says what of the small form of that verb cannot be used; `said` is what stands in the
    form for remarks; `overtaken`, what somebody else has set meanwhile, which the person sees now.
    """
    typed = form_drafts.typed(request)
    context = {
        "told": told,
        "tag": told.tag,
        "typed": typed,
        "form": verb or (typed.get(DO, "") if typed is not None else ""),
        "wrong": wrong,
        "overtaken": overtaken,
        "seen": _seen(told, None if overtaken else typed),
        "said": said or Saying.of(typed if request.method != "POST" else None),
        "earliest": _now_as_typed(),
    }
    return render_page(request, told.scope, "plans/detail.html", context, status=status)


def _seen(told: PlanPresenter, typed: Mapping[str, str] | None) -> dict[str, str]:
    """What the form for name and note stands on: what was typed, on what was there when it was."""
    now = of_plan(told.plan)
    return {name: (typed or {}).get(f"seen_{name}") or digest for name, digest in now.items()}


def _now_as_typed() -> str:
    """For the field where a time is given."""
    return timezone.localtime().strftime("%Y-%m-%dT%H:%M")
