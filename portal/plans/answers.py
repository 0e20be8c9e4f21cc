"""What a person decides about a conflict: theirs over what is there now, or what is there now over theirs."""

from collections.abc import Mapping

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES, Verb
from portal.changes.intent import DELETION
from portal.plans.errors import NotReady, Outdated
from portal.plans.held import held, on_record, revise
from portal.plans.models import Plan, State
from portal.plans.review import Checked, Review
from portal.plans.visibility import require_entry
from portal.resources.spec import Settable
from portal.resources.types import TYPES

OURS = "ours"
THEIRS = "theirs"


def answer(
    scope: Scope, plan: Plan, entry_id: int, answers: Mapping[str, str], shown: Mapping[str, str] | None = None
) -> None:
    """`answers`: field → OURS or THEIRS; under '' for all fields, and for a record that is gone or exists.

    `shown` says of each what the person saw there (`Checked.shows`): Outdated where that is something else by now.
    Without it, what is there now is what they have seen. NotReady where it was answered already or is not in conflict
    any more (settled), and for a record that is gone, which can only be given up (gone).
    """
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan, State.OPEN) as now:
        review = Review.of(scope, now)
        found = next((one for one in review.conflicts if one.entry.pk == entry_id), None)
        if found is None or not _are_open(found, answers):
            raise NotReady("settled")
        require_entry(scope, found.entry, review.all)
        _require_shown(found, answers, shown)
        _settle(found, answers)
        revise(now)
        said = {name or "all": text for name, text in answers.items()}
        after = {"record": f"{found.entry.type_name}/{found.entry.key}", **said}
        on_record(now, "answered", after=after)


def _are_open(found: Checked, answers: Mapping[str, str]) -> bool:
    """Whether any of that is in conflict."""
    return any(not name or name in found.fields for name in answers)


def _require_shown(found: Checked, answers: Mapping[str, str], shown: Mapping[str, str] | None) -> None:
    for name in answers:
        if shown is not None and shown.get(name) != found.shows(name):
            raise Outdated(found.entry.pk, name)


def _settle(found: Checked, answers: Mapping[str, str]) -> None:
    whole = answers.get("", "")
    if found.reason == "changed":
        _settle_fields(found, {name: answers.get(name, whole) for name in found.fields})
    elif whole == THEIRS:
        found.entry.delete()
    elif whole == OURS and found.reason == "gone":
        raise NotReady("gone")
    elif whole == OURS:
        _edit_what_is_there(found)


def _settle_fields(found: Checked, answers: Mapping[str, str]) -> None:
    entry = found.entry
    if answers.get(DELETION) == THEIRS:  # any edit cancels a deletion (vm_20): then there is none
        entry.delete()
        return
    for name, said in answers.items():
        if said == OURS:
            entry.before[name] = found.fields[name]["present"]
        elif said == THEIRS:
            entry.wanted.pop(name, None)
            entry.before.pop(name, None)
    if not entry.wanted and THEIRS in answers.values():
        entry.delete()
    else:  # what wants nothing from the start is a deletion that is cancelled
        entry.save(update_fields=["wanted", "before"])


def _edit_what_is_there(found: Checked) -> None:
    """What was to be created is there: what may be changed of it is, the rest stays as it is."""
    assert found.record is not None
    entry, resource_type = found.entry, TYPES[found.entry.type_name]
    always = {field.name for field in resource_type.fields if field.settable is Settable.ALWAYS}
    entry.creates = False
    entry.wanted = {name: value for name, value in entry.wanted.items() if name in always}
    seen = [*entry.wanted, DELETION] if resource_type.delayed_deletion else entry.wanted
    entry.before = {name: found.record.get(name) for name in seen}
    entry.group = found.record.group or entry.group
    if not entry.wanted:
        entry.delete()
        return
    entry.save(update_fields=["creates", "wanted", "before", "group"])
