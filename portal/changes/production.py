"""Whether something touches production, by the group that places it as far as known; and has to be approved then."""

from collections.abc import Iterable

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.inventory import reads
from portal.resources.types import RESOURCE_GROUP

GROUP = RESOURCE_GROUP.name
BY_DEFAULT = RESOURCE_GROUP.field("production").default


def needs_approval(scope: Scope, items: Iterable[tuple[Intent, str]]) -> bool:
    """Whether somebody else has to approve it before it is sent, which is done in a plan (portal.plans.approval)."""
    return scope.customer.requires_approval and touches_production(scope, items)


def touches_production(scope: Scope, items: Iterable[tuple[Intent, str]]) -> bool:
    """Whether any of it is in a production group, or makes one. A group of which nothing is known counts as one."""
    known = reads.listing(scope, GROUP).by_key
    items = list(items)
    new = {item.key: item.wanted.get("production", BY_DEFAULT) for item, _group in items if item.is_new_group}

    def is_production(group: str) -> bool:
        record = known.get(group)
        return bool(record["production"] is not False if record else new.get(group, True))

    return any(
        is_production(item.key if item.is_new_group else group) or item.wanted.get("production") is True
        for item, group in items
    )
