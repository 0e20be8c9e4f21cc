"""What somebody else has set since a form of a plan was opened, beside what the person has typed into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.customer.changes.presenter import moment
from portal.plans.based_on import Editor, editor
from portal.plans.errors import Overtaken
from portal.resources.spec import Field, ResourceType, Value
from portal.ui.format.values import text as value_text

LABELS: Mapping[str, object] = {"name": lazy("Name"), "note": lazy("Note")}


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What was done, by whom, and (label, now, theirs) of each field that is not as the person wants it."""

    text: str
    rows: Sequence[tuple[str, str, str]] = ()

    @classmethod
    def of_plan(cls, error: Overtaken, typed: Mapping[str, str]) -> "Meanwhile":
        """Of the name or the note."""
        shown = [(str(LABELS[name]), getattr(error.plan, name), typed.get(name, "")) for name in error.fields]
        return cls(_changed(error), [(label, now or "–", yours or "–") for label, now, yours in shown])

    @classmethod
    def of_entry(cls, error: Overtaken, kind: ResourceType, key: str, wanted: Mapping[str, Value]) -> "Meanwhile":
        """Of an entry whose form asks for that."""
        record = f"{kind.name}/{key}"
        if error.entry is None:
            return cls(_removed(error, record))
        now = error.entry.wanted
        other = {name: name for name in {**now, **wanted} if now.get(name) != wanted.get(name)}
        rows = [(_(field.label), _told(field, now), _told(field, wanted)) for field, _name in kind.in_order(other)]
        return cls(_changed(error, record), rows)


def _told(field: Field, wanted: Mapping[str, Value]) -> str:
    """What is asked for the field; a dash where nothing is."""
    return value_text(field, wanted[field.name]) if field.name in wanted else "–"


def _changed(error: Overtaken, record: str = "") -> str:
    text = _("%(who)s changed this in the meantime (%(when)s). Nothing was saved; your input is kept.")
    unknown = _("Someone else changed this in the meantime. Nothing was saved; your input is kept.")
    found = editor(error.plan, record)
    return unknown if found is None else _told_by(found, text)


def _removed(error: Overtaken, record: str) -> str:
    found = editor(error.plan, record)
    if found is not None and found.renamed:
        text = _("%(who)s renamed this to %(name)s in the meantime (%(when)s). Nothing was saved; your input is kept.")
        return _told_by(found, text, name=found.renamed)
    text = _("%(who)s removed this from the plan in the meantime (%(when)s). Nothing was saved; your input is kept.")
    unknown = _("Someone else removed this from the plan in the meantime. Nothing was saved; your input is kept.")
    return unknown if found is None else _told_by(found, text)


def _told_by(found: Editor, text: str, **more: str) -> str:
    return text % {"who": found.user or _("A former member"), "when": moment(found.at), **more}
