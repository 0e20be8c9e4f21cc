"""Many records at once: chosen in a list, seen on a page that says what can be done, and put into a plan."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.changes.models import Change
from portal.plans.models import MOST_ENTRIES, Entry, Plan
from tests.customer.conftest import Browse, part, text_of
from tests.inventory.platform import Platform
from tests.support.services import Sandbox

HOME = "/c/10001/"
LIST = f"{HOME}virtualmachine/"
MANY = f"{LIST}-/many"
GROUPS = f"{HOME}resourcegroup/-/many"
THREE = ["shop10", "shop11", "shop12"]  # 4, 2 and 5 cores


def entries() -> dict[str, Entry]:
    """What the one plan that there is would do, by record."""
    return {entry.key: entry for entry in Plan.objects.get().entries.all()}


def ask(client: Client, keys: list[str], do: str, path: str = MANY, **typed: object) -> Any:
    """The page of these, with that button pressed."""
    return client.post(path, {"keys": "\n".join(keys), "do": do, **typed})


def selected(response: Any) -> list[str]:
    """What the page says is chosen."""
    return [record.key for record in response.context["page"].chosen.records]


# --- choosing


def test_each_row_of_a_list_has_a_tick_for_who_may_change_the_type(browse: Browse) -> None:
    ticks = re.findall(r'<input type="checkbox" form="many" name="key" value="([^"]+)">', _body(browse("operator")))
    assert len(ticks) == 40
    assert "shop10" in ticks
    assert 'form="many"' not in _body(browse("viewer"))


@pytest.mark.parametrize(
    ("type_name", "is_there"), [("resourcegroup", True), ("permission", True), ("maintenance", False)]
)
def test_only_what_can_be_changed_is_chosen(browse: Browse, type_name: str, is_there: bool) -> None:
    body = browse("manager").get(f"{HOME}{type_name}/").content.decode()
    assert ('name="key"' in body) is is_there
    assert ('id="many"' in body) is is_there


def _body(client: Client) -> str:
    return str(client.get(LIST).content.decode())


def test_the_next_page_lists_what_was_chosen(browse: Browse) -> None:
    response = browse("operator").post(MANY, {"key": THREE})
    assert response.status_code == 200
    assert selected(response) == THREE
    shown = text_of(response)
    assert "Machines: 3 selected" in shown
    assert "shop (3)" in shown
    assert "Nothing is sent before you review and apply it." in shown
    assert not Plan.objects.exists()


def test_a_script_sends_what_was_chosen_as_one_text(browse: Browse) -> None:
    assert selected(browse("operator").post(MANY, {"keys": "shop12\r\nshop10"})) == ["shop10", "shop12"]


def test_all_that_match_are_those_of_the_list_on_all_its_pages(browse: Browse) -> None:
    client = browse("operator")
    listed = client.get(f"{LIST}?q=shop1&per_page=25").context["list"]
    response = client.post(MANY, {"all": "q=shop1&per_page=25"})
    assert selected(response) == [record.key for record in listed.all_matching]
    assert 'name="all"' in client.get(f"{LIST}?q=shop1").content.decode()
    assert "Select all 10 that match" in text_of(client.get(f"{LIST}?q=shop1"))
    keys = client.get(f"{LIST}-/keys?q=shop1&per_page=25")
    assert keys["Content-Type"].startswith("text/plain")
    assert keys.content.decode().split("\n") == selected(response)


def test_what_was_chosen_is_what_is_done_whatever_comes_to_match_meanwhile(browse: Browse) -> None:
    client = browse("operator")
    sent = client.post(MANY, {"all": "q=shop1"}).context["page"].chosen.keys
    assert selected(client.post(MANY, {"keys": sent})) == sent.split("\n")


def test_five_thousand_ticks_are_read_and_said_to_be_too_many_for_a_plan(
    browse: Browse, odd_platform: Platform
) -> None:
    _machines(odd_platform, 5_000)
    client = browse("operator")
    keys = "\n".join(f"shop{k:02d}" for k in range(5_000))
    response = client.post(MANY, {"keys": keys})
    assert response.status_code == 200
    assert len(selected(response)) == 5_000
    assert "A plan holds at most 1,000 changes" in text_of(response)
    refused = client.post(MANY, {"keys": keys, "do": "fields", "change": "cores", "cores": "2"})
    assert refused.status_code == 422
    assert "The plan would have 5000 changes; at most 1000 are possible." in text_of(refused)
    assert not Plan.objects.exists()


def test_a_thousand_machines_go_into_one_plan(browse: Browse, odd_platform: Platform) -> None:
    _machines(odd_platform, MOST_ENTRIES)
    client = browse("operator")
    response = client.post(MANY, {"all": "", "do": "fields", "change": "cores", "cores": "2"})
    assert response.status_code == 302
    assert Plan.objects.get().entries.count() == MOST_ENTRIES


def _machines(platform: Platform, count: int) -> None:
    groups = [{"name": "services", "parent": None}, {"name": "shop", "parent": "services", "production": True}]
    platform.records["services", "resourcegroup"] = groups
    machine = {"resource_group": "shop", "cores": 1, "memory": 256, "disk": 10, "classes": ["role::generic"]}
    platform.records["services", "virtualmachine"] = [{**machine, "name": f"shop{k:02d}"} for k in range(count)]


def test_nothing_chosen_is_said(browse: Browse) -> None:
    client = browse("operator")
    assert client.get(MANY).status_code == 200
    response = client.post(MANY)
    assert response.status_code == 422
    assert "Select rows in the list to change them together." in text_of(response)


# --- who may


def test_what_is_gone_meanwhile_is_left_out_and_said(browse: Browse) -> None:
    response = browse("operator").post(MANY, {"keys": "shop10\nshop98\nshop99"})
    assert selected(response) == ["shop10"]
    assert "2 selected entries no longer exist" in text_of(response)


def test_a_key_of_another_customer_or_group_is_as_one_that_nobody_has(browse: Browse) -> None:
    assert browse("operator").post(MANY, {"key": "acme00"}).status_code == 404
    assert browse("child").post(MANY, {"key": "shop10"}).status_code == 404
    response = ask(browse("child"), ["example00", "shop10", "acme00"], "fields", change="disk", disk="50")
    assert response.status_code == 302
    assert list(entries()) == ["example00"]


def test_who_may_only_look_is_refused(browse: Browse) -> None:
    assert browse("viewer").post(MANY, {"key": "shop10"}).status_code == 403
    assert browse("viewer").get(f"{LIST}-/keys").status_code == 403
    assert browse("operator").post(f"{HOME}maintenance/-/many", {"key": "x"}).status_code == 404


# --- changing fields


def test_a_field_that_is_ticked_is_changed_in_all_of_them_and_the_review_is_next(browse: Browse) -> None:
    response = ask(browse("operator"), THREE, "fields", change="disk", disk="100", cores="8")
    assert response["Location"] == f"{HOME}plans/1/"
    found = entries()
    assert list(found) == THREE
    assert [one.wanted for one in found.values()] == [{"disk": 100}] * 3
    assert [one.before["disk"] for one in found.values()] == [20, 10, 15]
    assert not Change.objects.exists()


def test_where_nothing_would_change_it_is_left_out_and_said(browse: Browse) -> None:
    client = browse("operator")
    response = client.get(ask(client, THREE, "fields", change="cores", cores="4")["Location"])
    assert list(entries()) == ["shop11", "shop12"]
    assert "2 changes added to “Plan 1”" in text_of(response)
    assert "Left out: shop10: already so: nothing would change." in text_of(response)
    alone = ask(client, ["shop10"], "fields", change="cores", cores="4")
    assert alone.status_code == 422
    assert "There is nothing to add to the plan." in text_of(alone)


def test_what_they_have_in_common_stands_in_the_fields(browse: Browse) -> None:
    form = browse("operator").post(MANY, {"key": THREE}).context["page"].form
    assert form.row("environment").value == "fc-22.05-production"
    assert form.row("disk").value == ""
    assert not form.ticked


def test_a_value_that_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(browse: Browse) -> None:
    response = ask(
        browse("operator"), THREE, "fields", change=["disk", "cores"], disk="5000", cores="8", names="shop77\nshop78"
    )
    assert response.status_code == 422
    form = response.context["page"].form
    assert "above the maximum" in form.row("disk").errors[0]
    assert (form.row("disk").value, form.row("cores").value, form.ticked) == ("5000", "8", {"disk", "cores"})
    assert "shop77\nshop78" in response.content.decode()
    assert selected(response) == THREE
    assert 'class="field-error" id="' not in response.content.decode(), "nothing is said elsewhere on the page"
    assert not Plan.objects.exists()


def test_what_is_not_ticked_may_say_anything(browse: Browse) -> None:
    assert ask(browse("operator"), THREE, "fields", change="cores", cores="3", disk="ten").status_code == 302


def test_no_field_ticked_is_said(browse: Browse) -> None:
    response = ask(browse("operator"), THREE, "fields", cores="3")
    assert response.status_code == 422
    assert "Select at least one field to change." in text_of(response)


def test_the_environment_is_asked_for_only_where_all_are_of_one_class(browse: Browse, odd_platform: Platform) -> None:
    _machines(odd_platform, 2)
    one, other = odd_platform.records["services", "virtualmachine"]
    one["environment_class"] = "NixOS"
    other |= {"environment_class": "Puppet", "environment": "staging"}
    client = browse("operator")
    both = client.post(MANY, {"key": ["shop00", "shop01"]}).context["page"].form
    assert "environment" not in both.fields
    puppet = client.post(MANY, {"key": "shop01"}).context["page"].form
    assert [option.value for option in puppet.row("environment").options] == ["production", "staging"]


def test_roles_are_added_and_taken_away_each_machine_keeping_its_others(browse: Browse) -> None:
    keys = ["shop01", "shop02", "shop10"]
    typed = {"classes-add": ["role::docker"], "classes-remove": ["role::redis", "role::appserver"]}
    ask(browse("operator"), keys, "fields", change=["classes-add", "classes-remove"], **typed)
    generic = ["role::generic", "role::backupclient"]
    assert {key: entry.wanted["classes"] for key, entry in entries().items()} == {
        "shop01": [*generic, "role::postgresql", "role::docker"],
        "shop02": [*generic, "role::rabbitmq", "role::docker"],
        "shop10": [*generic, "role::docker"],
    }


def test_a_role_that_always_stays_is_not_taken_away(browse: Browse) -> None:
    response = ask(
        browse("operator"), THREE, "fields", change="classes-remove", **{"classes-remove": ["role::generic"]}
    )
    assert response.status_code == 422
    assert "already so: nothing would change" in text_of(response)


def test_groups_get_one_window_and_contacts_are_added_to_those_that_they_have(browse: Browse) -> None:
    typed = {"maintenance_start": "1", "technical_contacts-add": "new@example.com"}
    ask(browse("operator"), ["shop", "trial"], "fields", GROUPS, change=list(typed), **typed)
    for entry in entries().values():
        assert entry.wanted["maintenance_start"] == 1
        assert entry.wanted["technical_contacts"] == ["ops@example.com", "alice@example.com", "new@example.com"]


# --- actions


def test_only_those_are_shut_down_that_are_on(browse: Browse) -> None:
    client = browse("operator")
    keys = ["example00", "example11"]
    shown = client.post(MANY, {"key": keys})
    assert {offer.name: offer.count for offer in shown.context["page"].offers} == {
        "power Shut down": 1,
        "power Start": 1,
    }
    response = client.get(ask(client, keys, "power Shut down")["Location"])
    assert {key: entry.wanted for key, entry in entries().items()} == {"example00": {"online": False}}
    assert "Left out: example11: not possible in the present state." in text_of(response)


def test_deletions_are_cancelled_together(browse: Browse) -> None:
    ask(browse("operator"), ["shop15", "shop16", "shop10"], "keep Cancel deletion")
    assert {key: (entry.action, entry.wanted) for key, entry in entries().items()} == {
        "shop15": ("set", {}),
        "shop16": ("set", {}),
    }


def test_an_action_that_none_of_them_has_is_not_done(browse: Browse) -> None:
    response = ask(browse("operator"), THREE, "explode")
    assert response.status_code == 422
    assert "That is not possible now." in text_of(response)


def test_groups_go_into_maintenance_mode_until_a_time(browse: Browse) -> None:
    client = browse("operator")
    assert ask(client, ["shop", "trial"], "until", GROUPS, until="2001-01-01T10:00").status_code == 422
    until = timezone.localtime().replace(microsecond=0, second=0) + timedelta(days=1)
    ask(client, ["shop", "trial"], "until", GROUPS, until=until.strftime("%Y-%m-%dT%H:%M"))
    moments = {entry.wanted["maintenance_until"] for entry in entries().values()}
    assert len(moments) == 1
    assert until.strftime("%Y-%m-%dT") in moments.pop()


# --- deleting


def test_machines_are_deleted_on_one_day(browse: Browse) -> None:
    client = browse("operator")
    early = ask(client, THREE, "delete", day="2001-01-01")
    assert early.status_code == 422
    assert "The earliest day is tomorrow" in text_of(early)
    assert 'value="2001-01-01"' in early.content.decode()
    ask(client, [*THREE, "shop15"], "delete", day="2026-12-06")  # shop15 goes on that day already
    assert {key: (entry.action, entry.wanted) for key, entry in entries().items()} == {
        key: ("delete", {"deadline": "2026-12-06"}) for key in THREE
    }


def test_the_group_of_the_key_is_left_out_of_deletions(browse: Browse) -> None:
    client = browse("manager")
    response = client.get(ask(client, ["services", "trial"], "delete", GROUPS)["Location"])
    assert list(entries()) == ["trial"]
    assert "Left out: services: the topmost group that your API key reaches" in text_of(response)


def test_permissions_are_revoked_and_service_users_deleted_at_once(browse: Browse) -> None:
    client = browse("manager")
    ask(client, ["shop/dave/login"], "delete", f"{HOME}permission/-/many")
    ask(client, ["shop/s-shop"], "delete", f"{HOME}serviceuser/-/many")
    assert {entry.type_name: (entry.action, entry.wanted) for entry in entries().values()} == {
        "permission": ("delete", {}),
        "serviceuser": ("delete", {}),
    }


# --- permissions


USERS = f"{HOME}serviceuser/-/many"


def grants() -> dict[str, tuple[str, bool]]:
    return {key: (entry.action, entry.creates) for key, entry in entries().items()}


def test_people_get_permissions_in_each_of_the_groups(browse: Browse) -> None:
    client = browse("manager")
    assert "Add grants to plan" in text_of(client.post(GROUPS, {"key": ["shop", "trial"]}))
    response = ask(client, ["shop", "trial"], "grant", GROUPS, uids="nina s-shop", permission=["login", "stats"])
    assert response["Location"] == f"{HOME}plans/1/"
    people = [f"{group}/{uid}" for group in ("shop", "trial") for uid in ("nina", "s-shop")]
    assert grants() == {f"{who}/{what}": ("set", True) for who in people for what in ("login", "stats")}
    assert {entry.group for entry in entries().values()} == {"shop", "trial"}
    assert not Change.objects.exists()


def test_service_users_get_them_each_in_its_own_group(browse: Browse) -> None:
    client = browse("manager")
    assert 'name="uids"' not in client.post(USERS, {"key": "shop/s-shop"}).content.decode()
    ask(client, ["shop/s-shop", "services/s-services"], "grant", USERS, permission="login", uids="nina")
    assert grants() == {"services/s-services/login": ("set", True), "shop/s-shop/login": ("set", True)}


def test_what_they_have_already_is_left_out_and_said(browse: Browse) -> None:
    client = browse("manager")
    answer = ask(client, ["shop", "trial"], "grant", GROUPS, uids="dave", permission="login")
    assert list(grants()) == ["trial/dave/login"]
    assert "Left out: shop/dave/login: already so" in text_of(client.get(answer["Location"]))


def test_permissions_are_revoked_where_they_were_granted(browse: Browse) -> None:
    client = browse("manager")
    answer = ask(client, ["services", "shop", "trial"], "revoke", GROUPS, uids="alice dave", permission="login")
    assert grants() == {"services/alice/login": ("delete", False), "shop/dave/login": ("delete", False)}
    said = text_of(client.get(answer["Location"]))
    assert "trial/alice/login: inherited: it can be revoked in the group where it was granted" in said
    assert "services/dave/login, trial/dave/login: already so" in said


def test_it_is_said_what_a_grant_takes_of_what_is_inherited(browse: Browse) -> None:
    client = browse("manager")
    answer = ask(client, ["trial"], "grant", GROUPS, uids="alice", permission="stats")
    said = text_of(client.get(answer["Location"]))
    assert "Permissions set here replace inherited ones: trial/alice/login" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"uids": "nina"}, "Select at least one permission."),
        ({"permission": "login"}, "Enter at least one login name."),
        ({"uids": "nina Näh", "permission": "login"}, "“Näh”: "),
        ({"uids": " ".join(f"u{n}" for n in range(501)), "permission": "login"}, "These are 1002 permissions; at most"),
        ({"uids": "nina", "permission": "root"}, "Select at least one permission."),
    ],
)
def test_what_cannot_be_granted_is_said_and_nothing_typed_is_lost(
    browse: Browse, typed: dict[str, str], said: str
) -> None:
    for do in ("grant", "revoke"):
        response = ask(browse("manager"), ["shop", "trial"], do, GROUPS, **typed)
        assert response.status_code == 422
        assert said in text_of(response)
        page = response.context["page"]
        assert page.uids_typed == typed.get("uids", "")
        assert [name for name, _meaning, ticked in page.permissions if ticked] == [
            name for name in [typed.get("permission")] if name == "login"
        ]
    assert not Plan.objects.exists()


def test_who_may_not_grant_is_not_offered_it(browse: Browse) -> None:
    client = browse("operator")
    assert 'id="many-permissions"' not in client.post(GROUPS, {"key": "shop"}).content.decode()
    assert ask(client, ["shop"], "grant", GROUPS, uids="nina", permission="login").status_code == 422
    assert 'id="many-permissions"' not in browse("manager").post(MANY, {"key": "shop10"}).content.decode()
    assert not Plan.objects.exists()


# --- copies


def test_copies_get_the_next_free_names_and_what_may_be_copied(browse: Browse) -> None:
    client = browse("operator")
    names = client.get(f"{MANY}?key=shop00").context["page"].names_typed
    assert names == "shop04"
    ask(client, ["shop00"], "clone", names=names)
    copy = entries()["shop04"]
    assert copy.creates
    assert {name: copy.wanted[name] for name in ("name", "resource_group", "cores", "disk", "environment")} == {
        "name": "shop04",
        "resource_group": "shop",
        "cores": 2,
        "disk": 10,
        "environment": "fc-22.05-production",
    }
    assert "frontend_ips_v4" not in copy.wanted
    assert client.get(f"{MANY}?key=shop00").context["page"].names_typed == "shop05", "what is planned is taken"


def test_further_names_make_further_copies(browse: Browse) -> None:
    ask(browse("operator"), ["shop00", "shop01"], "clone", names="shop20\nshop21\nshop22\n")
    assert {key: entry.wanted["disk"] for key, entry in entries().items()} == {
        "shop20": 10,
        "shop21": 120,
        "shop22": 10,
    }


def test_a_name_that_cannot_be_is_said(browse: Browse) -> None:
    client = browse("operator")
    few = ask(client, ["shop00", "shop01"], "clone", names="shop20")
    assert few.status_code == 422
    assert "One name is not enough for 2 copies." in text_of(few)
    wrong = ask(client, ["shop00", "shop01"], "clone", names="shop01\nother7")
    assert "shop01: This name already exists." in text_of(wrong)
    assert "other7: A machine of group shop is named shop and a number" in text_of(wrong)
    assert not Plan.objects.exists()


def test_a_machines_page_and_row_lead_to_its_copy(browse: Browse) -> None:
    link = f'href="{MANY}?key=shop00#many-copies"'
    client = browse("operator")
    assert link in client.get(f"{LIST}shop00/").content.decode()
    assert link in part(client, f"{LIST}shop00/-/menu").content.decode()
    assert "many-copies" not in client.get(f"{HOME}resourcegroup/shop/").content.decode()


# --- into which plan


def test_it_goes_into_the_persons_plan(browse: Browse, platform: Sandbox) -> None:
    client = browse("operator")
    ask(client, ["shop10"], "fields", change="cores", cores="8")
    ask(client, ["shop11"], "fields", change="cores", cores="8")
    assert list(entries()) == ["shop10", "shop11"]
    assert platform.calls("apply") == 0


@pytest.mark.parametrize(
    ("do", "typed", "place", "text"),
    [
        ("clone", {"names": "shop10\nshop98\nshop99"}, "clone", "shop10: "),
        ("delete", {"day": "2020-01-01"}, "delete", "The earliest day is tomorrow"),
        ("fields", {}, "fields", "Select at least one field to change."),
        ("nonsense", {}, "act", "That is not possible now."),
    ],
)
def test_what_is_wrong_is_said_at_the_top_too_and_leads_to_its_place(
    browse: Browse, do: str, typed: dict[str, str], place: str, text: str
) -> None:
    response = ask(browse("operator"), THREE, do, **typed)
    assert response.status_code == 422
    body = response.content.decode()
    assert text in body.partition("Not added yet. Please check:")[2].partition("</ul>")[0]
    assert f'href="#{place}-error"' in body
    assert f'id="{place}-error"' in body
