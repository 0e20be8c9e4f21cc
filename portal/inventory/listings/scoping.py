"""What of a customer's records a member limited to a group sees: those placed in that group or below it.

When in doubt, nothing: an unknown tree, a group that is not in it, a machine that cannot be placed.
"""

from collections.abc import Mapping

from portal.accounts.models import Customer
from portal.inventory.listings import merging
from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.listings.merging import View
from portal.resources.spec import Record


def limit(customer: Customer, view: View, root: str, groups: View, machines: View) -> View:
    """The part of the view at and below `root`; `groups` and `machines` are all of the customer's."""

    def make() -> dict[str, Record]:
        allowed = GroupTree.of(groups).below(root)
        return {
            record.key: record for record in view.records if group_of(record, groups.by_key, machines.by_key) in allowed
        }

    return merging.remembered((customer.pk, view.type.name, root), (view, groups, machines), view.type, make)


def group_of(record: Record, groups: Mapping[str, Record], machines: Mapping[str, Record]) -> str | None:
    """The resource group that places a record, by way of its machine where need be; None where none does."""
    if record.group is not None:
        return record.group
    if record.machine is None:
        return None
    machine = machines.get(record.machine)
    return machine.group if machine is not None else _group_by_name(record.machine, groups)


def _group_by_name(machine: str, groups: Mapping[str, Record]) -> str | None:
    """The group of a machine that is gone: its name is the group's and a number (vm_01), if only one group fits."""
    stem = machine.rstrip("0123456789")
    fitting = [machine[:end] for end in range(len(stem), len(machine)) if machine[:end] in groups]
    return fitting[0] if len(fitting) == 1 else None
