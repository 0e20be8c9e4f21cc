"""A second pair of eyes: when it is needed, whose counts, and what makes it stale."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import AuditEntry, Customer, Membership, User
from portal.accounts.roles import Role
from portal.accounts.view_as import Viewing
from portal.changes.errors import NeedsApproval
from portal.changes.intent import Intent
from portal.changes.models import Change
from portal.changes.submit import submit
from portal.inventory import reads
from portal.plans import applying
from portal.plans.approval import is_approved, is_required, may_approve, members_of, needs_reason, reviewers, say
from portal.plans.compose import begin, describe, put_in, take_out
from portal.plans.errors import Edited, NotOpen, NotReady
from portal.plans.models import Plan, Remark, State
from tests.plans.conftest import Grow, apply_now, entries, new_group, new_machine, plan_of, through
from tests.plans.test_applying import at_its_time
from tests.support.services import Sandbox

type ScopeOf = Callable[..., Scope]
Kind = Remark.Kind


@pytest.fixture
def careful(scope: Scope) -> Customer:
    """The customer requires that what touches production is approved."""
    scope.customer.requires_approval = True
    scope.customer.save()
    return scope.customer


@pytest.fixture
def operator(careful: Customer, scope_of: ScopeOf) -> Scope:
    return scope_of("operator")


@pytest.fixture
def plan(careful: Customer, scope: Scope, grow: Grow) -> Plan:
    """The manager's, of a machine in production."""
    plan = plan_of(scope, grow())
    plan.refresh_from_db()
    return plan


def verdict(who: Scope, plan: Plan, kind: Kind = Kind.APPROVAL, text: str = "") -> Plan:
    plan.refresh_from_db()
    say(who, plan, kind, text, plan.revision)
    return plan


def approved(plan: Plan) -> bool:
    plan.refresh_from_db()
    return is_approved(plan, entries(plan))


def second_manager(careful: Customer, cast: dict[str, User]) -> None:
    Membership.objects.filter(user=cast["viewer"]).update(role=Role.MANAGER)


# --- when it is needed


def test_without_a_customer_who_requires_it_nothing_needs_approval(scope: Scope, grow: Grow) -> None:
    plan = plan_of(scope, grow())
    assert is_required(scope, entries(plan)) is False
    assert through(apply_now(scope, plan)).state == State.APPLIED


def test_what_touches_production_is_not_applied_without(scope: Scope, platform: Sandbox, plan: Plan) -> None:
    assert is_required(scope, entries(plan)) is True
    with pytest.raises(NotReady) as raised:
        apply_now(scope, plan)
    assert raised.value.reason == "approval"
    assert platform.calls("apply") == 0


def test_what_does_not_touch_production_needs_none(careful: Customer, scope: Scope, grow: Grow) -> None:
    groups = reads.listing(scope, "resourcegroup")
    staging = next(one.key for one in groups.records if one["production"] is False)
    description = Intent(
        type_name="resourcegroup", key=staging, wanted={"maintenance_start": 3}, before={"maintenance_start": 22}
    )
    quiet = put_in(scope, [description], begin(scope))
    assert is_required(scope, entries(quiet)) is False
    submit(scope, [description], "alone")
    promoted = Intent(type_name="resourcegroup", key=staging, wanted={"production": True}, before={"production": False})
    assert is_required(scope, entries(put_in(scope, [promoted], begin(scope)))) is True
    new = new_group("calm", staging, production=False)
    inside = put_in(scope, [new, new_machine("calm00", "calm")], begin(scope))
    assert is_required(scope, entries(inside)) is False
    assert is_required(scope, entries(put_in(scope, [new_group("busy", staging)], begin(scope)))) is True


def test_a_single_change_of_production_is_refused_until_it_is_a_plan(
    careful: Customer, scope: Scope, grow: Grow
) -> None:
    with pytest.raises(NeedsApproval):
        submit(scope, [grow()], "alone")
    assert not Change.objects.exists()


# --- whose counts


def test_somebody_else_who_may_change_it_approves_it(scope: Scope, operator: Scope, plan: Plan) -> None:
    assert may_approve(operator, plan, entries(plan))
    verdict(operator, plan)
    assert approved(plan)
    assert plan.state == State.OPEN  # approving is not applying
    assert AuditEntry.objects.filter(action="plan.approved", target=f"plan {plan.number}").count() == 1
    assert through(apply_now(scope, plan)).state == State.APPLIED


def test_who_asked_for_any_of_it_does_not(scope: Scope, operator: Scope, plan: Plan, grow: Grow) -> None:
    put_in(operator, [grow(1)], plan)
    with pytest.raises(PermissionDenied):
        verdict(operator, plan)
    assert may_approve(operator, plan, entries(plan)) is False


def test_who_asked_for_what_somebody_else_has_changed_since_does_not(
    careful: Customer, scope: Scope, operator: Scope, scope_of: ScopeOf, cast: dict[str, User], grow: Grow
) -> None:
    second_manager(careful, cast)
    other = scope_of("viewer")
    plan = put_in(operator, [grow()], begin(scope))
    put_in(scope, [grow(by=5)], plan)
    with pytest.raises(PermissionDenied):
        verdict(operator, plan)
    verdict(other, plan)
    assert approved(plan)


@pytest.mark.parametrize("name", ["viewer", "child", "billing"])
def test_who_may_not_change_all_of_it_does_not(
    scope: Scope, careful: Customer, scope_of: ScopeOf, plan: Plan, name: str
) -> None:
    with pytest.raises(PermissionDenied):
        verdict(scope_of(name), plan)
    assert not approved(plan)


def test_an_operator_does_not_approve_of_rights(scope: Scope, operator: Scope, plan: Plan) -> None:
    put_in(scope, [Intent(type_name="permission", key="shop/zoe/login", creates=True)], plan)
    with pytest.raises(PermissionDenied):
        verdict(operator, plan)


def test_staff_who_view_as_somebody_never_do(
    scope: Scope, careful: Customer, cast: dict[str, User], plan: Plan
) -> None:
    member = Membership.objects.select_related("user", "customer").get(user=cast["operator"])
    staff = Scope(careful, cast["staff"], Role.OPERATOR, "", (), Viewing(member, writes=True))
    assert may_approve(staff, plan, entries(plan)) is False
    for kind in (Kind.APPROVAL, Kind.OBJECTION):
        with pytest.raises(PermissionDenied):
            verdict(staff, plan, kind)


def test_a_sole_manager_approves_of_their_own_with_a_reason_on_record(scope: Scope, plan: Plan) -> None:
    assert needs_reason(scope, plan, entries(plan))
    for nothing in ("", "  \n"):
        with pytest.raises(PermissionDenied):
            verdict(scope, plan, text=nothing)
    verdict(scope, plan, text="Nobody else is here.")
    assert approved(plan)
    assert AuditEntry.objects.get(action="plan.approved").after == '{"text": "Nobody else is here."}'


def test_a_manager_who_is_not_alone_does_not(
    careful: Customer, scope: Scope, cast: dict[str, User], plan: Plan
) -> None:
    verdict(scope, plan, text="Nobody else is here.")
    second_manager(careful, cast)
    assert not approved(plan)
    with pytest.raises(PermissionDenied):
        verdict(scope, plan, text="There is.")


def test_nothing_is_nothing_to_approve_of(scope: Scope, operator: Scope, careful: Customer) -> None:
    with pytest.raises(PermissionDenied):
        verdict(operator, begin(scope))


# --- what makes it stale


def test_an_edit_makes_it_stale_and_another_name_does_not(
    scope: Scope, operator: Scope, plan: Plan, grow: Grow
) -> None:
    verdict(operator, plan)
    describe(scope, plan, "Another", "name")
    assert approved(plan)
    put_in(scope, [grow(1)], plan)
    assert not approved(plan)
    with pytest.raises(NotReady):
        apply_now(scope, plan)
    verdict(operator, plan)
    take_out(scope, plan, [entries(plan)[1].pk])
    assert not approved(plan)


def test_a_verdict_on_what_was_edited_meanwhile_is_none(scope: Scope, operator: Scope, plan: Plan, grow: Grow) -> None:
    seen = plan.revision
    put_in(scope, [grow(1)], plan)
    with pytest.raises(Edited):
        say(operator, plan, Kind.APPROVAL, "", seen)
    say(operator, plan, Kind.COMMENT, "I saw an older one.", seen)
    assert [one.kind for one in plan.remarks.all()] == [Kind.COMMENT]


def test_an_objection_takes_it_back_and_is_taken_back_by_who_made_it(
    careful: Customer, scope: Scope, operator: Scope, scope_of: ScopeOf, cast: dict[str, User], plan: Plan
) -> None:
    second_manager(careful, cast)
    other = scope_of("viewer")
    verdict(operator, plan)
    verdict(other, plan, Kind.OBJECTION, "Not on a Friday.")
    assert not approved(plan)
    verdict(operator, plan)
    assert not approved(plan)
    verdict(other, plan)
    assert approved(plan)


@pytest.mark.parametrize(
    "lose",
    [
        lambda user: Membership.objects.filter(user=user).update(role=Role.VIEWER),
        lambda user: Membership.objects.filter(user=user).update(group="example"),
        lambda user: Membership.objects.filter(user=user).delete(),
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    ],
    ids=["role lowered", "limited to another group", "removed", "deactivated"],
)
def test_who_lost_the_right_has_approved_of_nothing(
    operator: Scope, plan: Plan, lose: Callable[[User], object]
) -> None:
    verdict(operator, plan)
    lose(operator.user)
    assert not approved(plan)


def test_what_was_scheduled_with_it_needs_it_at_its_time(scope: Scope, operator: Scope, grow: Grow) -> None:
    plan = plan_of(scope, grow())
    verdict(operator, plan)
    plan.refresh_from_db()
    plan = applying.apply(scope, plan, revision=plan.revision, not_before=timezone.now() + timedelta(hours=1))
    verdict(operator, plan, Kind.OBJECTION, "Not tonight.")
    plan = at_its_time(plan)
    assert (plan.state, plan.obstacle) == (State.OPEN, "approval")


def test_what_is_through_is_not_talked_about_any_more(scope: Scope, operator: Scope, plan: Plan) -> None:
    verdict(operator, plan)
    applying.apply(scope, plan, revision=plan.revision)
    with pytest.raises(NotOpen):
        verdict(operator, plan, Kind.OBJECTION, "Too late.")


def test_people_who_can_be_asked_are_those_who_may_change_things(
    scope: Scope, operator: Scope, cast: dict[str, User], plan: Plan
) -> None:
    assert reviewers(scope, members_of(plan), entries(plan)) == [cast["operator"]]  # `child` sees nothing of it
    say(scope, plan, Kind.REQUEST, "Please look.", plan.revision, to=cast["operator"])
    assert AuditEntry.objects.get(action="plan.review_requested").after == (
        '{"text": "Please look.", "to": "operator@example.com"}'
    )
