"""Who hears of what: whoever may do with it what its kind asks for, in their role and within their group."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from portal.accounts.access import Scope
from portal.accounts.models import Customer, Membership
from portal.accounts.roles import Role
from portal.inventory import reads
from portal.notify.facts import Fact
from portal.notify.kinds import KINDS, Kind
from portal.notify.models import Occurrence
from portal.resources.types import TYPES

GROUPS = "resourcegroup"


def may_hear(scope: Scope, occurrence: Occurrence, groups: Collection[str] | None = None) -> bool:
    """Whether that person may be told of it at present, in the bell or by mail.

    `groups` are those that the scope reaches, for who has many to ask about; looked up where they are needed.
    """
    kind = KINDS.get(occurrence.kind)
    if kind is None:  # of another version
        return False
    if occurrence.data.get("person") == scope.user.pk:
        return True
    return _may(scope, kind, occurrence.type_name) and _is_within(scope, kind, occurrence.group, groups)


@dataclass
class Audience:
    """The people of a customer, to be asked for many facts."""

    customer: Customer
    _scopes: list[Scope] = field(init=False)
    _groups: dict[str, Collection[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        members = Membership.objects.select_related("user").filter(customer=self.customer, user__is_active=True)
        self._scopes = [Scope(self.customer, one.user, Role(one.role), one.group) for one in members]

    @property
    def people(self) -> list[int]:
        return [scope.user.pk for scope in self._scopes]

    def of(self, fact: Fact) -> Iterator[int]:
        """Ids of the people who hear of it."""
        kind = KINDS[fact.kind]
        for scope in self._scopes:
            if scope.user.pk in fact.knowing:
                continue
            is_theirs = scope.user.pk in fact.people
            if is_theirs and not kind.own:
                yield scope.user.pk
            if is_theirs == kind.own and _may(scope, kind, fact.type_name) and self._reaches(scope, fact):
                yield scope.user.pk

    def _reaches(self, scope: Scope, fact: Fact) -> bool:
        if scope.root and scope.root not in self._groups:
            self._groups[scope.root] = groups_of(scope)
        return _is_within(scope, KINDS[fact.kind], fact.group, self._groups.get(scope.root))


def groups_of(scope: Scope) -> Collection[str]:
    """The groups that a person limited to one reaches; nothing is asked of the platform for it."""
    return reads.listing(scope, GROUPS, wait=False).by_key.keys()


def _may(scope: Scope, kind: Kind, type_name: str) -> bool:
    return scope.may(kind.verb, kind.about) and (type_name not in TYPES or scope.may_see(type_name))


def _is_within(scope: Scope, kind: Kind, group: str, groups: Collection[str] | None) -> bool:
    return not scope.root or not kind.placed or group in (groups_of(scope) if groups is None else groups)
