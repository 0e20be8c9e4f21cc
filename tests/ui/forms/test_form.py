"""What a form made from a resource type asks, says and sends."""

from datetime import date
from typing import Any

import pytest
from django.http import QueryDict

from portal.resources.spec import Context, Effect, Record, Values
from portal.resources.times import parse_moment
from portal.resources.types import RESOURCE_GROUP, SERVICE_USER, VIRTUAL_MACHINE
from portal.resources.windows import next_window
from portal.ui.forms.effects import in_words
from portal.ui.forms.form import Offers, Opened, ResourceForm, follow, group_choices, place_fault

NOW = parse_moment("2026-11-24T09:00:00+01:00")
GROUPS = Offers(choices={"resource_group": group_choices([("services", 0), ("shop", 1)])})


def machine(**values: Any) -> Values:
    return {field.name: field.default for field in VIRTUAL_MACHINE.fields} | {"name": "shop13"} | values


def edit(values: Values, **fields: Any) -> ResourceForm:
    return ResourceForm(VIRTUAL_MACHINE, seen=values, data=sent(**fields))


def sent(**fields: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def errors(form: ResourceForm, name: str) -> str:
    return " ".join(form.row(name).errors)


def test_limits_and_defaults_are_said_before_typing() -> None:
    form = ResourceForm(VIRTUAL_MACHINE)
    assert form.row("memory").hint == "256–3072 MiB · default 256"
    assert form.row("cores").hint == "1–8 · default 1"
    assert ResourceForm(VIRTUAL_MACHINE, seen=machine()).row("disk").hint == "10–1000 GiB"


def test_only_what_may_be_set_at_creation_is_asked_then() -> None:
    new = {spec.name for spec in ResourceForm(VIRTUAL_MACHINE).specs}
    later = {spec.name for spec in ResourceForm(VIRTUAL_MACHINE, seen=machine()).specs}
    assert new - later == {"resource_group", "name", "rbd_pool", "location", "environment_class"}


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("cores", "9", ["9", "8", "support"]),  # vm_09
        ("memory", "64", ["64", "256", "3072"]),  # vm_10
        ("disk", "1001", ["1001", "1000", "support"]),  # vm_11
        ("frontend_ips_v4", "4", ["4", "0–3"]),  # vm_14
        ("memory", "much", ["“much”", "whole number", "256–3072 MiB"]),
    ],
)
def test_an_error_names_the_value_the_limit_and_the_way_out(field: str, text: str, words: list[str]) -> None:
    form = edit(machine(), **{field: text})
    assert not form.is_valid()
    for word in words:
        assert word in errors(form, field)


def test_raised_limits_are_settings(settings: Any) -> None:
    settings.RESOURCE_LIMITS = {"cores": (1, 16)}
    form = edit(machine(), cores="12")
    assert form.is_valid()
    assert form.wanted() == {"cores": 12}


def test_a_value_beyond_the_limits_stays_as_long_as_nobody_touches_it() -> None:
    big = machine(cores=12, memory=8192, environment="fc-30.11-special", backy_schedule="hourly")
    form = edit(big, cores="12", memory="8192", environment="fc-30.11-special", backy_schedule="hourly", disk="20")
    assert form.is_valid()
    assert form.wanted() == {"disk": 20}
    assert "12" in [option.value for option in form.row("cores").options]
    assert not edit(big, cores="11").is_valid()


def test_roles_that_nobody_knows_are_kept_and_free_ones_can_be_added() -> None:
    present = machine(classes=["role::generic", "role::secret"])
    form = edit(present, classes=["role::generic", "role::secret\nrole::mine"])
    assert form.is_valid()
    assert form.wanted() == {"classes": ["role::generic", "role::secret", "role::mine"]}
    row = ResourceForm(VIRTUAL_MACHINE, seen=present).row("classes")
    assert row.control == "checks"
    assert row.value == "role::secret"


def test_vm_08_a_machine_is_offered_the_environments_of_its_class_and_no_other() -> None:
    others = {"environment_class": "Puppet"}
    data = sent(environment="staging")
    form = ResourceForm(VIRTUAL_MACHINE, seen=machine(environment="production"), others=others, data=data)
    assert [option.value for option in form.row("environment").options] == ["production", "staging"]
    assert form.is_valid()
    assert form.wanted() == {"environment": "staging"}
    data = sent(environment="fc-22.05-production")
    form = ResourceForm(VIRTUAL_MACHINE, seen=machine(environment="production"), others=others, data=data)
    assert "production, staging" in errors(form, "environment")


@pytest.mark.parametrize(
    ("kind", "environment", "wrong"),
    [
        ("NixOS", "fc-21.11-staging", ""),
        ("Puppet", "staging", ""),
        ("Puppet", "fc-21.11-staging", "production, staging"),
        ("NixOS", "staging", "not available"),
    ],
)
def test_vm_07_vm_08_the_environments_of_a_new_machine_go_by_the_class_that_is_typed(
    kind: str, environment: str, wrong: str
) -> None:
    data = sent(resource_group="shop", name="shop14", location="rzob", environment_class=kind, environment=environment)
    form = ResourceForm(VIRTUAL_MACHINE, offers=GROUPS, data=data)
    assert form.is_valid() is (wrong == "")
    assert wrong in errors(form, "environment")
    assert [option.value for option in form.row("environment").options if option.chosen] == [environment]
    if not wrong:
        assert {name: form.wanted()[name] for name in ("environment_class", "environment")} == {
            "environment_class": kind,
            "environment": environment,
        }


def test_vm_07_a_refused_creation_of_a_puppet_machine_opens_with_the_environments_of_puppet() -> None:
    filled = {"environment_class": "Puppet", "environment": "staging"}
    options = ResourceForm(VIRTUAL_MACHINE, offers=GROUPS, filled=filled).row("environment").options
    assert [(option.value, option.chosen) for option in options] == [("production", False), ("staging", True)]


def test_vm_07_an_environment_that_is_left_out_is_that_of_the_class() -> None:
    data = sent(resource_group="shop", name="shop14", location="rzob", environment_class="Puppet")
    form = ResourceForm(VIRTUAL_MACHINE, offers=GROUPS, data=data)
    assert form.is_valid()
    assert form.wanted()["environment"] == "production"


def test_vm_07_the_class_of_a_machine_that_there_is_cannot_be_typed() -> None:
    form = edit(machine(), environment_class="Puppet", environment="staging")
    assert not form.is_valid()
    assert form.row("environment").beside == ""


@pytest.mark.parametrize(
    ("drawn", "kind", "typed", "followed"),
    [
        ("NixOS", "Puppet", "fc-22.05-production", "production"),  # as it stood
        ("Puppet", "NixOS", "production", "fc-22.05-production"),
        ("NixOS", "Puppet", "fc-21.11-staging", "fc-21.11-staging"),  # chosen by the person: theirs to change
        ("NixOS", "NixOS", "fc-22.05-production", "fc-22.05-production"),
        ("NixOS", "Gentoo", "fc-22.05-production", "fc-22.05-production"),
    ],
)
def test_an_environment_that_nobody_chose_follows_the_class(drawn: str, kind: str, typed: str, followed: str) -> None:
    fields = {"environment_class": kind, "environment": typed, "environment-beside": drawn}
    data = follow(VIRTUAL_MACHINE, sent(**fields))
    assert data["environment"] == followed
    assert (data["environment_class"], data["environment-beside"]) == (kind, drawn)
    redrawn = ResourceForm(VIRTUAL_MACHINE, offers=GROUPS, data=data).redrawn()
    assert [row.name for row in redrawn] == (["environment"] if drawn != kind else [])


def test_outdated_environments_are_marked_and_puppet_is_not_offered() -> None:
    options = {option.value: option for option in ResourceForm(VIRTUAL_MACHINE).row("environment").options}
    assert options["fc-21.05-production"].outdated
    assert not options["fc-22.05-production"].outdated
    assert "production" not in options
    old = ResourceForm(VIRTUAL_MACHINE, seen=machine(environment="production")).row("environment").options
    assert [option.value for option in old if option.chosen] == ["production"]


def test_only_groups_of_the_scope_can_be_chosen() -> None:
    data = sent(resource_group="acme", name="acme00", location="rzob")
    form = ResourceForm(VIRTUAL_MACHINE, offers=GROUPS, data=data)
    assert "services, shop" in errors(form, "resource_group")


def test_a_new_record_sends_what_the_person_saw_and_nothing_empty() -> None:
    data = sent(resource_group="shop", name="shop14", location="rzob", cores="2", aliases_fe="")
    form = ResourceForm(VIRTUAL_MACHINE, offers=GROUPS, data=data)
    assert form.is_valid()
    wanted = form.wanted()
    assert wanted["cores"] == 2
    assert wanted["environment"] == "fc-22.05-production"
    assert "aliases_fe" not in wanted
    assert form.before() == {}


def test_only_changed_fields_are_sent_with_what_was_seen() -> None:
    form = edit(machine(cores=2), cores="4", memory="256", service_description="  ")
    assert form.is_valid()
    assert form.wanted() == {"cores": 4}
    assert form.before() == {"cores": 2}


def test_gibibytes_are_understood_where_mebibytes_are_asked_for() -> None:
    form = edit(machine(), memory="2 GiB", disk="1 000")
    assert form.is_valid()
    assert form.wanted() == {"memory": 2048, "disk": 1000}


def test_a_city_is_no_time_zone_but_leads_to_one() -> None:
    group = {field.name: field.default for field in RESOURCE_GROUP.fields}
    form = ResourceForm(RESOURCE_GROUP, seen=group, data=sent(timezone="new york"))
    assert "America/New_York" in errors(form, "timezone")


def test_wrong_entries_of_a_list_are_named() -> None:
    group = {field.name: field.default for field in RESOURCE_GROUP.fields}
    form = ResourceForm(RESOURCE_GROUP, seen=group, data=sent(technical_contacts="ops@example.com\nnobody"))
    assert "“nobody”" in errors(form, "technical_contacts")
    assert "ops@example.com" not in errors(form, "technical_contacts")


def test_su_02_a_service_users_name_begins_with_s() -> None:
    form = ResourceForm(SERVICE_USER, offers=GROUPS, data=sent(uid="shop", resource_group="shop"))
    assert "s-" in errors(form, "uid")


def test_a_switch_that_was_not_in_the_form_stays() -> None:
    group = {field.name: field.default for field in RESOURCE_GROUP.fields}
    for fields, wanted in (
        ({"timezone": "UTC"}, {"timezone": "UTC"}),
        ({"production": "false"}, {"production": False}),
        ({"production": ["false", "true"]}, {}),
    ):
        form = ResourceForm(RESOURCE_GROUP, seen=group, data=sent(**fields))
        assert form.is_valid()
        assert form.wanted() == wanted


def test_a_rejected_form_opens_with_what_was_asked_and_the_platforms_words_beside_the_field() -> None:
    form = ResourceForm(VIRTUAL_MACHINE, seen=machine(), filled={"cores": 8})
    form.add_platform_error("virtualmachine shop13: cores: at most 4")
    assert form.row("cores").errors == ("at most 4",)
    assert [option.value for option in form.row("cores").options if option.chosen] == ["8"]
    assert form.problems == [("id_cores", "Cores", "at most 4")]


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("virtualmachine shop13: cores: at most 8", "cores", "at most 8"),
        ("virtualmachine shop13: memory: too much: 3072", "memory", "too much: 3072"),
        ("disk: no room", "disk", "no room"),
        ("credit limit reached", "", "credit limit reached"),
        ("virtualmachine cores: nothing is known", "", "virtualmachine cores: nothing is known"),
        ("", "", ""),
    ],
)
def test_faults_are_placed_at_the_field_they_name(text: str, field: str, reason: str) -> None:
    assert place_fault(text, VIRTUAL_MACHINE) == (field, reason)


def test_what_was_seen_travels_signed_and_belongs_to_one_form() -> None:
    opened = Opened.now({"cores": 2, "classes": ["role::generic"]})
    sealed = opened.seal("/c/10001/a")
    assert Opened.unseal(sealed, "/c/10001/a") == opened
    assert Opened.unseal(sealed, "/c/10001/b") is None
    assert Opened.unseal(sealed[:-1] + "A" + "x", "/c/10001/a") is None
    for nonsense in ("", "a:b:c", "\x00", "\ud800", "ä" * 1000):
        assert Opened.unseal(nonsense, "/c/10001/a") is None


def test_the_same_submission_has_the_same_token_another_one_has_not() -> None:
    opened = Opened.now({"cores": 2})
    assert opened.token_for({"cores": 4, "disk": 20}) == opened.token_for({"disk": 20, "cores": 4})
    assert opened.token_for({"cores": 4}) != opened.token_for({"cores": 8})
    assert Opened.now({}).token_for({"cores": 4}) != opened.token_for({"cores": 4})


def test_effects_are_said_with_window_and_day() -> None:
    assert NOW is not None
    effects = [
        Effect("Reboot: %(window)s", {"window": next_window({}, NOW)}, field="cores"),
        Effect("Gone on %(day)s", {"day": date(2026, 11, 30)}, level="warning"),
        Effect("Reboot: %(window)s", {"window": next_window({}, NOW)}, field="memory"),
        Effect("100 % sure"),
    ]
    effects.append(Effect("At %(at)s, for %(cores)s cores", {"at": NOW, "cores": 2}))
    said = in_words(effects, NOW)
    assert [(one.text, one.field) for one in said] == [
        ("Reboot: today, Tue 24 Nov, 22:00–05:00", "cores"),
        ("Gone on 30 Nov", ""),
        ("100 % sure", ""),
        ("At Tue 24 Nov, 09:00, for 2 cores", ""),
    ]


def test_vm_20_saving_a_leaving_machine_warns_that_it_stays() -> None:
    assert NOW is not None
    leaving = machine(deletion={"deadline": "2026-11-30", "stages": []})
    record = Record(VIRTUAL_MACHINE, "shop13", leaving)
    said = in_words(VIRTUAL_MACHINE.effects(record, {"service_description": "x"}, Context(now=NOW)), NOW)
    assert ("The deletion planned for 30 Nov is cancelled.", "warning") in [(s.text, s.level) for s in said]
