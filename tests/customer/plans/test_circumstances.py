"""Plans while the world around them changes: what people are told, and that nothing is lost or done twice."""

from collections.abc import Callable

from django.test import Client

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey, Membership
from portal.accounts.roles import Role
from portal.changes import decisions
from portal.changes.intent import Intent
from portal.changes.models import Change
from portal.changes.models import State as Sent
from portal.plans.compose import begin, put_in
from portal.plans.models import Plan, State
from tests.changes.conftest import give_secret, later, machine, new_machine, run_all
from tests.customer.asking import filled, values_of
from tests.customer.conftest import Browse, text_of
from tests.customer.plans.pressing import (
    PLANS,
    answer,
    apply,
    asked,
    do,
    edit_of,
    entries,
    gone,
    grown,
    new,
    outside,
    page,
)
from tests.plans.conftest import through
from tests.support.services import Sandbox

MACHINE = "virtualmachine"


def told(browse: Browse, plan: Plan, name: str = "manager") -> str:
    return text_of(browse(name).get(page(plan)))


def member(scope: Scope, email: str) -> Membership:
    return Membership.objects.get(customer=scope.customer, user__email=f"{email}@example.com")


def key_of(scope: Scope, group: str) -> ApiKey:
    key = ApiKey(customer=scope.customer, resource_group=group)
    key.set_secret(f"{group}-demo-key")
    key.save()
    return key


def test_two_people_apply_at_once_and_it_is_sent_once(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    plan = put_in(scope, [grown(platform)], name="Black Friday")
    seen = {"revision": Plan.objects.get().revision}
    browse("manager").post(f"{page(plan)}-/apply", seen)
    second = browse("operator").post(f"{page(plan)}-/apply", seen, follow=True)
    assert "Nothing was done: the plan is now “Applying”." in text_of(second)
    assert through(plan).state == State.APPLIED
    assert (Change.objects.count(), platform.calls("apply")) == (1, 1)


def test_nothing_is_to_be_decided_about_what_is_being_sent(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    wanted = edit_of(platform, service_description="for the sale")
    plan = put_in(scope, [wanted])
    do(browse("manager"), plan, "apply")
    outside(platform, scope, {"__type__": MACHINE, "name": wanted.key, "service_description": "from elsewhere"})
    assert "Use plan value" not in told(browse, plan)
    assert through(plan).state == State.OPEN
    assert "Use plan value" in told(browse, plan)


def test_applied_in_one_tab_while_edited_in_the_other(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    plan = put_in(scope, [grown(platform)])
    seen = Plan.objects.get().revision
    put_in(scope, [grown(platform, nth=1)], plan)
    answer = browse("manager").post(f"{page(plan)}-/apply", {"revision": seen}, follow=True)
    assert "The plan was edited in the meantime. Nothing was done: please review it again." in text_of(answer)
    do(browse("manager"), plan, "apply")
    form = browse("operator").get(f"/c/10001/{MACHINE}/shop00/-/edit")
    typed = filled(values_of(form), disk=444, plan="")
    answer = browse("operator").post(f"/c/10001/{MACHINE}/shop00/-/edit?plan={plan.number}", typed, follow=True)
    assert not Change.objects.filter(items__wanted__has_key="disk", items__wanted__disk=444).exists()
    assert "can no longer be edited" in text_of(answer) or values_of(answer)["disk"] == ["444"]


def test_an_author_who_lost_their_role_is_refused_and_others_go_on(
    browse: Browse, platform: Sandbox, scope_of: Callable[..., Scope], scope: Scope
) -> None:
    plan = put_in(scope_of("operator"), [grown(platform)])
    Membership.objects.filter(pk=member(scope, "operator").pk).update(role=Role.VIEWER)
    assert do(browse("operator"), plan, "apply").status_code == 403
    assert "Apply one change" not in told(browse, plan, "operator")
    assert apply(browse("manager"), plan).state == State.APPLIED


def test_who_lost_their_role_after_pressing_apply_is_not_heeded_and_that_is_said(
    browse: Browse, platform: Sandbox, scope_of: Callable[..., Scope], scope: Scope
) -> None:
    wanted = grown(platform)
    plan = put_in(scope_of("operator"), [wanted])
    do(browse("operator"), plan, "apply")
    Membership.objects.filter(pk=member(scope, "operator").pk).update(role=Role.VIEWER)
    assert through(plan).state == State.OPEN
    assert "the person who requested it can no longer change this" in told(browse, plan)
    assert platform.calls("apply") == 0
    assert [one.key for one in entries(plan)] == [wanted.key]


def test_whose_scope_shrank_sees_their_part_and_that_there_is_more(
    browse: Browse, platform: Sandbox, scope_of: Callable[..., Scope], scope: Scope
) -> None:
    theirs, other = grown(platform, "example"), grown(platform)
    plan = put_in(scope_of("operator"), [theirs, other])
    Membership.objects.filter(pk=member(scope, "operator").pk).update(group="example")
    text = told(browse, plan, "operator")
    assert theirs.key in text
    assert other.key not in text
    assert "One more change is outside of your resource groups." in text
    assert "Apply one change" not in text
    answer = do(browse("operator"), plan, "apply")
    assert "Part of this plan is outside of your resource groups." in text_of(answer)
    assert not Change.objects.exists()


def test_a_machine_that_vanished_is_a_conflict_that_can_only_be_given_up(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    outside(platform, scope, {"__type__": "serviceuser", "uid": "s-brief", "resource_group": "shop"})
    edit = Intent(type_name="serviceuser", key="shop/s-brief", wanted={"description": "x"}, before={"description": ""})
    kept = grown(platform)
    plan = put_in(scope, [edit, kept])
    user = {"__type__": "serviceuser", "__action__": "delete", "uid": "s-brief", "resource_group": "shop"}
    outside(platform, scope, user)
    assert "It no longer exists, so it cannot be changed." in told(browse, plan)
    assert "Resolve the conflicts first." in text_of(do(browse("manager"), plan, "apply"))
    forged = answer(browse("manager"), plan, "shop/s-brief", "ours")
    assert "A record that no longer exists cannot be kept." in text_of(forged)
    answer(browse("manager"), plan, "shop/s-brief", "theirs")
    assert [one[0] for one in asked(plan)] == [kept.key]
    assert apply(browse("manager"), plan).state == State.APPLIED


def test_an_answer_is_about_what_the_page_showed(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    wanted = edit_of(platform, service_description="for the sale")
    plan = put_in(scope, [wanted])
    (entry,) = entries(plan)
    machine_now = {"__type__": MACHINE, "name": wanted.key}
    outside(platform, scope, {**machine_now, "service_description": "by hand"})
    client = browse("manager")
    (clash,) = client.get(page(plan)).context["told"].entries[0].clashes
    outside(platform, scope, {**machine_now, "service_description": "by hand again"})
    for said in ("ours", "theirs"):
        late = do(client, plan, "answer", answer=f"{entry.pk}/{said}/{clash.name}/{clash.shows}")
        assert late.status_code == 422
        assert "by hand again Changed again in the meantime. Nothing was decided" in text_of(late)
        assert asked(plan) == [(wanted.key, "set", False, {"service_description": "for the sale"})]
    answer(client, plan, wanted.key, "ours", clash.name)
    assert apply(client, plan).state == State.APPLIED
    assert machine(platform, wanted.key)["service_description"] == "for the sale"


def test_what_was_decided_in_another_tab_is_said_and_leaves_approvals_alone(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    wanted = edit_of(platform, service_description="for the sale", disk=77)
    plan = put_in(scope, [wanted])
    (entry,) = entries(plan)
    outside(platform, scope, {"__type__": MACHINE, "name": wanted.key, "service_description": "by hand", "disk": 55})
    client = browse("manager")
    clashes = client.get(page(plan)).context["told"].entries[0].clashes
    assert [clash.name for clash in clashes] == ["service_description", "disk"]  # as forms have them
    for clash in clashes:
        do(client, plan, "answer", answer=f"{entry.pk}/ours/{clash.name}/{clash.shows}")
        plan.refresh_from_db()
        revision = plan.revision
        again = do(client, plan, "answer", answer=f"{entry.pk}/theirs/{clash.name}/{clash.shows}")
        assert "This is no longer in conflict. Nothing was done." in text_of(again)
        plan.refresh_from_db()
        assert plan.revision == revision


def test_a_name_that_was_taken_is_answered_by_changing_what_is_there(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    plan = put_in(scope, [new_machine("shop80", memory=512)])
    outside(platform, scope, {"__type__": MACHINE, "name": "shop80", "resource_group": "shop", "location": "rzob"})
    assert "It already exists: someone created it in the meantime." in told(browse, plan)
    answer(browse("manager"), plan, "shop80", "ours")
    assert asked(plan) == [("shop80", "set", False, {"memory": 512})]
    assert apply(browse("manager"), plan).state == State.APPLIED
    assert machine(platform, "shop80")["memory"] == 512


def test_a_key_that_was_removed_keeps_it_from_being_applied_and_a_new_one_mends_that(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    plan = put_in(scope, [grown(platform)])
    ApiKey.objects.filter(resource_group="services").delete()
    key_of(scope, "example")
    assert "It was not found: it was deleted, or no API key covers group shop." in told(browse, plan)
    assert "Apply one change" not in told(browse, plan)
    do(browse("manager"), plan, "apply")
    assert not Change.objects.exists()
    key_of(scope, "shop")
    assert apply(browse("manager"), plan).state == State.APPLIED


def test_a_key_that_was_removed_while_a_part_waits_for_it_is_said_and_a_new_one_sends_it(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    ApiKey.objects.filter(resource_group="services").delete()
    first, second = key_of(scope, "example"), key_of(scope, "shop")
    both = [grown(platform, "example"), grown(platform)]
    plan = put_in(scope, both)
    do(browse("manager"), plan, "apply")
    second.delete()
    assert through(plan).state == State.APPLYING
    text = told(browse, plan)
    assert "Needs API key" in text
    waiting = Change.objects.get(state=Sent.PARKED)
    assert waiting.key_group == "shop" != first.resource_group
    client = browse("manager")
    do(client, plan, "stop")
    assert Plan.objects.get().state == State.OPEN
    assert "Stopped before it was sent. One change was accepted before and stays in effect." in told(browse, plan)
    key_of(scope, "shop")
    assert apply(client, plan).state == State.APPLIED
    assert machine(platform, both[1].key)["disk"] == both[1].wanted["disk"]


def test_what_was_perhaps_sent_says_what_keeps_it_and_what_to_do(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    plan = put_in(scope, [grown(platform)])
    do(browse("manager"), plan, "apply")
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    run_all()
    give_secret("wrong")
    later(8)
    assert through(plan).state == State.APPLYING
    said = "Once a manager has entered a new one, the portal checks whether it arrived."
    for path in (page(plan), "/c/10001/changes/1/"):
        text = text_of(browse("manager").get(path))
        assert "but the answer was lost, and the API key of group services no longer works. " + said in text
        assert "It is sent automatically" not in text
    assert "It cannot be stopped: it was sent, the answer was lost," in text_of(do(browse("manager"), plan, "stop"))
    decisions.resume(give_secret("services-demo-key"))
    assert through(plan).state == State.APPLIED
    assert platform.calls("apply") == 1


def test_a_limit_passed_in_the_middle_stands_at_its_entry_and_nothing_is_applied(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    fine = grown(platform, "example")
    many = [new_machine(f"trial{nth}", "trial", cores=8, memory=3072, disk=1000) for nth in (50, 51, 52)]
    plan = put_in(scope, [fine, *many], name="Too much")
    assert apply(browse("manager"), plan).state == State.OPEN
    response = browse("manager").get(page(plan))
    wrong = [one for one in response.context["told"].entries if one.fault]
    assert [one.entry.key for one in wrong] in ([many[0].key], [many[1].key], [many[2].key])
    assert "Rejected by the platform. Nothing was changed." in text_of(response)
    assert wrong[0].fault in text_of(response)
    assert machine(platform, fine.key)["disk"] == fine.before["disk"]
    (change,) = Change.objects.all()
    text = text_of(browse("manager").get(f"/c/10001/changes/{change.number}/"))
    assert "Part of plan Too much" in text
    assert "Open plan" in text
    assert "Retry now" not in text
    assert "Edit again" not in text


def test_a_note_of_100_kb_is_refused_with_what_was_typed(browse: Browse, scope: Scope) -> None:
    plan = begin(scope, "Black Friday")
    note = "A long story. " * 7_000
    answer = do(browse("manager"), plan, "describe", name="Black Friday", note=note)
    assert answer.status_code == 422
    assert "at most 10000 are possible" in text_of(answer).replace(",", "")
    assert note.strip() in text_of(answer)
    assert not Plan.objects.get().note


def test_forged_entries_of_another_customer_are_left_alone(
    browse: Browse, platform: Sandbox, scope: Scope, scope_of: Callable[..., Scope]
) -> None:
    plan = put_in(scope, [grown(platform)])
    (entry,) = entries(plan)
    other = begin(scope_of("outsider", "10002"), "Theirs")
    stranger = browse("outsider")
    for verb, typed in (("remove", {"entry": entry.pk}), ("answer", {"answer": f"{entry.pk}/theirs/"})):
        answer = stranger.post(f"/c/10002/plans/{other.number}/-/{verb}", typed, follow=True)
        assert "That is no longer in the plan. Nothing was done." in text_of(answer)
        assert stranger.post(f"{page(plan)}-/{verb}", typed).status_code == 404
    for forged in ("", "x", "-1", "9" * 30, "٣", "1/2/3", "1/ours/__class__"):
        assert forge(browse("manager"), plan, forged) in (200, 404)
    assert [one.pk for one in entries(plan)] == [entry.pk]


def forge(client: Client, plan: Plan, text: str) -> int:
    client.post(f"{page(plan)}-/remove", {"entry": text})
    return int(client.post(f"{page(plan)}-/answer", {"answer": text}, follow=True).status_code)


def test_the_same_machine_edited_and_deleted_is_deleted_and_says_so(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    edit = grown(platform)
    plan = put_in(scope, [edit])
    put_in(scope, [gone(MACHINE, edit.key, deadline="2027-01-01")], plan)
    assert asked(plan) == [(edit.key, "delete", False, {"deadline": "2027-01-01"})]
    assert "Replaces an edit added earlier." in told(browse, plan)
    put_in(scope, [edit], plan)
    assert asked(plan) == [(edit.key, "set", False, dict(edit.wanted))]
    assert "Replaces a deletion added earlier." in told(browse, plan)


def test_a_later_part_says_what_it_stands_by_for(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    ApiKey.objects.filter(resource_group="services").delete()
    key_of(scope, "example")
    key_of(scope, "shop")
    plan = put_in(scope, [grown(platform, "example"), grown(platform)])
    do(browse("manager"), plan, "apply")
    text = told(browse, plan)
    assert "It stands by until change 1 is accepted." in text
    for path in ("/c/10001/changes/2/", "/c/10001/changes/", "/c/10001/", PLANS):
        assert browse("manager").get(path).status_code == 200
    assert "Part of plan Plan 1" in text_of(browse("manager").get("/c/10001/changes/"))
    assert browse("staff").get("/console/c/10001/changes/2/").status_code in (200, 302, 403)


def test_what_was_not_taken_leads_to_the_plan_from_the_overview_until_that_is_applied_again(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    wanted = edit_of(platform, disk=5_000)
    plan = apply(browse("manager"), put_in(scope, [wanted], name="Black Friday"))
    overview = browse("manager").get("/c/10001/")
    assert "Part of plan Black Friday" in text_of(overview)
    for decision in ("retry", "overwrite"):
        answer = browse("manager").post(f"/c/10001/changes/1/-/{decision}", follow=True)
        assert "Too late: change 1 is now “Rejected”." in text_of(answer)
    put_in(scope, [grown(platform)], plan)
    apply(browse("manager"), plan)
    assert "Part of plan Black Friday" not in text_of(browse("manager").get("/c/10001/"))


def test_what_was_dismissed_still_says_at_the_plan_why_it_was_not_taken(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    plan = apply(browse("manager"), put_in(scope, [edit_of(platform, disk=5_000)]))
    browse("manager").post("/c/10001/changes/1/-/cancel")
    assert Change.objects.get().state == Sent.CANCELLED
    assert "Rejected by the platform. Nothing was changed." in told(browse, plan)
    assert run_all() == 0


def test_a_new_user_in_a_group_that_is_not_created_any_more_is_explained(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    plan = put_in(scope, [new("resourcegroup", "fair", parent="shop"), new("serviceuser", "fair/s-fair")])
    group = next(one for one in entries(plan) if one.key == "fair")
    do(browse("manager"), plan, "remove", entry=group.pk)
    assert "Resource group fair does not exist, and the plan does not create it." in told(browse, plan)
    assert "The changes contradict each other." in text_of(do(browse("manager"), plan, "apply"))


def test_words_of_the_platform_about_a_record_out_of_sight_are_told_to_nobody_else(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    refused = edit_of(platform, disk=5_000)  # of shop, which the child does not see
    wanted = [new_machine("example98", "example"), seen := grown(platform, "example"), refused]
    plan = apply(browse("manager"), put_in(scope, wanted, name="Too much"))
    assert plan.state == State.OPEN
    for path in (page(plan), "/c/10001/changes/1/", "/c/10001/changes/", "/c/10001/"):
        assert refused.key in browse("manager").get(path).content.decode(), path
        text = browse("child").get(path).content.decode()
        assert "Too much" in text, path
        assert refused.key not in text, path
        assert "5000" not in text, path
    for path in (f"{MACHINE}/", f"{MACHINE}/example98/", f"{MACHINE}/{seen.key}/", f"{MACHINE}/{seen.key}/-/edit"):
        answer = browse("child").get(f"/c/10001/{path}", follow=True)
        assert answer.status_code == 200, path
        assert refused.key not in answer.content.decode(), path
        assert "5000" not in answer.content.decode(), path


def test_what_a_plan_could_not_create_is_told_by_its_mark_and_not_once_more_for_each(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    apply(browse("manager"), put_in(scope, [new_machine("example98", "example"), edit_of(platform, disk=5_000)]))
    text = text_of(browse("manager").get(f"/c/10001/{MACHINE}/"))
    assert "1 more in plan “Plan 1”" in text
    assert "was not created" not in text


def test_a_plan_that_was_not_taken_does_not_say_that_nothing_was_sent(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    plan = put_in(scope, [edit_of(platform, disk=5_000)])
    assert "Nothing has been sent yet." in told(browse, plan)
    apply(browse("manager"), plan)
    text = told(browse, plan)
    assert "Rejected by the platform. Nothing was changed." in text
    assert "It can be edited and applied again." in text
    assert "Nothing has been sent yet." not in text


def test_what_stands_in_the_way_comes_first_however_large_the_plan(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    many = [new_machine(f"trial{nth}", "trial") for nth in range(100, 230)]
    last = new_machine("trial99", "trial")
    plan = put_in(scope, [*many, last])
    assert order(browse, plan)[0] == many[0].key
    outside(platform, scope, {"__type__": MACHINE, "name": last.key, **last.wanted})
    assert order(browse, plan)[:2] == [last.key, many[0].key]
    assert len(order(browse, plan)) == 100
    assert last.key not in order(browse, plan, "?page=2")


def order(browse: Browse, plan: Plan, query: str = "") -> list[str]:
    return [one.entry.key for one in browse("manager").get(page(plan) + query).context["told"].entries]


def test_who_removes_an_entry_goes_on_at_the_one_below_it(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    plan = put_in(scope, [new_machine(f"trial{nth}", "trial") for nth in range(100, 230)])
    client = browse("manager")
    body = client.get(f"{page(plan)}?page=2").content.decode()
    first, second = [one.entry.pk for one in client.get(f"{page(plan)}?page=2").context["told"].entries][:2]
    address = f"{page(plan)}-/remove?to={second}"
    assert f'formaction="{address}" name="entry" value="{first}"' in body
    assert f'name="next" value="{page(plan)}?page=2"' in body
    answer = client.post(address, {"entry": first, "next": f"{page(plan)}?page=2"})
    assert answer.headers["Location"] == f"{page(plan)}?page=2#entry-{second}"
    assert f'id="entry-{second}"' in client.get(answer.headers["Location"]).content.decode()
    assert client.post(f"{page(plan)}-/remove?to=x", {"entry": second}).headers["Location"] == f"{page(plan)}#changes"


def test_a_change_of_several_groups_is_not_said_to_be_of_one(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    apply(browse("manager"), put_in(scope, [grown(platform, "example"), grown(platform)]))
    assert "Change 1: 2 records Requested" in text_of(browse("manager").get("/c/10001/changes/1/"))
    apply(browse("manager"), put_in(scope, [grown(platform, nth=1), grown(platform, nth=2)]))
    assert "Change 2: 2 records of shop Requested" in text_of(browse("manager").get("/c/10001/changes/2/"))


def test_the_page_that_says_what_is_wrong_can_be_opened_again(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    plan = put_in(scope, [grown(platform)])
    answer = do(browse("manager"), plan, "schedule", at="2020-01-01T00:00")
    assert answer.status_code == 422
    assert browse("manager").get(answer.request["PATH_INFO"]).headers["Location"] == page(plan)


def test_a_name_does_not_turn_the_words_around_it(browse: Browse, scope: Scope) -> None:
    do(browse("manager"), begin(scope), "describe", name="Black\u202e Friday\u2066\x00", note="\u202dWhy")
    plan = Plan.objects.get()
    assert (plan.name, plan.note) == ("Black Friday", "Why")
