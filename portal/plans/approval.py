"""A second pair of eyes: what people say about a plan, and whether somebody else has approved it as it is now.

A customer can require that what touches production is approved by somebody else who may change it. An approval is of a
revision: any later edit makes it stale. Staff who view as somebody never approve; what else they say names both.
"""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef

from portal.accounts.access import Scope, scope_now
from portal.accounts.models import Membership, User
from portal.accounts.roles import CHANGES, Role, Verb
from portal.changes import rights
from portal.changes.production import needs_approval
from portal.plans.compose import intent_of
from portal.plans.errors import Edited
from portal.plans.held import held, on_record
from portal.plans.models import LONGEST_NOTE, Entry, Plan, Remark, State
from portal.plans.visibility import visible_entries

Kind = Remark.Kind
VERDICTS = (Kind.APPROVAL, Kind.OBJECTION)


def is_required(scope: Scope, entries: Sequence[Entry]) -> bool:
    """Whether these entries of a plan have to be approved by somebody else before they are sent."""
    return needs_approval(scope, [(intent_of(entry), entry.group) for entry in entries])


def is_approved(plan: Plan, entries: Sequence[Entry]) -> bool:
    """Whether somebody who may, then and now, has approved it as it is; an objection since then takes that back."""
    return suffices(verdicts(plan), plan, entries)


def suffices(standing: Sequence[Remark], plan: Plan, entries: Sequence[Entry]) -> bool:
    """The same of verdicts that are at hand."""
    if any(one.kind == Kind.OBJECTION for one in standing):
        return False
    return any(_may_still(plan, one.author, entries, has_reason=bool(one.text.strip())) for one in standing)


def verdicts(plan: Plan) -> list[Remark]:
    """The latest verdict of each person on the plan as it is now."""
    given = plan.remarks.filter(revision=plan.revision, kind__in=VERDICTS).select_related("author")
    return list({one.author_id: one for one in given if one.author_id is not None}.values())


def may_approve(scope: Scope, plan: Plan, entries: Sequence[Entry]) -> bool:
    """Whether this person's approval would count; a sole manager's only with a reason (`needs_reason`)."""
    return scope.viewing is None and _may(scope, plan, entries, has_reason=True)


def needs_reason(scope: Scope, plan: Plan, entries: Sequence[Entry]) -> bool:
    """Whether they approve of what they asked for themselves, there being nobody else."""
    return not _may(scope, plan, entries, has_reason=False)


def may_say(scope: Scope, kind: Kind) -> bool:
    """Whether the person may say such a thing at all; of approving, `may_approve` knows more."""
    if scope.viewing is not None and (kind in VERDICTS or not scope.viewing.writes):
        return False
    return scope.may(Verb.SEE if kind == Kind.COMMENT else Verb.CHANGE, CHANGES)


def say(scope: Scope, plan: Plan, kind: Kind, text: str, revision: int, to: User | None = None) -> Remark:
    """Add a remark. Raises PermissionDenied for a verdict that is not this person's to give, Edited for one about
    another revision than the plan has now, NotOpen where it is through or put away.
    """
    if not may_say(scope, kind):
        raise PermissionDenied
    with held(plan, State.OPEN, State.SCHEDULED) as now:
        if kind in VERDICTS:
            _require_verdict(scope, now, kind, text, revision)
        remark = Remark.objects.create(
            plan=now,
            author=scope.user,
            in_place_of=rights.asked(scope)["in_place_of"],
            kind=kind,
            revision=now.revision,
            text=text[:LONGEST_NOTE],
            to=to,
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


def reviewers(scope: Scope, members: Sequence[Scope], entries: Sequence[Entry]) -> list[User]:
    """People who could be asked to look: members who may change things and see something of it, but for who asks."""
    able = [one for one in members if one.may_change(CHANGES) and visible_entries(one, entries)]
    return [one.user for one in able if one.user.pk != scope.user.pk]


def approvers(plan: Plan, members: Sequence[Scope], entries: Sequence[Entry]) -> list[User]:
    """People whose approval would count: not who asked; where there are no others, the sole manager (with a reason)."""
    managers = [one.user for one in members if one.role == Role.MANAGER and not one.root]
    others = [one.user for one in members if _may(one, plan, entries, has_reason=False)]
    return others or (managers if len(managers) == 1 and entries else [])


def askers(plan: Plan, entries: Sequence[Entry]) -> set[int | None]:
    """Ids of those who asked for it: of the plan, and of what it would do."""
    return {plan.author_id, *(who for entry in entries for who in (entry.author_id, *entry.earlier_authors))}


def requests_to(scope: Scope) -> list[Remark]:
    """The latest request for each plan that the person was asked to look at and has not said anything about since.

    No query where the customer has never had a plan. Of whom staff view as, it is that person who was asked.
    """
    person = scope.viewing.member.user if scope.viewing else scope.user
    if not scope.customer.plans_version or not scope.may_see(CHANGES):
        return []
    since = Remark.objects.filter(plan=OuterRef("plan"), author=person, in_place_of=None, pk__gt=OuterRef("pk"))
    asked = Remark.objects.filter(kind=Kind.REQUEST, to=person, plan__customer=scope.customer)
    asked = asked.filter(plan__state__in=(State.OPEN, State.SCHEDULED)).exclude(Exists(since))
    found = {one.plan_id: one for one in asked.select_related("plan", "author").prefetch_related("plan__entries")}
    return [one for one in found.values() if visible_entries(scope, list(one.plan.entries.all()))]


def members_of(plan: Plan) -> list[Scope]:
    """What each who may sign in may see and do, by name."""
    members = Membership.objects.filter(customer=plan.customer, user__is_active=True).select_related("user")
    return [
        Scope(plan.customer, one.user, Role(one.role), one.group)
        for one in members.order_by("user__name", "user__email")
    ]


def _require_verdict(scope: Scope, plan: Plan, kind: Kind, text: str, revision: int) -> None:
    entries = list(plan.entries.filter(change=None))
    if not visible_entries(scope, entries):
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
    return scope.user.pk not in askers(plan, entries) or (has_reason and _is_sole_manager(scope))


def _is_sole_manager(scope: Scope) -> bool:
    managers = Membership.objects.filter(customer=scope.customer, role=Role.MANAGER, group="", user__is_active=True)
    return scope.role == Role.MANAGER and not managers.exclude(user=scope.user.pk).exists()
