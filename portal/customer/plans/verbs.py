"""What is done with a plan by its buttons and small forms: POST `plans/<number>/-/<verb>`, then back to its page.

Where something is typed for it, the page's own forms are sent to the page itself (`plan_page`).
"""

from collections.abc import Callable, Mapping, Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import CHANGES, Verb
from portal.changes.errors import TooLate
from portal.customer.plans import kept_typing
from portal.customer.plans.meanwhile import Meanwhile
from portal.customer.plans.plan_page import plan_page
from portal.customer.plans.presenter import OBSTACLES, PlanPresenter
from portal.customer.plans.talk import revision_seen
from portal.customer.resources.lookup import way_back
from portal.customer.typed_moment import typed_moment
from portal.plans import answers, applying, compose
from portal.plans.based_on import DESCRIPTION
from portal.plans.errors import Edited, NotOpen, NotReady, Outdated, Overtaken, PlanError
from portal.plans.models import LONGEST_NAME, LONGEST_NOTE, Plan, State
from portal.plans.visibility import find_plan
from portal.resources.spelling import whole_number
from portal.ui import links

# Of names and notes: what no database keeps, and what would turn the words of the page around.
LEFT_OUT = dict.fromkeys((0, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
CHANGES_PANEL = "changes"  # of the plan's page: what stands in the way comes first in it

# Answers the place on the plan's page where one goes on, if it has one (a str).
type Done = Callable[[HttpRequest, Scope, Plan], object]


class Wrong(Exception):
    """What was typed cannot be used; says why."""


@require_POST
def begin(request: HttpRequest, customer_no: str) -> HttpResponse:
    """A new plan, which is the person's current one then."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.CHANGE, CHANGES)
    plan = compose.begin(scope, _text(request, "name", LONGEST_NAME))
    return redirect(way_back(request, links.plan(customer_no, plan.number)))


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, customer_no: str, number: int, verb: str) -> HttpResponse:
    """Do it, say what is not as expected, and lead back to the plan: at once, where somebody opens the address, which
    was that of a page that told what is wrong.
    """
    scope = get_scope(request.user, customer_no)
    told = PlanPresenter(scope, find_plan(scope, number))
    if verb not in VERBS:
        raise Http404
    if request.method != "POST":
        return redirect(told.url)
    return carry_out(request, told, verb)


def carry_out(request: HttpRequest, told: PlanPresenter, verb: str) -> HttpResponse:
    """Do it; where what was typed for it cannot be used, the page says so."""
    scope = told.scope
    scope.require(Verb.CHANGE, CHANGES)
    place: object = None
    try:
        place = VERBS[verb](request, scope, told.plan)
    except Wrong as error:
        return plan_page(request, told, verb=verb, wrong=str(error), status=422)
    except Overtaken as error:
        told = PlanPresenter(scope, find_plan(scope, told.number))
        return plan_page(request, told, verb=verb, overtaken=Meanwhile.of_plan(error, request.POST), status=422)
    except Outdated as error:
        return plan_page(request, PlanPresenter(scope, told.plan, outdated=error), status=422)
    except (PlanError, TooLate) as error:
        told = PlanPresenter(scope, find_plan(scope, told.number))
        if verb == "schedule" and told.plan.is_editable:  # beside the time that was typed
            return plan_page(request, told, verb=verb, wrong=_why_not(error), status=422)
        messages.warning(request, _why_not(error))
    told.plan.refresh_from_db()
    kept_typing.keep_rest(request, told.plan, done="describe" if verb == "discard" else verb)
    back = way_back(request, told.url)
    return redirect(f"{back}#{place}" if isinstance(place, str) else back)


def _why_not(error: PlanError | TooLate) -> str:
    if isinstance(error, Edited):
        return _("The plan was edited in the meantime. Nothing was done: please review it again.")
    if isinstance(error, NotOpen):
        return _("Nothing was done: the plan is now “%(state)s”.") % {"state": State(error.state).label}
    if isinstance(error, NotReady):
        return str(OBSTACLES[error.reason])
    return _("Too late: it is being sent, or was sent already.")


def _apply(request: HttpRequest, scope: Scope, plan: Plan) -> None:
    applying.apply(scope, plan, revision=revision_seen(request.POST))


def _schedule(request: HttpRequest, scope: Scope, plan: Plan) -> None:
    at = typed_moment(request.POST.get("at", ""), timezone.now())
    if at is None or at <= timezone.now():
        raise Wrong(_("Enter a time in the future (%(zone)s).") % {"zone": timezone.get_current_timezone()})
    applying.apply(scope, plan, revision=revision_seen(request.POST), not_before=at)


def _take_out(request: HttpRequest, scope: Scope, plan: Plan) -> str:
    """One goes on at the entry below. `seen-<entry>` is what the page shows of it."""
    ids = _entries(plan, request.POST.getlist("entry"))
    seen = {pk: request.POST[name] for pk in ids if (name := f"seen-{pk}") in request.POST}
    compose.take_out(scope, plan, ids, seen)
    below = whole_number(request.GET.get("to", ""))
    return f"entry-{below}" if below else CHANGES_PANEL


def _answer(request: HttpRequest, scope: Scope, plan: Plan) -> str:
    """The button says `<entry>/<ours or theirs>/<field>/<what the page shows of it>`, without a field for all of it."""
    entry, said, name, shown = [*request.POST.get("answer", "").split("/"), "", "", "", ""][:4]
    if said not in (answers.OURS, answers.THEIRS):
        raise Http404
    (one,) = _entries(plan, [entry])
    answers.answer(scope, plan, one, {name: said}, {name: shown})
    return CHANGES_PANEL


def _describe(request: HttpRequest, scope: Scope, plan: Plan) -> None:
    name, note = request.POST.get("name", ""), request.POST.get("note", "")
    if len(name) > LONGEST_NAME:
        raise Wrong(_("The name has %(length)s characters; at most %(most)s are possible.") % _over(name, LONGEST_NAME))
    if len(note) > LONGEST_NOTE:
        raise Wrong(_("The note has %(length)s characters; at most %(most)s are possible.") % _over(note, LONGEST_NOTE))
    seen = {field: request.POST.get(f"seen_{field}", "") for field in DESCRIPTION}
    compose.describe(scope, plan, _text(request, "name", LONGEST_NAME), _text(request, "note", LONGEST_NOTE), seen)


TYPED = ("schedule", "describe", "discard")
VERBS: Mapping[str, Done] = {
    "apply": _apply,
    "schedule": _schedule,
    "stop": lambda request, scope, plan: applying.stop(scope, plan),
    "remove": _take_out,
    "answer": _answer,
    "describe": _describe,
    "discard": lambda request, scope, plan: None,  # what was typed for it
    "choose": lambda request, scope, plan: compose.choose(scope, plan),
    "close": lambda request, scope, plan: compose.put_away(scope, plan),
    "reopen": lambda request, scope, plan: compose.open_again(scope, plan),
}


def _entries(plan: Plan, texts: Sequence[str]) -> list[int]:
    """Those of the entries that are in the plan still; NotReady where none is."""
    found = plan.entries.filter(change=None, pk__in=[whole_number(text) or 0 for text in texts])
    ids = list(found.order_by().values_list("pk", flat=True))
    if not ids:
        raise NotReady("taken_out")
    return ids


def _text(request: HttpRequest, name: str, most: int) -> str:
    return request.POST.get(name, "").translate(LEFT_OUT).strip()[:most]


def _over(text: str, most: int) -> dict[str, int]:
    return {"length": len(text), "most": most}
