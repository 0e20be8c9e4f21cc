"""What a customer that has nothing yet does first, in three steps."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.accounts.roles import KEYS
from portal.ui import links


@dataclass(frozen=True, slots=True)
class Step:
    """One step, where it is done (`''` while it cannot be, or by this person), and whether it is done already."""

    title: str
    text: str
    label: str
    address: str
    done: bool


def steps(scope: Scope, *, has_group: bool) -> list[Step]:
    """The three steps to the first machine; each can be done once the one before it is."""
    number = scope.customer.number
    has_key = ApiKey.objects.filter(customer=scope.customer).exists()
    keys = links.page(number, "keys") if scope.may_change(KEYS) else ""
    groups = links.new(number, "resourcegroup") if has_key else ""
    machines = links.new(number, "virtualmachine") if has_group else ""
    key = _("With the API key of your topmost resource group.")
    group = _("It contains machines and defines access and maintenance windows.")
    machine = _("It is installed within minutes.")
    return [
        Step(_("Connect the platform"), key, _("Enter API key"), keys, has_key),
        Step(_("Create a resource group"), group, _("New resource group"), groups, has_group),
        Step(_("Create the first machine"), machine, _("New machine"), machines, False),
    ]
