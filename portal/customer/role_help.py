"""What each role may do: a page made from the one table that also decides it (accounts.roles)."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.access import get_scope
from portal.accounts.roles import (
    AUDIT,
    CHANGES,
    KEYS,
    PEOPLE,
    RIGHTS,
    SCHEDULE,
    THRESHOLDS,
    WEBHOOKS,
    WHOLE_CUSTOMER_ONLY,
    Role,
    Verb,
)
from portal.customer.shell import render_page
from portal.resources.types import TYPES


@dataclass(frozen=True, slots=True)
class Line:
    """Things of one kind: what each role may do with them, in the order of `Role`; not for members of a group only."""

    label: str
    rights: tuple[tuple[str, str], ...]  # the role's label and "change" | "see" | ""
    whole_customer_only: bool


@require_safe
def roles(request: HttpRequest, customer_no: str) -> HttpResponse:
    """The table."""
    scope = get_scope(request.user, customer_no)
    context = {"lines": lines(), "roles": list(Role), "own": scope.role}
    return render_page(request, scope, "help/roles.html", context)


def lines() -> list[Line]:
    """A line for each kind that any role may see."""
    kinds = dict.fromkeys(kind for role in Role for kind in RIGHTS[role])
    return [
        Line(_label(kind), tuple((str(role.label), _right(role, kind)) for role in Role), kind in WHOLE_CUSTOMER_ONLY)
        for kind in kinds
    ]


def _right(role: Role, kind: str) -> str:
    verbs = RIGHTS[role].get(kind, frozenset())
    changeable = kind not in TYPES or TYPES[kind].creatable or TYPES[kind].editable or bool(TYPES[kind].actions)
    if Verb.CHANGE in verbs and changeable and kind not in (AUDIT, SCHEDULE):
        return "change"
    return "see" if Verb.SEE in verbs else ""


def _label(kind: str) -> str:
    others = {
        PEOPLE: _("People"),
        KEYS: _("API keys"),
        WEBHOOKS: _("Webhooks"),
        CHANGES: _("Changes"),
        SCHEDULE: _("Schedule"),
        AUDIT: _("Audit trail"),
        THRESHOLDS: _("Budgets"),
    }
    return others.get(kind) or _(TYPES[kind].plural)
