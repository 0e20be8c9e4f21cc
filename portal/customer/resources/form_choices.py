"""What a form offers that only the customer's own records can say: groups, names that are taken, people met before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.changes.keys import is_keys_own
from portal.changes.reads.pending import PendingIndex
from portal.inventory import reads
from portal.inventory.listings.group_tree import GroupTree
from portal.plans.compose import current_plan
from portal.plans.visibility import planned_groups
from portal.resources.spec import Choice, Field, Kind, Record, ResourceType, Values
from portal.resources.times import timezones
from portal.resources.types import RESOURCE_GROUP, VIRTUAL_MACHINE
from portal.resources.types.virtualmachine import is_machine_name
from portal.ui.forms.form import Offers, group_choices

GROUP = RESOURCE_GROUP.name
MACHINE = VIRTUAL_MACHINE.name


def offers_for(
    scope: Scope, resource_type: ResourceType, record: Record | None, asked: Mapping[str, str], pending: PendingIndex
) -> Offers:
    """What the form of a type offers to this person. `asked` is what has been chosen so far (query or form)."""
    fields = resource_type.settable_fields(creating=record is None)
    pickers = {field.name: _groups(scope, field, record) for field in fields if field.refers_to == GROUP}
    suggestions = {field.name: found for field in fields if (found := _suggestions(scope, field))}
    if record is None:
        return Offers(pickers, suggestions, _defaults(scope, resource_type, pickers, asked, pending))
    fixed = frozenset(name for name, choices in pickers.items() if not choices or _is_keys_own(scope, record))
    return Offers({name: pickers[name] for name in pickers if name not in fixed}, suggestions, fixed=fixed)


def _is_keys_own(scope: Scope, record: Record) -> bool:
    """Whether it is a group that no key moves, since it is the key's own (rg_12)."""
    return record.type.name == GROUP and is_keys_own(scope, record.key)


def _groups(scope: Scope, field: Field, record: Record | None) -> tuple[Choice, ...]:
    """The groups of the scope, as a tree; a group cannot come to stand below itself (rg_12)."""
    tree = GroupTree.of(reads.listing(scope, GROUP))
    excluded = tree.below(record.key) if record is not None and record.type.name == GROUP else frozenset()
    known = group_choices((name, depth) for name, depth in tree.walk() if name not in excluded)
    planned = [name for name in _planned(scope) if record is None or name != record.key]
    return (*known, *(Choice(value=name, label=_("%(group)s (in your plan)") % {"group": name}) for name in planned))


def _planned(scope: Scope) -> list[str]:
    """Groups that the person's current plan creates: what goes into the plan may be put into them."""
    plan = current_plan(scope)
    return list(planned_groups(scope, plan.entries.filter(change=None))) if plan else []


def only_planned(scope: Scope, resource_type: ResourceType, wanted: Values) -> tuple[str, str] | None:
    """(field, error) where it is to be in a group that only a plan creates so far."""
    known = reads.listing(scope, GROUP).by_key
    for field in resource_type.settable_fields(creating=True):
        group = wanted.get(field.name, "")
        if field.refers_to == GROUP and group and group not in known:
            text = _("%(group)s is only planned so far. Use “Add to plan”, so that both are created together.")
            return field.name, text % {"group": group}
    return None


def _suggestions(scope: Scope, field: Field) -> tuple[str, ...]:
    if field.kind is Kind.TIMEZONE:
        return tuple(sorted(timezones()))
    if field.joins:
        return tuple(sorted(set(_met(scope, field))))
    return ()


def _met(scope: Scope, field: Field) -> Iterator[str]:
    """Values of a field that joins types, as met on records of any of them: people and service users."""
    for name in ("serviceuser", "permission"):
        if scope.may_see(name):
            yield from (record[field.name] for record in reads.listing(scope, name).records)


def _defaults(
    scope: Scope,
    resource_type: ResourceType,
    pickers: Mapping[str, tuple[Choice, ...]],
    asked: Mapping[str, str],
    pending: PendingIndex,
) -> Values:
    """A group where there is but one, or where the page came from; the next free name in it."""
    found: dict[str, str] = {}
    for name, choices in pickers.items():
        values = [choice.value for choice in choices]
        if asked.get(name) in values:
            found[name] = asked[name]
        elif len(values) == 1 or (values and name == "parent"):
            found[name] = values[0]
    if resource_type.name == MACHINE and found.get("resource_group"):
        found["name"] = suggest_name(scope, found["resource_group"], pending)
    return found


def suggest_name(scope: Scope, group: str, pending: PendingIndex) -> str:
    """The next free name of a machine in the group (vm_01)."""
    return suggest_names(scope, VIRTUAL_MACHINE, [group], pending)[0]


def suggest_names(
    scope: Scope, resource_type: ResourceType, groups: Sequence[str], pending: PendingIndex, planned: Iterable[str] = ()
) -> list[str]:
    """A free name in each of the groups, none twice; names that are on their way, or planned, count as taken."""
    assert resource_type.free_names is not None
    known = reads.listing(scope, resource_type.name).by_key
    taken = {*known, *(one.key for one in pending.created(resource_type.name)), *planned}
    free = {group: resource_type.free_names(group, taken) for group in groups}
    return [next(free[group]) for group in groups]


def wrong_key(
    scope: Scope, resource_type: ResourceType, wanted: Values, pending: PendingIndex
) -> tuple[str, str] | None:
    """(field, error) where a new record cannot have this name: taken, on its way, or not after its group."""
    name_field = resource_type.key[-1]
    try:
        key = resource_type.key_of(wanted)
    except (KeyError, ValueError):
        return None
    group = wanted.get("resource_group", "")
    if resource_type.name == MACHINE and not is_machine_name(key, group):
        example = suggest_name(scope, group, pending)
        text = _("A machine of group %(group)s is named %(group)s and a number, for example %(example)s.")
        return name_field, text % {"group": group, "example": example}
    if key in reads.listing(scope, resource_type.name).by_key:
        return name_field, _("This name already exists. Choose another one, or edit the existing entry.")
    if any(one.key == key for one in pending.created(resource_type.name)):
        return name_field, _("One with this name is already being created. Choose another name.")
    return None
