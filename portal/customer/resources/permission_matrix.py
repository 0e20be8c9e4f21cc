"""Who may do what in a resource group: people × permissions, inherited ones with their origin; granted together."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from portal.accounts import followed_forms, form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import Verb
from portal.changes.intent import Intent
from portal.changes.production import needs_approval
from portal.changes.reads import pending as under_way
from portal.changes.reads.pending import Pending, PendingIndex
from portal.changes.submit import MOST_ITEMS
from portal.customer.plans import adding
from portal.customer.resources.edit import count_changes, fields_wrong, form_methods, nothing_known
from portal.customer.resources.lookup import NoRecord
from portal.customer.resources.resubmit import asked_again_all
from portal.customer.shell import render_page, render_part, wants_part
from portal.inventory import reads
from portal.inventory.listings.related import permissions_in, tree
from portal.inventory.reads import Source
from portal.resources.names import user_name
from portal.resources.spec import Record
from portal.resources.types import PERMISSION, RESOURCE_GROUP
from portal.ui import links
from portal.ui.forms.api_call import as_python
from portal.ui.forms.effects import EffectText
from portal.ui.forms.fields import quoted
from portal.ui.forms.form import Opened

GRANTABLE = tuple(choice.value for choice in PERMISSION.field("permission").choices)
SEPARATORS = re.compile(r"[\s,;]+")

type Grant = tuple[str, str]
"""Who, and what."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One permission of one person in this group."""

    permission: str
    meaning: str  # what it lets one do
    value: str  # of the checkbox
    checked: bool
    inherited_from: str  # the group above that gives it, '' for none
    is_cut: bool  # given above, and not in force here because of what is defined here (pm_04)
    pending: tuple[Pending, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One person or service user."""

    uid: str
    cells: list[Cell]
    others: list[tuple[str, str]]  # permissions that are not granted here any more: (name, address where to revoke)
    is_service_user: bool


@dataclass(frozen=True)
class Matrix:
    """The permissions of a group as they are, and as somebody wants them.

    `own` are those that this group defines, `above` those that would hold here if it defined none: with their origin.
    """

    scope: Scope
    group: Record
    opened: Opened
    own: frozenset[Grant]
    above: Mapping[Grant, str]
    pending: PendingIndex
    checked: frozenset[Grant]
    new_uids: tuple[str, ...] = ()
    new_permissions: tuple[str, ...] = ()
    typed: str = ""
    errors: list[str] = field(default_factory=list)

    @cached_property
    def grants(self) -> list[Grant]:
        """What is to be given: ticked, and not defined here yet."""
        new = {(uid, permission) for uid in self.new_uids for permission in self.new_permissions}
        return sorted((self.checked | new) - self._seen_own)

    @cached_property
    def revokes(self) -> list[Grant]:
        """What is to be taken: defined here when the page was opened, and no longer ticked."""
        return sorted(grant for grant in self._seen_own - self.checked if grant[1] in GRANTABLE)

    @cached_property
    def wanted(self) -> list[Intent]:
        """One change: first what is given, then what is taken."""
        given = [Intent(type_name=PERMISSION.name, key=self._key(grant), creates=True) for grant in self.grants]
        taken = [Intent(type_name=PERMISSION.name, key=self._key(grant), action="delete") for grant in self.revokes]
        return [*given, *taken]

    @property
    def needs_approval(self) -> bool:
        """Whether saving makes a plan, which someone else approves first."""
        asked = Intent(type_name=PERMISSION.name, key=self.group.key)
        return needs_approval(self.scope, [(asked, self.group.key)])

    @cached_property
    def effects(self) -> list[EffectText]:
        """What that means for each person concerned, inherited permissions above all (pm_04)."""
        after = (self._seen_own | set(self.grants)) - set(self.revokes)
        people = sorted({uid for uid, _permission in (*self.grants, *self.revokes)})
        return [said for uid in people for said in _effects_for(uid, self._seen_own, after, self.above)]

    @property
    def brief(self) -> list[str]:
        """What saving does, in a few words."""
        if self.errors:
            return [fields_wrong(len(self.errors))]
        return [count_changes(len(self.wanted))] if self.wanted else [_("No changes")]

    @property
    def api_call(self) -> str:
        return as_python([one.record() for one in self.wanted], self.group.key)

    @property
    def rows(self) -> list[Row]:
        uids = {uid for uid, _permission in (*self.own, *self.above, *self.checked, *self._on_their_way)}
        return [self._row(uid) for uid in sorted(uids, key=lambda uid: (uid.startswith("s-"), uid))]

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and what it lets one do."""
        return grantable()

    @property
    def known_uids(self) -> list[str]:
        """People and service users met before, to choose from."""
        permissions = {str(record["uid"]) for record in reads.listing(self.scope, PERMISSION.name).records}
        users = {str(record["uid"]) for record in reads.listing(self.scope, "serviceuser").records}
        return sorted(permissions | users)

    @property
    def _on_their_way(self) -> list[Grant]:
        """Permissions of this group that are being granted."""
        keys = [one.key.split("/", 2) for one in self.pending.created(PERMISSION.name) if one.group == self.group.key]
        return [(uid, permission) for _group, uid, permission in keys]

    @property
    def _seen_own(self) -> frozenset[Grant]:
        return frozenset((uid, permission) for uid, permission in self.opened.seen.get("own", ()))

    def _row(self, uid: str) -> Row:
        has_own = any(holder == uid for holder, _permission in self.own)
        others = [name for holder, name in sorted(self.own) if holder == uid and name not in GRANTABLE]
        return Row(
            uid=uid,
            cells=[self._cell((uid, permission), has_own) for permission in GRANTABLE],
            others=[(name, self._revoke_url((uid, name))) for name in others],
            is_service_user=uid.startswith("s-"),
        )

    def _cell(self, grant: Grant, has_own: bool) -> Cell:
        origin = self.above.get(grant, "")
        pending = self.pending.coming(PERMISSION.name, self._key(grant))
        is_cut = bool(origin) and has_own
        return Cell(grant[1], _meaning(grant[1]), "/".join(grant), grant in self.checked, origin, is_cut, pending)

    def _key(self, grant: Grant) -> str:
        return f"{self.group.key}/{grant[0]}/{grant[1]}"

    def _revoke_url(self, grant: Grant) -> str:
        return links.action(self.scope.customer.number, PERMISSION.name, self._key(grant), "delete")


def grantable() -> list[tuple[str, str]]:
    """Permissions that are granted here, and what each lets one do."""
    return [(name, _meaning(name)) for name in GRANTABLE]


def _meaning(permission: str) -> str:
    """What a permission lets one do, in words."""
    labels = {choice.value: choice.label for choice in PERMISSION.field("permission").choices}
    return _(labels[permission]).partition(": ")[2]


def _effects_for(
    uid: str, before: Iterable[Grant], after: Iterable[Grant], above: Mapping[Grant, str]
) -> Iterable[EffectText]:
    """What a person loses or gets back of what they hold from above."""
    inherited = {permission: origin for (holder, permission), origin in above.items() if holder == uid}
    had = {permission for holder, permission in before if holder == uid}
    has = {permission for holder, permission in after if holder == uid}
    names = ", ".join(f"{permission} ({origin})" for permission, origin in sorted(inherited.items()))
    lost = sorted(set(inherited) - has)
    if has and not had and lost:
        text = _("%(uid)s: permissions set here replace inherited ones: %(lost)s. Tick them too to keep them.")
        yield EffectText(text % {"uid": uid, "lost": ", ".join(lost)}, "", "warning")
    elif had and not has and inherited:
        yield EffectText(
            _("%(uid)s: inherited permissions apply here again: %(names)s.") % {"uid": uid, "names": names}, "", "info"
        )
    elif had and not has:
        yield EffectText(_("%(uid)s no longer has access here.") % {"uid": uid}, "", "warning")


@form_methods
def matrix(request: HttpRequest, customer_no: str, key: str) -> HttpResponse:
    """The matrix of one group; `#outlook` for htmx, POST makes one change of all that differs."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, RESOURCE_GROUP.name)
    group = reads.record(scope, RESOURCE_GROUP.name, key)
    if group is None and not _is_known(scope, RESOURCE_GROUP.name):
        return nothing_known(request, scope, RESOURCE_GROUP, key)
    if group is None:
        raise NoRecord(key)
    scope.require(Verb.SEE, PERMISSION.name)
    if not _is_known(scope, PERMISSION.name):
        return nothing_known(request, scope, RESOURCE_GROUP, key)
    if request.method == "POST":
        scope.require(Verb.CHANGE, PERMISSION.name)
    found = _matrix(request, scope, group)
    context: dict[str, object] = {
        "matrix": found,
        "group": group,
        "sealed": found.opened.seal(request.path),
    }
    if "preview" in request.POST:
        followed_forms.keep_typing(request, differs=bool(found.wanted or found.errors))
    if "preview" in request.POST and wants_part(request):
        context["followed"] = True
        return render_part(request, scope, "permissions/matrix.html#outlook", context, pending=found.pending)
    if request.method == "POST" and "preview" not in request.POST and _is_complete(found):
        try:
            keys = [(one.key, one.action) for one in found.wanted]
            return adding.ask(request, scope, found.wanted, found.opened.token_for(keys), request.path)
        except adding.NOT_ASKED as error:
            found.errors.append(adding.why_not(error))
    status = 422 if found.errors else 200
    return render_page(request, scope, "permissions/matrix.html", context, pending=found.pending, status=status)


def _is_known(scope: Scope, type_name: str) -> bool:
    """Whether anything is: not so where the platform has been silent for long."""
    return reads.listing(scope, type_name).source is not Source.NEVER


def _is_complete(found: Matrix) -> bool:
    if not found.errors and not found.wanted:
        found.errors.append(_("Nothing to save: tick or untick something first."))
    if len(found.wanted) > MOST_ITEMS:
        values = {"count": len(found.wanted), "most": MOST_ITEMS}
        found.errors.append(_("These are %(count)s permissions; at most %(most)s can be changed at once.") % values)
    return not found.errors


def _matrix(request: HttpRequest, scope: Scope, group: Record) -> Matrix:
    own = frozenset(
        _grant(record) for record in reads.listing(scope, PERMISSION.name).records if record.group == group.key
    )
    above = _above(scope, group)
    pending = under_way.pending_of(scope)
    data = form_drafts.typed(request)
    if data is not None:
        return _asked(request, data, scope, group, own, above, pending)
    opened = Opened.now({"own": sorted(own)})
    again = asked_again_all(scope, request.GET.get("again", ""), PERMISSION.name)
    asked = {(uid, name): action for (where, uid, name), action in again.items() if where == group.key}
    checked = (own | {grant for grant, action in asked.items() if action == "set"}) - {
        grant for grant, action in asked.items() if action == "delete"
    }
    return Matrix(scope, group, opened, own, above, pending, checked)


def _asked(
    request: HttpRequest,
    data: QueryDict,
    scope: Scope,
    group: Record,
    own: frozenset[Grant],
    above: Mapping[Grant, str],
    pending: PendingIndex,
) -> Matrix:
    errors: list[str] = []
    opened = Opened.unseal(data.get("opened", ""), request.path)
    if opened is None:
        errors.append(_("This page is too old or was opened elsewhere. Nothing was sent: check it and save again."))
        opened = Opened.now({"own": sorted(own)})
    known_uids = {uid for uid, _permission in (*own, *above)}
    checked = {grant for text in data.getlist("grant") if (grant := _parse(text, known_uids))}
    others = {grant for grant in own if grant[1] not in GRANTABLE}
    typed = data.get("uids", "")
    permissions = tuple(name for name in GRANTABLE if name in data.getlist("new"))
    uids, wrong = read_uids(typed)
    errors += wrong
    if uids and not permissions:
        errors.append(_("Select permissions for %(uids)s.") % {"uids": quoted(", ".join(uids))})
    if permissions and not typed.strip():
        errors.append(_("Enter who gets %(permissions)s.") % {"permissions": ", ".join(permissions)})
    known = frozenset(checked | others)
    return Matrix(scope, group, opened, own, above, pending, known, uids, permissions, typed, errors)


def read_uids(typed: str) -> tuple[tuple[str, ...], list[str]]:
    """The names typed, and what is wrong with some of them (pm_03)."""
    names = [name for name in dict.fromkeys(SEPARATORS.split(typed)) if name]
    wrong = [name for name in names if user_name(name)]
    errors = [f"“{quoted(name)}”: {_(user_name(name) or '')}" for name in wrong[:3]]
    if len(wrong) > 3:
        errors.append(_("and %(count)s more") % {"count": len(wrong) - 3})
    return tuple(name for name in names if not user_name(name)), errors


def _parse(text: str, known_uids: Collection[str]) -> Grant | None:
    """`anna/login`; None for what no checkbox of ours sends. Names that stand on records stay as they are (pm_03)."""
    uid, _slash, permission = text.rpartition("/")
    is_name = uid in known_uids or user_name(uid) is None
    return (uid, permission) if permission in GRANTABLE and is_name else None


def _grant(record: Record) -> Grant:
    return str(record["uid"]), str(record["permission"])


def _above(scope: Scope, group: Record) -> Mapping[Grant, str]:
    """What holds here if the group defines nothing itself: of the group above, where the person may see that."""
    parent = tree(scope).parent(group.key)
    if parent:
        return {_grant(held.record): held.origin for held in permissions_in(scope, parent)}
    return {_grant(held.record): held.origin for held in permissions_in(scope, group.key) if held.inherited}
