"""What a plan creates is given another name in its form: the entry stays one, instead of becoming two. Pure."""

from collections.abc import Sequence

from portal.changes.intent import Intent
from portal.plans.based_on import SeenEntry
from portal.plans.errors import NotRenamed
from portal.plans.models import Entry
from portal.resources.types import RESOURCE_GROUP


def rename(entries: Sequence[Entry], seen: SeenEntry, wanted: Sequence[Intent]) -> str:
    """The entry that the form stood on takes the name that is asked for; the name it had, '' where it keeps that.

    Raises NotRenamed where another entry has that name, or stands in the group that it was to be.
    """
    by_record = {(entry.type_name, entry.key): entry for entry in entries}
    entry = by_record.get((seen.type_name, seen.key))
    (asked,) = wanted
    if entry is None or not entry.creates or not asked.creates or asked.key == entry.key:
        return ""
    if (asked.type_name, asked.key) in by_record:
        raise NotRenamed("taken")
    if entry.type_name == RESOURCE_GROUP.name and any(one.group == entry.key for one in entries):
        raise NotRenamed("needed")
    earlier, entry.key = entry.key, asked.key
    return earlier
