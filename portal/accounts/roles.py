"""What each role may do: one table, from which checks, menus and the help page are made (design.md, Roles)."""

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person is in a customer."""

    MANAGER = "manager", _("Manager")
    OPERATOR = "operator", _("Operator")
    VIEWER = "viewer", _("Viewer")
    BILLING = "billing", _("Billing")


class Verb(TextChoices):
    """What may be done with things of a kind."""

    SEE = "see", _("see")
    CHANGE = "change", _("change")


OPERATED = ("virtualmachine", "resourcegroup", "serviceuser", "maintenance")
MONEY = ("consumption", "invoice")
# Kinds of things beside the resource types.
PEOPLE = "people"
KEYS = "keys"
CHANGES = "changes"
SCHEDULE = "schedule"
AUDIT = "audit"
WEBHOOKS = "webhooks"
THRESHOLDS = "thresholds"  # limits that money and traffic are held against

_SEE = frozenset({Verb.SEE})
_BOTH = frozenset({Verb.SEE, Verb.CHANGE})

RIGHTS: Mapping[Role, Mapping[str, frozenset[Verb]]] = {
    Role.MANAGER: dict.fromkeys(
        (*OPERATED, *MONEY, THRESHOLDS, "permission", PEOPLE, KEYS, WEBHOOKS, CHANGES, SCHEDULE, AUDIT), _BOTH
    ),
    Role.OPERATOR: dict.fromkeys((*OPERATED, CHANGES, SCHEDULE), _BOTH),
    Role.VIEWER: dict.fromkeys((*OPERATED, CHANGES, SCHEDULE), _SEE),
    Role.BILLING: {**dict.fromkeys(MONEY, _SEE), THRESHOLDS: _BOTH},
}

# What concerns the customer as a whole is not for a member limited to a group.
WHOLE_CUSTOMER_ONLY = frozenset({"invoice", PEOPLE, KEYS, WEBHOOKS, AUDIT, THRESHOLDS})


def allows(role: Role, verb: Verb, kind: str, *, limited: bool) -> bool:
    """Whether a role may do that with things of that kind (a resource type's name, or one of the kinds above)."""
    if limited and kind in WHOLE_CUSTOMER_ONLY:
        return False
    return verb in RIGHTS[role].get(kind, frozenset())
