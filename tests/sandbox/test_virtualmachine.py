"""Rules vm_01 … vm_17 and vm_23: what a machine's record is and how it may change."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from portal.sandbox.models import Machine
from tests.sandbox.conftest import Api, advance, running

VM = "virtualmachine"


def of(name: str = "shop00", **values: Any) -> dict[str, Any]:
    return {"__type__": VM, "name": name, **values}


@pytest.mark.parametrize("name", ["shop00", "shop1", "shop10", "shop123456"])
def test_vm_01_the_name_is_the_groups_and_a_serial_number(services: Api, name: str) -> None:
    assert services.machine(name, "shop")["name"] == name


@pytest.mark.parametrize("name", ["shop", "shop-1", "shopx", "example00", "Shop00", "shop1234567", "00", "shop٣", ""])
def test_vm_01_other_names_are_refused(services: Api, name: str) -> None:
    fault = services.refused(of(name, resource_group="shop", location="rzob"))
    assert f"virtualmachine {name}: name: must be shop followed by a serial number" in fault.text


def test_vm_01_a_name_is_one_machine(services: Api) -> None:
    services.set("resourcegroup", name="shop1")
    services.machine("shop101", "shop")
    fault = services.refused(of("shop101", resource_group="shop1", location="rzob"))
    assert "resource_group: cannot be changed" in fault.text
    assert Machine.objects.count() == 1


@pytest.mark.parametrize("missing", ["resource_group", "location"])
def test_vm_02_group_and_location_are_required_on_creation(services: Api, missing: str) -> None:
    record = of(resource_group="shop", location="rzob")
    del record[missing]
    assert f"shop00: {missing}: is required on creation" in services.refused(record).text


def test_vm_02_and_never_change(services: Api) -> None:
    services.machine("shop00")
    for key, value in (("resource_group", "example"), ("location", "moon")):
        assert f"{key}: cannot be changed" in services.refused(of(**{key: value})).text
    assert services.set(VM, name="shop00", resource_group="shop", location="rzob")["location"] == "rzob"


def test_vm_03_the_location_is_rzob(services: Api) -> None:
    fault = services.refused(of(resource_group="shop", location="whq"))
    assert "location: must be one of rzob" in fault.text


def test_vm_04_ids_are_given_by_the_platform_and_never_again(services: Api, acme: Api) -> None:
    assert services.machine("shop00")["id"] == 4100
    assert acme.machine("acme00")["id"] == 4101
    Machine.objects.all().delete()
    assert services.machine("shop01")["id"] == 4102
    assert "id: cannot be changed" in services.refused(of("shop01", id=1)).text


def test_vm_05_needs_install_until_it_is_ready(services: Api) -> None:
    assert services.machine("shop00")["needs_install"] is True
    advance(seconds=15)
    assert services.get(VM, name="shop00")["needs_install"] is True
    advance(seconds=6)
    ready = services.get(VM, name="shop00")
    assert ready["needs_install"] is False
    assert ready["kvm_host"].startswith("kvm")


def test_vm_06_default_classes(services: Api) -> None:
    assert services.machine("shop00")["classes"] == ["role::generic", "role::backupclient"]


def test_vm_06_leaving_out_generic_and_backup_is_ignored(services: Api) -> None:
    machine = services.machine("shop00", classes=["role::redis"])
    assert machine["classes"] == ["role::generic", "role::backupclient", "role::redis"]
    assert services.set(VM, name="shop00", classes=[])["classes"] == ["role::generic", "role::backupclient"]


def test_vm_06_backup_may_be_left_out_where_the_group_is_not_production(services: Api) -> None:
    services.set("resourcegroup", name="shop", production=False)
    assert services.machine("shop00")["classes"] == ["role::generic", "role::backupclient"]
    assert services.set(VM, name="shop00", classes=["role::redis"])["classes"] == ["role::generic", "role::redis"]
    services.set("resourcegroup", name="shop", production=True)
    assert "role::backupclient" in services.get(VM, name="shop00")["classes"]


def test_vm_06_what_was_ignored_does_not_come_true_when_the_group_leaves_production(services: Api) -> None:
    services.machine("shop00")
    services.machine("shop01", classes=["role::redis"])
    services.set(VM, name="shop00", classes=[])
    services.set("resourcegroup", name="shop", production=False)
    assert [one["classes"] for one in services.query(VM)] == [
        ["role::generic", "role::backupclient"],
        ["role::generic", "role::backupclient", "role::redis"],
    ]
    assert services.set(VM, name="shop00", classes=[])["classes"] == ["role::generic"]


def test_vm_06_some_roles_cannot_be_selected(services: Api) -> None:
    services.machine("shop00")
    assert "role::router cannot be selected" in services.refused(of(classes=["role::router"])).text
    services.refused(of("shop01", resource_group="shop", location="rzob", classes=["role::router"]))


def test_vm_06_such_a_role_stays_once_staff_has_given_it(services: Api) -> None:
    services.machine("shop00")
    Machine.objects.update(classes=["role::generic", "role::router"])
    assert "role::router" in services.set(VM, name="shop00", classes=["role::redis", "role::router"])["classes"]
    assert "role::router" in services.set(VM, name="shop00", classes=["role::redis"])["classes"]


@pytest.mark.parametrize("classes", ["role::generic", ["generic"], ["role::"], [1], [None], ["role::a b"]])
def test_vm_06_classes_are_a_list_of_roles(services: Api, classes: Any) -> None:
    services.machine("shop00")
    assert "classes: must be" in services.refused(of(classes=classes)).text


def test_vm_07_environment_class_is_nixos_and_never_changes(services: Api) -> None:
    assert services.machine("shop00")["environment_class"] == "NixOS"
    assert services.machine("shop01", environment_class="Puppet")["environment_class"] == "Puppet"
    fault = services.refused(of(environment_class="Puppet", environment="production"))
    assert "environment_class: cannot be changed" in fault.text
    fault = services.refused(of("shop02", resource_group="shop", location="rzob", environment_class="Gentoo"))
    assert "environment_class: must be one of NixOS, Puppet" in fault.text


@pytest.mark.parametrize(
    ("kind", "environment"),
    [
        ("NixOS", f"fc-{release}-{kind}")
        for release in ("22.05", "21.11", "21.05", "20.09", "19.03", "15.09")
        for kind in ("production", "staging")
    ]
    + [("Puppet", "production"), ("Puppet", "staging")],
)
def test_vm_08_environments_that_suit_the_class(services: Api, kind: str, environment: str) -> None:
    machine = services.machine("shop00", environment_class=kind, environment=environment)
    assert machine["environment"] == environment


@pytest.mark.parametrize(
    ("kind", "environment"),
    [("NixOS", "production"), ("Puppet", "fc-22.05-production"), ("NixOS", ""), ("NixOS", "fc-22.05-dev")],
)
def test_vm_08_others_are_refused_on_creation_and_later(services: Api, kind: str, environment: str) -> None:
    new = of(resource_group="shop", location="rzob", environment_class=kind)
    assert "environment: does not suit" in services.refused({**new, "environment": environment}).text
    services.apply(new)
    assert "environment: does not suit" in services.refused(of(environment=environment)).text


def test_vm_08_defaults_and_change(services: Api) -> None:
    assert services.machine("shop00")["environment"] == "fc-22.05-production"
    assert services.machine("shop01", environment_class="Puppet")["environment"] == "production"
    changed = services.set(VM, name="shop00", environment="fc-21.11-staging")
    assert changed["environment"] == "fc-21.11-staging"


@pytest.mark.parametrize(
    ("rule", "key", "low", "high", "default"),
    [
        ("vm_09", "cores", 1, 8, 1),
        ("vm_10", "memory", 256, 3072, 256),
        ("vm_11", "disk", 10, 1000, 10),
        ("vm_14", "frontend_ips_v4", 0, 3, 0),
        ("vm_14", "frontend_ips_v6", 0, 100, 0),
    ],
)
def test_limits_and_defaults(services: Api, rule: str, key: str, low: int, high: int, default: int) -> None:
    assert services.machine("shop00")[key] == default, rule
    for value in (low, high):
        assert services.set(VM, name="shop00", **{key: value})[key] == value
    for value in (low - 1, high + 1, -(2**31), 2**40, 1.0, "1", None, True):
        assert f"{key}: must be" in services.refused(of(**{key: value})).text


def test_a_value_over_the_limits_that_support_has_raised_may_stay(services: Api) -> None:
    services.machine("shop00")
    Machine.objects.update(memory=8192)
    assert services.set(VM, name="shop00", memory=8192, cores=2)["memory"] == 8192
    services.refused(of(memory=8191))


@pytest.mark.parametrize(
    ("rule", "key", "value"), [("vm_09", "cores", 4), ("vm_10", "memory", 512), ("vm_11", "disk", 12)]
)
def test_a_reboot_waits_for_a_maintenance(services: Api, rule: str, key: str, value: int) -> None:
    services.installed("shop00", disk=20)
    assert services.set(VM, name="shop00", **{key: value})[key] == value, rule
    (maintenance,) = services.query("maintenance")
    assert key in maintenance["activities"][0]["comment"]
    assert getattr(running("shop00"), key) != value
    advance(days=2)
    assert getattr(running("shop00"), key) == value


def test_vm_11_a_growing_disk_is_resized_online_within_minutes(services: Api) -> None:
    services.installed("shop00")
    services.set(VM, name="shop00", disk=20)
    assert services.query("maintenance") == []
    assert running("shop00").disk == 10
    advance(minutes=5)
    assert running("shop00").disk == 20


def test_vm_11_growing_further_before_the_resize_ends_at_the_last_value(services: Api) -> None:
    services.installed("shop00")
    services.set(VM, name="shop00", disk=20)
    services.set(VM, name="shop00", disk=30)
    services.set(VM, name="shop00", disk=10)
    advance(minutes=5)
    assert running("shop00").disk == 10
    assert services.query("maintenance") == []


def test_vm_12_rbd_pool_cannot_change_after_creation(services: Api) -> None:
    assert services.machine("shop00")["rbd_pool"] == "rbd.hdd"
    assert services.machine("shop01", rbd_pool="rbd.ssd")["rbd_pool"] == "rbd.ssd"
    assert "rbd_pool: cannot be changed, it is 'rbd.hdd'" in services.refused(of(rbd_pool="rbd.ssd")).text
    services.refused(of("shop02", resource_group="shop", location="rzob", rbd_pool="rbd.tape"))


def test_vm_13_power_follows_shortly(services: Api) -> None:
    assert services.installed("shop00")["online"] is True
    assert running("shop00").powered is True
    assert services.set(VM, name="shop00", online=False)["online"] is False
    assert running("shop00").powered is True
    advance(minutes=1)
    assert running("shop00").powered is False
    services.set(VM, name="shop00", online=True)
    advance(minutes=1)
    assert running("shop00").powered is True


def test_vm_13_a_machine_may_be_made_switched_off(services: Api) -> None:
    assert services.installed("shop00", online=False)["online"] is False
    assert running("shop00").powered is False


def addresses(machine: dict[str, Any], vlan: str) -> list[str]:
    return [one for some in machine["interfaces"][vlan]["networks"].values() for one in some]


def test_vm_14_more_addresses_are_allocated(services: Api) -> None:
    machine = services.machine("shop00", frontend_ips_v4=1, frontend_ips_v6=2)
    assert [ip_address(one).version for one in addresses(machine, "fe")] == [4, 6, 6]
    more = services.set(VM, name="shop00", frontend_ips_v4=3)
    assert len(addresses(more, "fe")) == 5
    assert set(addresses(machine, "fe")) < set(addresses(more, "fe"))


def test_vm_14_fewer_is_accepted_but_takes_none_away(services: Api) -> None:
    before = addresses(services.machine("shop00", frontend_ips_v4=3), "fe")
    fewer = services.set(VM, name="shop00", frontend_ips_v4=1)
    assert (fewer["frontend_ips_v4"], addresses(fewer, "fe")) == (1, before)
    assert addresses(services.set(VM, name="shop00", frontend_ips_v4=2), "fe") == before


def test_vm_14_no_address_is_given_twice(services: Api) -> None:
    given = []
    for serial in range(5):
        machine = services.machine(f"shop0{serial}", frontend_ips_v4=3, frontend_ips_v6=3)
        given += addresses(machine, "fe") + addresses(machine, "srv")
    assert len(set(given)) == len(given) == 5 * 8


def test_vm_15_interfaces(services: Api) -> None:
    machine = services.machine("shop00", frontend_ips_v4=1)
    srv, fe = machine["interfaces"]["srv"], machine["interfaces"]["fe"]
    assert (srv["mac"], fe["mac"]) == ("02:00:00:03:10:04", "02:00:00:02:10:04")
    assert sorted(ip_address(one).version for one in addresses(machine, "srv")) == [4, 6]
    private = next(ip_address(one) for one in addresses(machine, "srv") if "." in one)
    assert private in ip_network("10.0.0.0/8")
    for networks in (srv["networks"], fe["networks"]):
        for network, members in networks.items():
            assert all(ip_address(one) in ip_network(network) for one in members)
    assert "interfaces: cannot be changed" in services.refused(of(interfaces={})).text


def test_vm_16_read_only_defaults(services: Api) -> None:
    expected = {
        "reverses": {},
        "kvm_host": "",
        "machine": "virtual",
        "production": True,
        "servicing": True,
        "last_maintenance_end": "",
        "creation_date": "2026-11-24T10:00:00+00:00",
        "resource_group_parent": "services",
        "timezone": "Europe/Berlin",
        "deletion": {"deadline": "", "stages": []},
    }
    assert expected.items() <= services.machine("shop00").items()


@pytest.mark.parametrize(
    "key",
    [
        "creation_date", "deletion", "id", "interfaces", "kvm_host", "last_maintenance_end", "machine",
        "needs_install", "production", "resource_group_parent", "reverses", "servicing", "timezone",
    ],
)  # fmt: skip
def test_vm_16_read_only_keys_cannot_be_set(services: Api, key: str) -> None:
    services.machine("shop00")
    assert f"shop00: {key}: cannot be changed" in services.refused(of(**{key: "other"})).text


@pytest.mark.parametrize("text", ["", "Front end", "läuft 24/7 🐢 <script>", "two\nlines\tand tabs", "x" * 10_000])
def test_vm_17_service_description_is_free_text(services: Api, text: str) -> None:
    assert services.machine("shop00")["service_description"] == ""
    assert services.set(VM, name="shop00", service_description=text)["service_description"] == text


def test_vm_17_but_text_and_bounded(services: Api) -> None:
    services.machine("shop00")
    for value in (1, None, ["x"], {"a": "b"}, "x" * 10_001):
        assert "service_description: must" in services.refused(of(service_description=value)).text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "shop01"),
        ("resource_group", "example"),
        ("location", "rzob"),
        ("environment", "fc-21.11-staging"),
        ("online", False),
        ("production", False),
    ],
)
def test_vm_23_filterable_keys(services: Api, key: str, value: Any) -> None:
    services.set("resourcegroup", name="example-lab", production=False)
    services.machine("shop00")
    services.machine("shop01", online=False)
    services.machine("shop02", environment="fc-21.11-staging")
    services.machine("example00")
    services.machine("example-lab00")
    found = [one["name"] for one in services.query(VM, **{key: value})]
    assert (
        found
        == {
            "name": ["shop01"],
            "resource_group": ["example00"],
            "location": ["example-lab00", "example00", "shop00", "shop01", "shop02"],
            "environment": ["shop02"],
            "online": ["shop01"],
            "production": ["example-lab00"],
        }[key]
    )


def test_changes_while_installing_need_no_maintenance(services: Api) -> None:
    services.machine("shop00")
    services.set(VM, name="shop00", cores=4, memory=512, disk=50, online=False)
    assert services.query("maintenance") == []
    advance(seconds=30)
    now = running("shop00")
    assert (now.cores, now.memory, now.disk, now.powered) == (4, 512, 50, False)
