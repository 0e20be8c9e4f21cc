"""Taking back in words: which plan does it, what it takes back, whether it is offered, what does not come back."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.changes.models import Change, Item
from portal.changes.reads.visibility import visible_items
from portal.customer.plans.outlook import Said
from portal.inventory import reads
from portal.plans.models import Plan, State
from portal.plans.order import GROUP
from portal.plans.take_back import left, plan_back, through
from portal.ui import links
from portal.ui.forms.effects import in_words


@dataclass(frozen=True)
class UndoPresenter:
    """Of a change or a plan."""

    scope: Scope
    source: Change | Plan

    @cached_property
    def by(self) -> Plan | None:
        """The plan that takes it back."""
        return plan_back(self.scope, self.source) if self._through else None

    @property
    def by_url(self) -> str:
        return links.plan(self.scope.customer.number, self.by.number) if self.by else ""

    @property
    def is_done(self) -> bool:
        return self.by is not None and self.by.state == State.APPLIED

    @property
    def is_offered(self) -> bool:
        """Whether all that is through of it is the person's to change, and no plan takes it back yet."""
        if not self._through or self.by is not None or not self.scope.may_change(CHANGES):
            return False
        items = Item.objects.filter(change__in=self._through).order_by()
        types = items.values_list("type_name", flat=True).distinct()
        sees_all = visible_items(self.scope, items).count() == items.count()
        return sees_all and all(self.scope.may_change(name) for name in types)

    @property
    def of(self) -> str:
        """What this plan takes back, '' for a plan like any other."""
        if isinstance(self.source, Change):
            return ""
        if self.source.takes_back is not None:
            return self.source.takes_back.title
        change = self.source.takes_back_change
        return _("Change %(number)s") % {"number": change.number} if change else ""

    @property
    def of_url(self) -> str:
        number = self.scope.customer.number
        if isinstance(self.source, Change) or not self.of:
            return ""
        if self.source.takes_back is not None:
            return links.plan(number, self.source.takes_back.number)
        return links.change(number, self.source.takes_back_change.number) if self.source.takes_back_change else ""

    @cached_property
    def left(self) -> list[Said]:
        """What this plan does not bring back, and why; until it is on its way."""
        if isinstance(self.source, Change) or self.source.state not in (State.OPEN, State.SCHEDULED) or not self.of:
            return []
        now = reads.listing(self.scope, GROUP).platform_now
        found: dict[str, Said] = {}
        for one in left(self.scope, self.source):
            for told in in_words([one.why], now):
                found.setdefault(told.text, Said(told.text, told.level)).names.append(one.key)
        return list(found.values())

    @cached_property
    def _through(self) -> list[Change]:
        return through(self.source)
