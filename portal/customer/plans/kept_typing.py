"""What a person has typed into the forms of a plan's page, whatever button they press, there or in another form.

All forms of the page have one draft (accounts.form_drafts), of which each is a part: it is followed as it is typed, and
what is said beside a button goes along with it. What a form has done is taken out of it, the rest stands there again.
"""

from collections.abc import Mapping
from typing import Any

from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString

from portal.accounts import followed_forms, form_drafts
from portal.accounts.models import User
from portal.plans.based_on import DESCRIPTION, of_text
from portal.plans.models import OVER, Plan
from portal.ui import links

TIME = "%Y-%m-%dT%H:%M"  # as a field for it has it
FORMS: Mapping[str, tuple[str, ...]] = {  # verb → its fields
    "describe": (*DESCRIPTION, *(f"seen_{name}" for name in DESCRIPTION)),
    "schedule": ("at",),
    "say": ("text", "to"),
}

type Typed = Mapping[str, str]


def typed(request: HttpRequest, plan: Plan) -> Typed:
    """What stands in the forms: what is being sent, beside what was kept."""
    if request.method == "POST":
        return {**_kept(request, plan), **_texts(request.POST)}
    data = form_drafts.typed(request, lambda kept: _without_what_is_done(request, plan, _texts(kept)))
    return _texts(data) if data is not None else {}


def attributes(address: str) -> SafeString:
    """Of a form of the page at that address: it is followed as it is typed."""
    return flatatt(
        {
            "hx-post": address,
            "hx-trigger": "input delay:350ms, change",
            "hx-vals": '{"preview": "1"}',
            "hx-swap": "none",
            "hx-sync": "this:replace",
        }
    )


def follow(request: HttpRequest, plan: Plan) -> HttpResponse:
    """Keep what is typed into one of the forms at the moment."""
    if not followed_forms.is_late(request, _place(plan)):
        _keep(request, plan, typed(request, plan))
    return HttpResponse(status=204)


def keep_rest(request: HttpRequest, plan: Plan, done: str = "") -> None:
    """Keep what stands in the forms but for the one whose work is done, and says something still."""
    fields = FORMS.get(done, ())
    if isinstance(request.user, User):
        form_drafts.close(request.user, _place(plan))
    rest = {name: text for name, text in typed(request, plan).items() if name not in fields}
    if _keep(request, plan, rest) and request.path == _place(plan):
        request.is_kept = True  # type: ignore[attr-defined]  # not dropped with the form that was sent


def _kept(request: HttpRequest, plan: Plan) -> dict[str, str]:
    kept = form_drafts.take(request.user, _place(plan)) if isinstance(request.user, User) else None
    return _texts(kept) if kept is not None else {}


def _texts(data: QueryDict) -> dict[str, str]:
    return {name: str(data[name]) for fields in FORMS.values() for name in fields if name in data}


def _keep(request: HttpRequest, plan: Plan, data: Typed) -> bool:
    if not isinstance(request.user, User):
        return False
    rest = _without_what_is_done(request, plan, data)
    if rest is not None:
        return form_drafts.keep(request.user, _place(plan), rest)
    form_drafts.discard(request.user, _place(plan))
    return False


def _place(plan: Plan) -> str:
    return links.plan(plan.customer.number, plan.number)


def _without_what_is_done(request: HttpRequest, plan: Plan, data: Typed) -> QueryDict | None:
    """What of it says anything that is not so already: a form is followed also while it is being sent."""
    says = {"describe": _describes, "schedule": _schedules, "say": _remarks}
    rest = QueryDict(mutable=True)
    for form, fields in FORMS.items():
        asked = {name: data[name] for name in fields if name in data}
        if asked and says[form](request, plan, asked):
            rest.update(asked)
    return rest or None


def _describes(_request: Any, plan: Plan, data: Typed) -> bool:
    touched = (name for name in DESCRIPTION if of_text(data.get(name, "")) != data.get(f"seen_{name}"))
    return any(of_text(data.get(name, "")) != of_text(getattr(plan, name)) for name in touched)


def _schedules(_request: Any, plan: Plan, data: Typed) -> bool:
    is_so = plan.not_before is not None and timezone.localtime(plan.not_before).strftime(TIME) == data["at"]
    return bool(data["at"].strip()) and plan.state not in OVER and not is_so


def _remarks(request: HttpRequest, plan: Plan, data: Typed) -> bool:
    text, to = data.get("text", "").strip(), data.get("to", "")
    last = plan.remarks.filter(author=request.user.pk).last() if text or to else None
    is_said = last is not None and last.text == text and to in ("", str(last.to_id or ""))
    return bool(text or to) and not is_said
