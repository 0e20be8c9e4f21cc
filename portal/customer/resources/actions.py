"""Actions: changes without a form, such as switching off, keeping, maintenance mode. GET asks, POST does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from portal.accounts.access import Scope, get_scope
from portal.changes.intent import Intent
from portal.changes.models import State
from portal.changes.production import needs_approval
from portal.changes.reads import pending as under_way
from portal.changes.reads.visibility import find_change
from portal.customer.changes.messages import tell
from portal.customer.plans import adding
from portal.customer.resources.edit import form_methods, nothing_known
from portal.customer.resources.lookup import NothingKnown, find_record, find_type, way_back
from portal.customer.shell import render_page
from portal.customer.typed_moment import typed_moment
from portal.inventory import reads
from portal.resources.spec import Action, Button, Context, Record, Values
from portal.ui import links
from portal.ui.format.pending import asks_for
from portal.ui.forms.effects import EffectText, in_words
from portal.ui.forms.form import Opened

LONGEST = 40  # of a parameter
A_MOMENT = timedelta(seconds=30)


@dataclass(frozen=True)
class Step:
    """An action of a record that somebody asks about or for."""

    scope: Scope
    record: Record
    action: Action
    params: Mapping[str, str]
    context: Context

    @property
    def buttons(self) -> tuple[Button, ...]:
        """What can be done to the record as it is now; those asked for where the address names one."""
        every = self.action.buttons(self.record, self.context.now)
        named = tuple(button for button in every if button.params and _fits(button, self.params))
        return named or every

    @property
    def is_offered(self) -> bool:
        """Whether what is asked for is one of the buttons that the record has now, or a time of one's own."""
        if self.action.takes_time and self.params.get("for") == "until":
            return True
        return any(_fits(button, self.params) for button in self.action.buttons(self.record, self.context.now))

    @property
    def needs_approval(self) -> bool:
        """Whether it becomes a plan, which someone else approves first."""
        asked = Intent(type_name=self.record.type.name, key=self.record.key)
        return needs_approval(self.scope, [(asked, self.record.group or "")])

    @property
    def timezone(self) -> str:
        """By which a time is typed: the reader's, as all times here."""
        return str(get_current_timezone())

    @property
    def earliest(self) -> str:
        """For the field where the time is given: now."""
        return self.context.now.astimezone(get_current_timezone()).strftime("%Y-%m-%dT%H:%M")

    def effects(self, button: Button) -> list[EffectText]:
        """What pressing the button will bring about."""
        wanted = self.action.sets(self.record, button.params, self.context.now)
        return in_words(self.record.type.effects(self.record, wanted, self.context), self.context.now)

    @property
    def effects_by_button(self) -> list[tuple[Button, list[EffectText]]]:
        return [(button, self.effects(button)) for button in self.buttons]


@form_methods
def act(request: HttpRequest, customer_no: str, type_name: str, key: str, action: str) -> HttpResponse:
    """Do it (POST), or ask first (GET)."""
    scope = get_scope(request.user, customer_no)
    resource_type = find_type(scope, type_name, lambda candidate: any(one.name == action for one in candidate.actions))
    try:
        record = find_record(scope, resource_type, key)
    except NothingKnown:
        return nothing_known(request, scope, resource_type, key)
    asked = request.POST if request.method == "POST" else request.GET
    params = {name: text[:LONGEST] for name, text in asked.dict().items()}
    chosen = next(one for one in resource_type.actions if one.name == action)
    step = Step(scope, record, chosen, params, reads.context(scope, record))
    back = way_back(request, links.record(customer_no, type_name, key))
    if not step.buttons and not step.action.takes_time:
        raise Http404  # nothing can be done to the record as it is now: the page that offered it is an old one
    if request.method != "POST":
        return _ask(request, step, back)
    return _do(request, step, back)


def _do(request: HttpRequest, step: Step, back: str) -> HttpResponse:
    try:
        if not step.is_offered:
            raise ValueError(step.params)
        wanted = step.action.sets(step.record, _with_zone(step), step.context.now)
        return _asked(request, step, wanted, back)
    except ValueError:
        text = _("That is not possible now. Select one of these.")
        if step.params.get("for") == "until":
            text = _("Enter a time in the future (%(zone)s).") % {"zone": step.timezone}
        return _ask(request, step, back, text)
    except adding.NOT_ASKED as error:
        return _ask(request, step, back, adding.why_not(error))


def _asked(request: HttpRequest, step: Step, wanted: Values, back: str) -> HttpResponse:
    """Sent, or put into a plan; led to the one that waits already where that asks for the same (a double click)."""
    waiting = under_way.pending_of(step.scope).of(step.record.type.name, step.record.key)
    goes_out = bool(waiting) and waiting[-1].state in (State.QUEUED, State.SENDING)
    if not adding.is_for_plan(request) and goes_out and asks_for(waiting[-1], wanted, A_MOMENT):
        tell(request, step.scope, find_change(step.scope, waiting[-1].change_id))
        return redirect(back)
    before = {name: step.record.get(name) for name in wanted}
    item = Intent(type_name=step.record.type.name, key=step.record.key, wanted=wanted, before=before)
    return adding.ask(request, step.scope, [item], Opened.now({}).token_for(dict(wanted)), back)


def _fits(button: Button, params: Mapping[str, str]) -> bool:
    return all(params.get(name) == value for name, value in button.params.items())


def _with_zone(step: Step) -> Mapping[str, str]:
    """The parameters, the time in it with its zone."""
    until = typed_moment(step.params.get("until", ""), step.context.now)
    return {**step.params, "until": until.isoformat() if until else ""}


def _ask(request: HttpRequest, step: Step, back: str, error: str = "") -> HttpResponse:
    """What can be done and what comes of it."""
    context: dict[str, Any] = {"step": step, "record": step.record, "back": back, "error": error}
    return render_page(request, step.scope, "resources/form_action.html", context, status=422 if error else 200)
