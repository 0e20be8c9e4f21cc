"""Creating and editing: what is asked, what is sent, what is said where it does not fit; what is typed is kept."""

import re
from typing import Any

import pytest
from django.test import Client

from portal.changes.models import Change, State
from portal.changes.reads import pending as under_way
from portal.customer.resources.form_choices import wrong_key
from portal.resources.types import TYPES
from tests.customer.asking import filled, save, values_of
from tests.customer.conftest import Browse, text_of
from tests.inventory.platform import Platform
from tests.support.services import Sandbox

HOME = "/c/10001/"
EDIT = f"{HOME}virtualmachine/shop00/-/edit"
NEW = f"{HOME}virtualmachine/-/new"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
ODD = (
    "",
    " ",
    "x" * 100_000,
    "1" * 400,
    "-1",
    "1e9",
    "NaN",
    "Ольга 名前 🙂",
    "a\x00b\x1b\x7f",
    "\u202eabc",
    "\ud800",
    "[]",
)
FORMS = {
    "virtualmachine/-/new?resource_group=shop": {},
    "resourcegroup/-/new": {"name": "fresh"},
    "serviceuser/-/new?resource_group=shop": {"uid": "s-fresh"},
    "permission/-/new?resource_group=shop": {"uid": "nora", "permission": "login"},
    "virtualmachine/shop00/-/edit": {},
    "resourcegroup/shop/-/edit": {},
    "serviceuser/shop/s-deploy/-/edit": {},
}


def only_change() -> Change:
    return Change.objects.get()


def only_item() -> Any:
    return only_change().items.get()


def preview(client: Client, path: str, **typed: object) -> Any:
    return client.post(path, filled(values_of(client.get(path)), preview="1", **typed), headers=PART)


# --- what is sent


def test_of_a_record_only_what_differs_is_sent(browse: Browse) -> None:
    response = save(browse("operator"), EDIT, service_description="Front door")
    assert response.status_code == 302
    assert response["Location"] == f"{HOME}virtualmachine/shop00/"
    assert only_item().wanted == {"service_description": "Front door"}


def test_saving_nothing_sends_nothing(browse: Browse) -> None:
    response = save(browse("operator"), EDIT)
    assert response.status_code == 200
    assert not Change.objects.exists()


def test_the_person_is_back_where_they_came_from(browse: Browse) -> None:
    back = f"{HOME}virtualmachine/?state=ready"
    client = browse("operator")
    values = values_of(client.get(EDIT, {"next": back}))
    assert client.post(EDIT, filled(values, service_description="x"))["Location"] == back


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"])
def test_nobody_is_led_away(browse: Browse, back: str) -> None:
    response = save(browse("operator"), EDIT, service_description="x", next=back)
    assert response["Location"] == f"{HOME}virtualmachine/shop00/"


def test_pressed_twice_is_one_change_and_changed_once_more_another(browse: Browse) -> None:
    client = browse("operator")
    values = values_of(client.get(EDIT))
    for text in ("once", "once", "more"):
        assert client.post(EDIT, filled(values, service_description=text)).status_code == 302
    assert [change.items.get().wanted for change in Change.objects.order_by("number")] == [
        {"service_description": "once"},
        {"service_description": "more"},
    ]


def test_what_is_wanted_stands_beside_what_is(browse: Browse) -> None:
    client = browse("operator")
    save(client, EDIT, cores="3")
    for path in ("virtualmachine/shop00/", "virtualmachine/?q=shop00"):
        assert "Change: Queued" in text_of(client.get(f"{HOME}{path}"))


# --- what is offered


def test_the_next_free_name_of_the_group_is_suggested(browse: Browse) -> None:
    client = browse("operator")
    (name,) = values_of(client.get(f"{NEW}?resource_group=trial"))["name"]
    assert name.startswith("trial")
    save(client, f"{NEW}?resource_group=trial")
    assert only_item().key == name
    (following,) = values_of(client.get(f"{NEW}?resource_group=trial"))["name"]
    assert following != name


def test_choosing_another_group_moves_an_untouched_suggestion_only(browse: Browse) -> None:
    client = browse("operator")
    path = f"{NEW}?resource_group=trial"
    assert 'value="shop' in preview(client, path, resource_group="shop").content.decode()
    assert 'value="shop' not in preview(client, path, resource_group="shop", name="mine00").content.decode()


def test_a_limited_person_is_offered_their_groups_and_held_to_them(browse: Browse) -> None:
    client = browse("child")
    response = client.get(NEW)
    offered = response.context["form"].row("resource_group").options
    assert {option.value for option in offered} - {""} == {"example", "example-lab"}
    refused = save(client, f"{NEW}?resource_group=example", resource_group="shop", name="shop50")
    assert refused.status_code == 422
    assert not Change.objects.exists()


def test_vm_06_a_role_that_always_stays_is_not_told_to_go(browse: Browse) -> None:
    client = browse("operator")
    (roles,) = [value for name, value in values_of(client.get(EDIT)).items() if name == "classes"]
    left = [role for role in roles if role and role != "role::generic"]
    shown = text_of(preview(client, EDIT, classes=left))
    assert "The role generic always stays" in shown
    assert "No changes yet." in shown
    assert "The role generic always stays" in text_of(save(client, EDIT, classes=left))
    assert not Change.objects.exists()
    save(client, EDIT, classes=[*left, "role::redis"])
    assert only_item().wanted == {"classes": ["role::generic", *left, "role::redis"]}


def test_vm_08_an_old_machine_is_offered_what_suits_it(browse: Browse, odd_platform: Platform) -> None:
    odd_platform.records["services", "resourcegroup"] = [{"name": "services", "parent": ""}]
    puppet = {"environment_class": "Puppet", "environment": "production"}
    odd_platform.records["services", "virtualmachine"] = [
        {"name": "services00", "resource_group": "services", "location": "rzob", **puppet}
    ]
    client = browse("operator")
    path = f"{HOME}virtualmachine/services00/-/edit"
    options = client.get(path).context["form"].row("environment").options
    assert [option.value for option in options] == ["production", "staging"]
    save(client, path, environment="staging")
    assert only_item().wanted == {"environment": "staging"}


def test_vm_07_the_environments_follow_the_class_that_is_chosen_for_a_new_machine(browse: Browse) -> None:
    client = browse("operator")
    path = f"{NEW}?resource_group=shop"
    shown = preview(client, path, environment_class="Puppet")
    row = shown.content.decode().partition('id="id_environment-row"')[2].partition("</select>")[0]
    assert re.findall(r'<option value="([^"]*)"( selected)?', row) == [("production", " selected"), ("staging", "")]
    assert "need attention" not in text_of(shown)
    assert "id_environment-row" not in preview(client, path, cores="2").content.decode()


def test_vm_07_a_class_is_sent_with_an_environment_that_suits_it_or_not_at_all(browse: Browse) -> None:
    client = browse("operator")
    path = f"{NEW}?resource_group=shop"
    refused = save(client, path, environment_class="Puppet", service_description="Legacy")
    assert refused.status_code == 422
    form = refused.context["form"]
    assert form.row("environment").errors
    assert form.row("service_description").value == "Legacy"
    assert not Change.objects.exists()
    sent = filled(values_of(refused), environment="staging")
    assert client.post(path, sent).status_code == 302
    wanted = only_item().wanted
    assert (wanted["environment_class"], wanted["environment"]) == ("Puppet", "staging")


def test_vm_07_the_class_is_not_asked_of_a_machine_that_there_is(browse: Browse) -> None:
    client = browse("operator")
    assert "environment_class" not in values_of(client.get(EDIT))
    save(client, EDIT, environment_class="Puppet", service_description="Legacy")
    assert only_item().wanted == {"service_description": "Legacy"}


@pytest.mark.parametrize("parent", ["", "company"])
def test_rg_12_the_keys_own_group_is_edited_without_being_moved_whether_or_not_it_has_a_parent(
    browse: Browse, odd_platform: Platform, parent: str
) -> None:
    odd_platform.records["services", "resourcegroup"] = [
        {"name": "services", "parent": parent},
        {"name": "shop", "parent": "services"},
        {"name": "example", "parent": "services"},
    ]
    client = browse("operator")
    path = f"{HOME}resourcegroup/services/-/edit"
    assert "parent" not in values_of(client.get(path))
    save(client, path, production="false", parent="shop")
    assert only_item().wanted == {"production": False}
    options = client.get(f"{HOME}resourcegroup/shop/-/edit").context["form"].row("parent").options
    assert {option.value for option in options} == {"services", "example"}


def test_a_limited_person_edits_the_group_that_their_world_begins_with(browse: Browse) -> None:
    client = browse("child")
    path = f"{HOME}resourcegroup/example/-/edit"
    assert "parent" not in values_of(client.get(path))
    save(client, path, timezone="Asia/Tokyo")
    assert only_item().wanted == {"timezone": "Asia/Tokyo"}


def test_what_will_happen_follows_what_is_typed(browse: Browse) -> None:
    response = preview(browse("operator"), EDIT, cores="7")
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert "One field changes" in text_of(response)
    assert not Change.objects.exists()


def test_without_scripts_the_same_is_worked_out_on_a_page(browse: Browse) -> None:
    client = browse("operator")
    response = client.post(EDIT, filled(values_of(client.get(EDIT)), cores="7", preview="1"))
    assert "<html" in response.content.decode()
    assert "One field changes" in text_of(response)
    assert values_of(response)["cores"] == ["7"]
    assert not Change.objects.exists()


# --- what does not fit


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("memory", "99999", "3072"), ("memory", "lots", "lots"), ("disk", "1", "10"), ("cores", "99", "99")],
)
def test_what_does_not_fit_is_said_beside_the_field_and_above_all(
    browse: Browse, field: str, value: str, said: str
) -> None:
    response = save(browse("operator"), EDIT, **{field: value})
    assert response.status_code == 422
    (problem,) = response.context["form"].problems
    assert problem[0] == f"id_{field}"
    assert said in problem[2]
    page = response.content.decode()
    assert f'id="id_{field}-errors"' in page
    assert f'href="#id_{field}"' in page
    assert value in page
    assert not Change.objects.exists()


def test_a_name_that_is_taken_or_not_after_its_group_is_refused(browse: Browse) -> None:
    client = browse("operator")
    for name in ("shop00", "elsewhere", "shop"):
        response = save(client, f"{NEW}?resource_group=shop", name=name)
        assert response.status_code == 422
        assert response.context["form"].row("name").errors
    assert not Change.objects.exists()


@pytest.mark.parametrize("path", FORMS)
def test_every_field_takes_anything_without_breaking(browse: Browse, path: str) -> None:
    client = browse("manager")
    values = filled(values_of(client.get(f"{HOME}{path}")), **FORMS[path])
    resource_type = TYPES[path.split("/")[0]]
    fields = resource_type.settable_fields(creating="/new" in path)
    for field in fields:
        for text in ODD:
            typed = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
            response = client.post(f"{HOME}{path}", filled(values, preview="1", **{field.name: typed}), headers=PART)
            assert response.status_code == 200, (field.name, text[:20])
        response = client.post(f"{HOME}{path}", filled(values, **{field.name: "a\x00b"}))
        assert response.status_code in (200, 302, 422), field.name
    assert not any("\x00" in str(item.wanted) for change in Change.objects.all() for item in change.items.all())


@pytest.mark.parametrize("path", FORMS)
def test_whatever_is_saved_is_taken_or_said_beside_the_field(browse: Browse, path: str) -> None:
    client = browse("manager")
    values = filled(values_of(client.get(f"{HOME}{path}")), **FORMS[path])
    fields = TYPES[path.split("/")[0]].settable_fields(creating="/new" in path)
    for text in ("", "x" * 10_000, "-1", "1e3", "Ольга 🙂" * 1_000, "a\x00b", "\u202eabc"):
        response = client.post(f"{HOME}{path}", filled(values, **{field.name: [text, text] for field in fields}))
        assert response.status_code in (302, 422), text[:20]
        page = response.content.decode()
        assert response.status_code == 302 or 'aria-invalid="true"' in page or "notice-danger problems" in page, text[
            :20
        ]


def test_a_form_opened_too_long_ago_or_elsewhere_is_shown_again_filled(browse: Browse) -> None:
    client = browse("operator")
    values = values_of(client.get(EDIT))
    elsewhere = values_of(client.get(f"{HOME}virtualmachine/shop01/-/edit"))["opened"]
    for opened in (None, "", "junk", "x" * 100_000, elsewhere):
        response = client.post(EDIT, filled(values, service_description="kept", opened=opened))
        assert response.status_code in (200, 422)
        assert values_of(response)["service_description"] == ["kept"]
    assert not Change.objects.exists()


def test_a_field_nobody_asked_for_is_not_sent(browse: Browse) -> None:
    save(browse("operator"), EDIT, service_description="x", name="other", online="false", resource_group="old")
    assert only_item().wanted == {"service_description": "x"}
    assert only_item().key == "shop00"


# --- who may


@pytest.mark.parametrize("path", [EDIT, NEW, f"{HOME}virtualmachine/shop00/-/delete"])
def test_who_may_not_change_is_refused_and_strangers_find_nothing(browse: Browse, path: str) -> None:
    for name in ("viewer", "billing"):
        assert browse(name).get(path).status_code == 403
        assert browse(name).post(path, {"service_description": "x"}).status_code == 403
    for name in ("outsider", "staff"):
        assert browse(name).post(path, {"service_description": "x"}).status_code == 404
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "invoice/-/new",
        "maintenance/-/new",
        "nothing/-/new",
        "permission/shop/x/login/-/edit",
        "virtualmachine/nowhere/-/edit",
        "virtualmachine/%00/-/edit",
        f"virtualmachine/{'x' * 2000}/-/edit",
    ],
)
def test_what_cannot_be_is_not_found(browse: Browse, path: str) -> None:
    assert browse("manager").get(f"{HOME}{path}").status_code == 404
    assert browse("manager").post(f"{HOME}{path}", {"name": "x"}).status_code == 404


# --- the platform's part


def test_what_the_platform_refused_opens_again_with_its_words_at_the_field(browse: Browse) -> None:
    client = browse("operator")
    save(client, EDIT, memory="2048", service_description="Front door")
    text = "virtualmachine shop00: memory: no more than 1024 in this contract"
    Change.objects.update(state=State.REJECTED, answer={"kind": "fault", "text": text, "field": "memory"})
    response = client.get(f"{EDIT}?again={only_change().number}")
    assert values_of(response)["memory"] == ["2048"]
    assert values_of(response)["service_description"] == ["Front door"]
    assert response.context["form"].row("memory").errors == ("no more than 1024 in this contract",)


@pytest.mark.parametrize("number", ["0", "999999", "x", "-1", "1" * 50, "٣"])
def test_asking_again_for_a_change_that_is_not_there_opens_the_form_as_it_is(browse: Browse, number: str) -> None:
    response = browse("operator").get(EDIT, {"again": number})
    assert response.status_code == 200
    assert not response.context["form"].problems


def test_a_silent_platform_keeps_nobody_from_saving_what_is_known(browse: Browse, platform: Sandbox) -> None:
    client = browse("operator")
    values = values_of(client.get(EDIT))
    platform.stop()
    assert client.post(EDIT, filled(values, service_description="meanwhile")).status_code == 302
    assert only_item().wanted == {"service_description": "meanwhile"}
    assert only_change().state == State.QUEUED


def test_where_nothing_is_known_what_was_typed_is_shown_and_nothing_sent(browse: Browse, platform: Sandbox) -> None:
    platform.stop()
    response = browse("operator").post(EDIT, {"service_description": "typed before"})
    assert response.status_code == 503
    assert "typed before" in text_of(response)
    assert "Nothing was sent" in text_of(response)
    assert not Change.objects.exists()


def test_asking_again_for_a_change_of_something_else_opens_the_form_as_it_is(browse: Browse) -> None:
    client = browse("operator")
    save(client, EDIT, service_description="Front door")
    response = client.get(f"{HOME}virtualmachine/shop01/-/edit", {"again": only_change().number})
    assert values_of(response)["service_description"] != ["Front door"]


def test_a_record_without_a_key_has_no_wrong_one(browse: Browse, scope_of: Any) -> None:
    scope = scope_of("operator")
    assert wrong_key(scope, TYPES["serviceuser"], {"uid": "s-fresh"}, under_way.pending_of(scope)) is None
