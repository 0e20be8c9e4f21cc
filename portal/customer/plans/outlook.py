"""What a plan would bring about, in words: by the platform's rules as we read them, not as a promise."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from portal.billing.thresholds.outlook import budgets_with
from portal.billing.usage import monthly_cost
from portal.changes.intent import DEADLINE
from portal.customer.plans.inheritance import Inheritance
from portal.inventory import reads
from portal.plans.order import GROUP
from portal.plans.review import MACHINE, Checked, Review
from portal.plans.sums import MEASURES, Sum, sums
from portal.resources.labels import mark
from portal.resources.spec import Context, Effect, Record
from portal.resources.times import parse_day
from portal.ui.format import numbers
from portal.ui.forms.effects import EffectText, in_words

MOST_NAMES = 8
LABELS = {
    "machines": mark("Machines"),
    "cores": mark("Cores"),
    "memory": mark("Memory"),
    "disk": mark("Disk"),
    "frontend_ips_v4": mark("IPv4"),
    "frontend_ips_v6": mark("IPv6"),
}
UNITS = {"memory": "MiB", "disk": "GiB"}


@dataclass(slots=True)
class Said:
    """One thing that would happen, and to what: the first few names, and how many more."""

    text: str
    level: str
    names: list[str] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return ", ".join(self.names[:MOST_NAMES])

    @property
    def more(self) -> int:
        return max(0, len(self.names) - MOST_NAMES)


@dataclass(frozen=True)
class Outlook:
    """Of all that the person sees of the plan. Each thing is worked out once, when it is asked for."""

    review: Review

    @property
    def created(self) -> int:
        return sum(one.intent.creates for one in self.review.checked)

    @property
    def deleted(self) -> int:
        return sum(one.intent.action == "delete" for one in self.review.checked)

    @property
    def changed(self) -> int:
        return len(self.review.checked) - self.created - self.deleted

    @cached_property
    def effects(self) -> list[Said]:
        """What will happen, each once with all that it happens to; warnings first."""
        checked = self.review.checked
        contexts = reads.contexts(self.review.scope, [(one.record, one.entry.group) for one in checked])
        pairs = zip(checked, contexts, strict=True)
        found = self._gathered((one, effects_of(one, context)) for one, context in pairs)
        found += self._of_inheritance()
        return sorted(found, key=lambda said: said.level != "warning")

    @cached_property
    def lasting(self) -> list[Said]:
        """What of it cannot be taken back, or not as it was."""
        return self._gathered((one, _lasting(one)) for one in self.review.checked)

    @cached_property
    def cost(self) -> list[EffectText]:
        """What it comes to in a month, and budgets that come near or are passed, for who may see money."""
        machines = [one for one in self.review.checked if one.intent.type_name == MACHINE]
        wanted = [(one.record, None if one.intent.action == "delete" else one.intent.wanted) for one in machines]
        found = monthly_cost.of_all(self.review.scope, wanted)
        if found is None:
            return []
        return [*monthly_cost.told_of_all(self.review.scope, wanted), *budgets_with(self.review.scope, found[0])]

    @property
    def measures(self) -> list[str]:
        """What of it changes anywhere."""
        return [_(LABELS[measure]) for measure in self._changing]

    @property
    def sums(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """(group, [(label, after, difference) of each measure]), all groups together last; none if nothing differs."""
        whole = self._sums[""]
        groups = sorted((group, found) for group, found in self._sums.items() if group)
        named = [*groups, (_("All groups"), whole)] if groups else []
        return [(group, [_after(found, measure) for measure in self._changing]) for group, found in named]

    @cached_property
    def _sums(self) -> dict[str, Sum]:
        machines = reads.listing(self.review.scope, MACHINE).records
        return sums(machines, [one.intent for one in self.review.checked])

    @property
    def _changing(self) -> list[str]:
        return [measure for measure in MEASURES if any(found.more[measure] for found in self._sums.values())]

    def _of_inheritance(self) -> list[Said]:
        found: dict[EffectText, list[str]] = {}
        for effect, holder in Inheritance(self.review).effects():
            found.setdefault(effect, []).append(holder)
        return [Said(effect.text, effect.level, holders) for effect, holders in found.items()]

    def _gathered(self, effects: Iterable[tuple[Checked, Sequence[Effect]]]) -> list[Said]:
        """Each effect once, put into words once, with the names of all that it happens to."""
        names: dict[tuple[object, ...], tuple[Effect, list[str]]] = {}
        for one, some in effects:
            for effect in some:
                alike = (effect.text, effect.level, tuple(effect.args.items()))
                found = names.setdefault(alike, (effect, []))[1]
                if one.intent.key not in found[-1:]:
                    found.append(one.intent.key)
        worded = [(said, found) for effect, found in names.values() for said in in_words([effect], self.now)]
        return [Said(said.text, said.level, found) for said, found in worded]

    @cached_property
    def now(self) -> datetime:
        return reads.listing(self.review.scope, GROUP).platform_now


def effects_of(one: Checked, context: Context) -> list[Effect]:
    """What sending this entry would bring about."""
    if one.intent.action == "delete":
        return list(_deletion(one))
    before = None if one.intent.creates else one.record
    if before is None and not one.intent.creates:
        return []
    if before is not None and not one.intent.wanted:
        return [Effect(mark("The planned deletion is cancelled."))]
    return one.intent.type.effects(before, one.intent.wanted, context)


def _deletion(one: Checked) -> Iterator[Effect]:
    day = parse_day(str(one.intent.wanted.get(DEADLINE) or ""))
    if day is not None:
        yield Effect(mark("Shut down and no longer charged from %(day)s on."), {"day": day}, level="warning")
    else:
        yield Effect(mark("Deleted immediately."), level="warning")


def _lasting(one: Checked) -> list[Effect]:
    before: Record | None = None if one.intent.creates else one.record
    if one.intent.action == "delete":
        return one.intent.type.lasting(before, None)
    return one.intent.type.lasting(before, one.intent.wanted) if before is not None or one.intent.creates else []


def _after(found: Sum, measure: str) -> tuple[str, str, str]:
    unit, more = UNITS.get(measure, ""), found.more[measure]
    difference = f"{'+' if more > 0 else '−'}{numbers.amount_text(abs(more), unit)}" if more else ""
    return _(LABELS[measure]), numbers.amount_text(found.after(measure), unit), difference
