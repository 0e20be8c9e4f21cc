"""A second pair of eyes: what people say about a plan, and whether somebody else has approved it as it is now.

A customer can require that what touches production is approved by somebody else who may change it. An approval is of a
revision: any later edit makes it stale. Staff who view as somebody never approve.
"""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied

from portal.accounts.access import Scope, scope_now
from portal.accounts.models import Membership, User
from portal.accounts.roles import CHANGES, Role, Verb
from portal.changes.production import touches_production
from portal.plans.compose import intent_of
from portal.plans.errors import Edited
from portal.plans.held import held, on_record
from portal.plans.models import LONGEST_NOTE, Entry, Plan, Remark, State
from portal.plans.visibility import visible_entries

Kind = Remark.Kind
VERDICTS = (Kind.APPROVAL, Kind.OBJECTION)


def is_required(scope: Scope, entries: Sequence[Entry]) -> bool:
    """Whether these entries of a plan have to be approved by somebody else before they are sent."""
    if not scope.customer.requires_approval:
        return False
    return touches_production(scope, [(intent_of(entry), entry.group) for entry in entries])


def is_approved(plan: Plan, entries: Sequence[Entry]) -> bool:
    """Whether somebody who may, then and now, has approved it as it is; an objection since then takes that back."""
    verdicts = plan.remarks.filter(revision=plan.revision, kind__in=VERDICTS).select_related("author")
    latest: dict[int, Remark] = {one.author_id: one for one in verdicts if one.author_id is not None}
    if any(one.kind == Kind.OBJECTION for one in latest.values()):
        return False
    return any(_may_still(plan, one.author, entries, has_reason=bool(one.text.strip())) for one in latest.values())


def may_approve(scope: Scope, plan: Plan, entries: Sequence[Entry]) -> bool:
    """Whether this person's approval would count; a sole manager's only with a reason (`needs_reason`)."""
    return scope.viewing is None and _may(scope, plan, entries, has_reason=True)


def needs_reason(scope: Scope, plan: Plan, entries: Sequence[Entry]) -> bool:
    """Whether they approve of what they asked for themselves, there being nobody else."""
    return not _may(scope, plan, entries, has_reason=False)


def say(scope: Scope, plan: Plan, kind: Kind, text: str, revision: int, to: User | None = None) -> Remark:
    """Add a remark. Raises PermissionDenied for a verdict that is not this person's to give, Edited for one about
    another revision than the plan has now, NotOpen where it is through or put away.
    """
    verb = Verb.SEE if kind == Kind.COMMENT else Verb.CHANGE
    scope.require(verb, CHANGES)
    with held(plan, State.OPEN, State.SCHEDULED) as now:
        if kind in VERDICTS:
            _require_verdict(scope, now, kind, text, revision)
        remark = Remark.objects.create(
            plan=now, author=scope.user, kind=kind, revision=now.revision, text=text[:LONGEST_NOTE], to=to
        )
        after = {"text": text[:500]} | ({"to": to.email} if to else {})
        on_record(now, _WHAT[kind], after=after)
    return remark


_WHAT = {
    Kind.COMMENT: "commented",
    Kind.REQUEST: "review_requested",
    Kind.APPROVAL: "approved",
    Kind.OBJECTION: "objected",
}


def reviewers(scope: Scope, plan: Plan) -> list[User]:
    """People who could be asked to look: members who may change things, but for who asks."""
    members = Membership.objects.filter(customer=plan.customer, user__is_active=True).select_related("user")
    able = [one.user for one in members.order_by("user__name") if one.role in (Role.MANAGER, Role.OPERATOR)]
    return [user for user in able if user.pk != scope.user.pk]


def _require_verdict(scope: Scope, plan: Plan, kind: Kind, text: str, revision: int) -> None:
    entries = list(plan.entries.filter(change=None))
    if scope.viewing is not None or not visible_entries(scope, entries):
        raise PermissionDenied
    if revision != plan.revision:
        raise Edited
    if kind == Kind.APPROVAL and not _may(scope, plan, entries, has_reason=bool(text.strip())):
        raise PermissionDenied


def _may_still(plan: Plan, user: User | None, entries: Sequence[Entry], *, has_reason: bool) -> bool:
    """By the membership that they have now."""
    scope = scope_now(plan.customer, user)
    return scope is not None and _may(scope, plan, entries, has_reason=has_reason)


def _may(scope: Scope, plan: Plan, entries: Sequence[Entry], *, has_reason: bool) -> bool:
    sees_all = len(visible_entries(scope, entries)) == len(entries)
    if not entries or not sees_all or not all(scope.may_change(entry.type_name) for entry in entries):
        return False
    asked = {plan.author_id, *(who for entry in entries for who in (entry.author_id, *entry.earlier_authors))}
    return scope.user.pk not in asked or (has_reason and _is_sole_manager(scope))


def _is_sole_manager(scope: Scope) -> bool:
    managers = Membership.objects.filter(customer=scope.customer, role=Role.MANAGER, group="", user__is_active=True)
    return scope.role == Role.MANAGER and not managers.exclude(user=scope.user.pk).exists()
