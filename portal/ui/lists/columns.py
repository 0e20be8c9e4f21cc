"""Columns of a list: which there are, which are shown, how they are sorted by. django-tables2 declares them."""

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.functional import lazy
from django.utils.translation import gettext

from portal.inventory.listings.select import STATE
from portal.resources.labels import mark as _
from portal.resources.spec import ResourceType
from portal.resources.types import TYPES
from portal.ui.format.values import NUMERIC

MOST = 24  # columns of one list
translated = lazy(gettext, str)


class ResourceTable(tables.Table):
    """Declares the columns of a type, their headings and their order.

    Its rows come rendered (`ui.lists.rows`): rendering cells through templates is nine tenths of a list's time.
    """

    class Meta:
        order_by_field = "sort"
        attrs: ClassVar[dict[str, Any]] = {"class": "table-list"}
        orderable = True


@cache
def table_class(type_name: str) -> type[ResourceTable]:
    """The table of a type, with a column for each of its fields."""
    resource_type = TYPES[type_name]
    columns: dict[str, tables.Column] = {
        spec.name: tables.Column(
            verbose_name=translated(spec.label),
            orderable=spec.sortable,
            attrs={"th": {"class": "num"}} if spec.kind in NUMERIC else {},
        )
        for spec in resource_type.fields
    }
    if resource_type.has_states:
        columns[STATE] = tables.Column(verbose_name=translated(_("State")), orderable=True)
    return type(f"{resource_type.name.title()}Table", (ResourceTable,), columns)


def labels(resource_type: ResourceType) -> dict[str, str]:
    """The heading of each column in the person's language."""
    found = {spec.name: gettext(spec.label) for spec in resource_type.fields}
    return found | ({STATE: gettext("State")} if resource_type.has_states else {})


def available(resource_type: ResourceType) -> list[str]:
    """All columns that can be shown: the type's own first, then its other fields."""
    rest = [name for name in resource_type.field_names if name not in resource_type.columns]
    return [*resource_type.columns, *rest]


def chosen(resource_type: ResourceType, names: Sequence[str]) -> tuple[str, ...]:
    """The columns asked for, in the list’s own order, the first one (the link) always; the type’s where none are."""
    wanted = {name for part in names for name in part.split(",")}
    known = [name for name in available(resource_type) if name in wanted]
    if not known:
        return resource_type.columns
    first = resource_type.columns[0]
    return tuple(dict.fromkeys((first, *known)))[:MOST]


def table(resource_type: ResourceType, columns: Sequence[str], sort: str) -> ResourceTable:
    """The table with its headings; `sort` as in the address, '' for the type's own order."""
    hidden = [name for name in available(resource_type) if name not in columns]
    return table_class(resource_type.name)(
        data=[], sequence=list(columns), exclude=hidden, order_by=sort or resource_type.sort
    )
