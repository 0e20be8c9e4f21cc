"""Copies of records: free names are suggested, and what may be given to a new one is what the copied one has."""

from collections.abc import Iterator, Sequence
from itertools import cycle

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.changes.reads.pending import PendingIndex
from portal.customer.resources.form_choices import suggest_names, wrong_key
from portal.plans.compose import current_plan
from portal.resources.spec import Record, ResourceType, Values
from portal.ui.forms.fields import entries

MOST_ERRORS = 3


class WrongNames(ValueError):
    """Copies cannot be called so; says why, a line for each."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(" ".join(texts))
        self.texts = tuple(texts)


def suggested(scope: Scope, resource_type: ResourceType, records: Sequence[Record], pending: PendingIndex) -> list[str]:
    """A free name for a copy of each."""
    groups = [record.group or "" for record in records]
    return suggest_names(scope, resource_type, groups, pending, planned(scope, resource_type))


def planned(scope: Scope, resource_type: ResourceType) -> set[str]:
    """Names that the person's plan takes already."""
    plan = current_plan(scope)
    if plan is None:
        return set()
    created = plan.entries.filter(change=None, type_name=resource_type.name, creates=True)
    return set(created.values_list("key", flat=True))


def copies(
    scope: Scope, resource_type: ResourceType, records: Sequence[Record], names: str, pending: PendingIndex
) -> list[Intent]:
    """One for each name, a line each, in the order of the records; further names are further copies, from the first on.

    Raises WrongNames where one is not free, or not every record has one.
    """
    lines = entries([names])
    if len(lines) < len(records):
        raise WrongNames([_too_few(len(lines), len(records))])
    found = [_copy(record, name) for name, record in zip(lines, cycle(records), strict=False)]
    wrong = list(_wrong(scope, resource_type, found, pending))
    if wrong:
        more = len(wrong) - MOST_ERRORS
        tail = [_("And %(more)s more.") % {"more": more}] if more > 0 else []
        raise WrongNames([*wrong[:MOST_ERRORS], *tail])
    return found


def _too_few(count: int, copies: int) -> str:
    text = ngettext(
        "One name is not enough for %(copies)s copies. Enter one per line, each once.",
        "%(count)s names are not enough for %(copies)s copies. Enter one per line, each once.",
        count,
    )
    return text % {"count": count, "copies": copies}


def _copy(record: Record, name: str) -> Intent:
    fields = [field for field in record.type.settable_fields(creating=True) if field.copied]
    values = {field.name: record[field.name] for field in fields if record[field.name] not in ("", [], None)}
    return Intent(type_name=record.type.name, key=name, wanted={**values, record.type.key[-1]: name}, creates=True)


def _wrong(scope: Scope, resource_type: ResourceType, found: Sequence[Intent], pending: PendingIndex) -> Iterator[str]:
    """What is wrong with the names, as the form for a new record says it."""
    taken = planned(scope, resource_type)
    for intent in found:
        wanted: Values = intent.wanted
        if intent.key in taken:
            yield f"{intent.key}: {_('Your plan already creates one with this name. Choose another name.')}"
        elif error := wrong_key(scope, resource_type, wanted, pending):
            yield f"{intent.key}: {error[1]}"
