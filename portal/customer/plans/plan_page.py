"""The page of one plan, with what stands in its forms: what was just sent in vain, else what was kept of it.

All forms that somebody types into are sent to the page's own address with a `do`: what was typed outlives a session's
end, and whatever else is done on the page (`kept_typing`), and the page says what is wrong with it.
"""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.customer.plans import kept_typing
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
    typed = kept_typing.typed(request, told.plan)
    context = {
        "told": told,
        "tag": told.tag,
        "typed": typed,
        "followed": kept_typing.attributes(told.address),
        "form": verb,
        "is_open": {form: form == verb or fields[0] in typed for form, fields in kept_typing.FORMS.items()},
        "wrong": wrong,
        "overtaken": overtaken,
        "seen": _seen(told, None if overtaken else typed),
        "said": said or Saying.of(typed),
        "earliest": _now_as_typed(),
    }
    return render_page(request, told.scope, "plans/detail.html", context, status=status)


def _seen(told: PlanPresenter, typed: kept_typing.Typed | None) -> dict[str, str]:
    """What the form for name and note stands on: what was typed, on what was there when it was."""
    now = of_plan(told.plan)
    return {name: (typed or {}).get(f"seen_{name}") or digest for name, digest in now.items()}


def _now_as_typed() -> str:
    """For the field where a time is given."""
    return timezone.localtime().strftime(kept_typing.TIME)
