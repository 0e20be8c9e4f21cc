"""Rules api_03 … api_17: what holds for every type and call."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from portal.sandbox import keys
from portal.sandbox.clock import midnight
from portal.sandbox.errors import Fault
from portal.sandbox.models import Location, Machine, ResourceGroup
from tests.sandbox.conftest import Api, advance, jump_to


def test_api_01_ping_answers_pong(services: Api) -> None:
    assert services("ping") == "pong"


def test_api_03_a_key_reads_its_own_group_and_all_descendants_only(services: Api, shop: Api, acme: Api) -> None:
    assert [group["name"] for group in services.query("resourcegroup")] == [
        "example", "example-lab", "services", "shop",
    ]  # fmt: skip
    assert [group["name"] for group in shop.query("resourcegroup")] == ["shop"]
    assert [group["name"] for group in acme.query("resourcegroup")] == ["acme"]


def test_api_03_machines_users_and_permissions_of_others_are_not_seen(services: Api, shop: Api, acme: Api) -> None:
    acme.machine("acme00")
    acme.set("serviceuser", uid="s-acme", resource_group="acme")
    acme.set("permission", uid="mallory", resource_group="acme", permission="login")
    services.machine("services00")
    for kind in ("virtualmachine", "serviceuser", "permission"):
        assert not [one for one in services.query(kind) if one["resource_group"] == "acme"]
        assert shop.query(kind) == []
        assert len(acme.query(kind)) == 1


@pytest.mark.parametrize(
    "record",
    [
        {"__type__": "virtualmachine", "name": "acme00", "cores": 2},
        {"__type__": "virtualmachine", "name": "acme07", "resource_group": "acme", "location": "rzob"},
        {"__type__": "serviceuser", "uid": "s-x", "resource_group": "acme"},
        {"__type__": "permission", "uid": "bob", "resource_group": "acme", "permission": "login"},
        {"__type__": "resourcegroup", "name": "stolen", "parent": "acme"},
    ],
)
def test_api_03_what_is_out_of_reach_cannot_be_written(services: Api, acme: Api, record: dict[str, Any]) -> None:
    acme.machine("acme00")
    services.refused(record)
    assert acme.get("virtualmachine", name="acme00")["cores"] == 1
    assert len(acme.query("resourcegroup")) == 1


def test_api_03_out_of_reach_answers_like_absent(services: Api, acme: Api) -> None:
    acme.machine("acme00")
    there = services.refused({"__type__": "virtualmachine", "name": "acme00", "cores": 2})
    absent = services.refused({"__type__": "virtualmachine", "name": "acme99", "cores": 2})
    assert there.text.replace("acme00", "acme99") == absent.text
    assert services.delete("virtualmachine", name="acme00") == []
    assert acme.get("virtualmachine", name="acme00")["deletion"]["deadline"] == ""


def test_api_04_one_error_undoes_all_records_of_all_types(services: Api) -> None:
    fault = services.refused(
        {"__type__": "resourcegroup", "name": "fresh"},
        {"__type__": "serviceuser", "uid": "s-fresh", "resource_group": "fresh"},
        {"__type__": "permission", "uid": "alice", "resource_group": "fresh", "permission": "login"},
        {"__type__": "virtualmachine", "name": "fresh00", "resource_group": "fresh", "location": "rzob"},
        {"__type__": "virtualmachine", "name": "fresh01", "resource_group": "fresh", "location": "moon"},
    )
    assert "fresh01" in fault.text
    for kind in ("serviceuser", "permission", "virtualmachine"):
        assert services.query(kind) == []
    assert services.query("resourcegroup", name="fresh") == []


def test_api_05_later_records_see_earlier_ones(services: Api) -> None:
    made = services.apply(
        {"__type__": "resourcegroup", "name": "fresh"},
        {"__type__": "resourcegroup", "name": "freshest", "parent": "fresh"},
        {"__type__": "virtualmachine", "name": "freshest00", "resource_group": "freshest", "location": "rzob"},
        {"__type__": "virtualmachine", "name": "freshest00", "cores": 3},
    )
    assert [record.get("cores") for record in made] == [None, None, 3, 3]


def test_api_05_the_other_way_round_is_refused(services: Api) -> None:
    services.refused(
        {"__type__": "virtualmachine", "name": "fresh00", "resource_group": "fresh", "location": "rzob"},
        {"__type__": "resourcegroup", "name": "fresh"},
    )


def test_api_06_keys_not_given_keep_their_value(services: Api) -> None:
    before = services.machine("shop00", cores=2, memory=512, service_description="front")
    after = services.set("virtualmachine", name="shop00", memory=1024)
    assert after == before | {"memory": 1024}


@pytest.mark.parametrize(
    "record",
    [
        {"__type__": "virtualmachine", "name": "shop00", "resource_group": "shop", "location": "rzob", "cores": 4},
        {"__type__": "virtualmachine", "__action__": "delete", "name": "shop77", "deadline": "2026-12-24"},
        {"__type__": "virtualmachine", "name": "shop77", "frontend_ips_v4": 2},
        {"__type__": "serviceuser", "uid": "s-x", "resource_group": "shop", "description": "d"},
        {"__type__": "permission", "uid": "bob", "resource_group": "shop", "permission": "login"},
        {"__type__": "permission", "__action__": "delete", "uid": "b", "resource_group": "shop", "permission": "login"},
        {"__type__": "resourcegroup", "name": "fresh", "timezone": "UTC"},
        {"__type__": "resourcegroup", "name": "shop", "maintenance_until": "2026-11-25T08:00:00+01:00"},
    ],
)
def test_api_07_replaying_has_the_same_result(services: Api, record: dict[str, Any]) -> None:
    services.machine("shop77")
    first = services.apply(record)
    advance(minutes=5)
    again = services.apply(record)
    if first and first[0]["__type__"] == "virtualmachine":
        for answer in (first, again):
            for key in ("needs_install", "kvm_host"):
                answer[0].pop(key)
    assert again == first


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"name": "shop00"}, "None -: __type__: unknown type"),
        ({"__type__": "spaceship", "name": "x"}, "'spaceship' -: __type__: unknown type"),
        ({"__type__": ["virtualmachine"]}, "['virtualmachine'] -: __type__: unknown type"),
        (
            {"__type__": "virtualmachine", "__action__": "explode", "name": "shop00"},
            "virtualmachine shop00: __action__: must be set or delete, not 'explode'",
        ),
        ({"__type__": "virtualmachine", "cores": 2}, "virtualmachine -: name: is missing"),
        ({"__type__": "virtualmachine", "name": 7}, "virtualmachine 7: name: is required, a string"),
        ({"__type__": "permission", "uid": "bob"}, "permission -/bob/-: resource_group: is missing"),
        ({"__type__": "virtualmachine", "name": "shop00", "colour": 1}, "virtualmachine shop00: colour: unknown key"),
        (
            {"__type__": "virtualmachine", "name": "shop00", "cores": "2"},
            "virtualmachine shop00: cores: must be an integer, not '2'",
        ),
        (
            {"__type__": "virtualmachine", "name": "shop00", "cores": True},
            "virtualmachine shop00: cores: must be an integer, not True",
        ),
        (
            {"__type__": "virtualmachine", "name": "shop00", "online": 1},
            "virtualmachine shop00: online: must be a boolean, not 1",
        ),
        (
            {"__type__": "virtualmachine", "name": "shop00", "id": 1},
            "virtualmachine shop00: id: cannot be changed, it is 4100",
        ),
        (
            {"__type__": "virtualmachine", "name": "shop00", "production": 1},
            "virtualmachine shop00: production: cannot be changed, it is True",
        ),
        ({"__type__": "virtualmachine", "__action__": "delete", "name": "shop00", "x": 1}, "shop00: x: unknown key"),
    ],
)
def test_api_08_a_fault_names_type_primary_key_key_and_reason(services: Api, record: dict[str, Any], text: str) -> None:
    services.machine("shop00")
    fault = services.refused(record)
    assert text in fault.text
    assert fault.code == 1


@pytest.mark.parametrize("kind", ["virtualmachine", "serviceuser", "permission", "resourcegroup"])
def test_api_08_a_deletion_may_carry_the_whole_record(services: Api, kind: str) -> None:
    services.machine("shop00")
    services.set("serviceuser", uid="s-shop", resource_group="shop")
    services.set("permission", uid="bob", resource_group="shop", permission="login")
    services.set("resourcegroup", name="example-lab")
    record = services.get(kind, **({"name": "example-lab"} if kind == "resourcegroup" else {}))
    left = services.apply(record | {"__action__": "delete"})
    assert [one["deletion"]["deadline"] for one in left] == (["2026-12-01"] if kind == "virtualmachine" else [])


@pytest.mark.parametrize("records", ["text", 7, {"a": 1}, [1], ["x"], [[]], None])
def test_api_08_records_of_another_shape_are_a_fault(services: Api, records: Any) -> None:
    with pytest.raises(Fault) as caught:
        services("apply", records)
    assert caught.value.code == 1


def test_api_08_a_full_record_can_be_sent_back_as_it_is(services: Api) -> None:
    services.installed("shop00", frontend_ips_v4=1)
    services.set("serviceuser", uid="s-shop", resource_group="shop")
    services.set("permission", uid="bob", resource_group="shop", permission="login")
    services.set("resourcegroup", name="shop", in_maintenance=True)
    for kind in ("virtualmachine", "serviceuser", "permission", "resourcegroup"):
        for record in services.query(kind):
            assert services.apply(record) == [record]


def test_api_08_a_read_only_value_may_be_given_on_creation_if_it_comes_out_so(services: Api) -> None:
    assert services.machine("shop00", production=True, timezone="Europe/Berlin")["production"] is True
    fault = services.refused(
        {
            "__type__": "virtualmachine",
            "name": "shop01",
            "resource_group": "shop",
            "location": "rzob",
            "production": False,
        }
    )
    assert "production" in fault.text


@pytest.mark.parametrize(
    "record",
    [
        {"__type__": "virtualmachine", "name": "shop99"},
        {"__type__": "resourcegroup", "name": "nothing"},
        {"__type__": "serviceuser", "uid": "s-no", "resource_group": "shop"},
        {"__type__": "permission", "uid": "no", "resource_group": "nowhere", "permission": "login"},
    ],
)
def test_api_09_deleting_what_is_absent_is_no_error_and_no_entry(services: Api, record: dict[str, Any]) -> None:
    assert services.apply({**record, "__action__": "delete"}) == []


def test_api_10_apply_answers_records_as_of_the_end_of_the_transaction(services: Api) -> None:
    user, machine = services.apply(
        {"__type__": "serviceuser", "uid": "s-shop", "resource_group": "shop"},
        {"__type__": "virtualmachine", "name": "shop00", "resource_group": "shop", "location": "rzob"},
    )
    assert user["virtual_machines"] == ["shop00"]
    assert [machine] == services.query("virtualmachine")


def test_api_10_what_is_made_and_deleted_in_one_call_has_no_entry(services: Api) -> None:
    key = {"__type__": "serviceuser", "uid": "s-brief", "resource_group": "shop"}
    assert services.apply(key, {**key, "__action__": "delete"}) == []


def test_api_11_filters_are_exact_and_taken_together(services: Api) -> None:
    services.machine("shop00")
    services.machine("shop01", online=False)
    services.machine("example00", online=False)
    assert [one["name"] for one in services.query("virtualmachine", online=False)] == ["example00", "shop01"]
    both = services.query("virtualmachine", online=False, resource_group="shop")
    assert [one["name"] for one in both] == ["shop01"]
    assert services.query("virtualmachine", name="shop0") == []
    assert services.query("virtualmachine", online=0) == []
    assert services.query("resourcegroup", maintenance_start=22.0) == []


def test_api_11_an_empty_filter_or_nil_is_none(services: Api) -> None:
    services.machine("shop00")
    assert services("query", "virtualmachine", None) == services("query", "virtualmachine", {})


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("virtualmachine", "cores"),
        ("virtualmachine", "nonsense"),
        ("resourcegroup", "parent"),
        ("serviceuser", "resource_group"),
        ("permission", "permission"),
        ("maintenance", "machine"),
        ("consumption", "period"),
        ("invoice", "status"),
    ],
)
def test_api_11_other_keys_are_a_fault(services: Api, kind: str, key: str) -> None:
    with pytest.raises(Fault, match=f"{kind} -: {key}: is not filterable"):
        services.query(kind, **{key: "x"})


@pytest.mark.parametrize("where", ["name", [], 1, {"name": ["shop00"]}, {"name": {"a": 1}}])
def test_api_11_a_filter_of_another_shape_is_a_fault(services: Api, where: Any) -> None:
    with pytest.raises(Fault):
        services("query", "virtualmachine", where)


@pytest.mark.parametrize("kind", ["spaceship", "", None, 1, ["virtualmachine"]])
def test_api_12_an_unknown_type_is_a_fault(services: Api, kind: Any) -> None:
    with pytest.raises(Fault, match="unknown type"):
        services("query", kind)


@pytest.mark.parametrize("action", ["set", "delete"])
@pytest.mark.parametrize(
    "record",
    [
        {"__type__": "maintenance", "machine": "shop00", "starts": "2026-11-24T21:00:00+00:00"},
        {"__type__": "consumption", "period": "2026-11-01", "type": "traffic", "type_id": "shop"},
        {"__type__": "invoice", "consumption_start": "2026-10-01"},
    ],
)
def test_api_13_some_types_can_only_be_queried(services: Api, record: dict[str, Any], action: str) -> None:
    fault = services.refused({**record, "__action__": action})
    assert fault.code == 2
    assert "can only be queried" in fault.text


def test_api_14_without_serial_the_latest_ten_ascending(services: Api) -> None:
    for _ in range(12):
        services("ping")
    calls = services("log")
    assert len(calls) == 10
    assert [call["serial"] for call in calls] == sorted(call["serial"] for call in calls)


def test_api_14_with_serial_all_after_it(services: Api) -> None:
    for _ in range(15):
        services("ping")
    last = services("log")[-1]["serial"]
    services.machine("shop00")
    services.query("virtualmachine")
    assert [call["method"] for call in services("log", last)] == ["apply", "query"]
    assert len(services("log", 0)) == 17
    assert services("log", 2**62) == []


def test_api_14_a_call_is_logged_with_arguments_and_result(services: Api) -> None:
    record = {"__type__": "serviceuser", "uid": "s-x", "resource_group": "shop"}
    answer = services.apply(record)
    call = services("log")[-1]
    assert json.loads(call["args"]) == {"args": [[record]], "kw": {}}
    assert json.loads(call["result"]) == answer
    assert call["exception"] == ""
    assert call["ipaddress"] == "127.0.0.1"
    assert call["resource_group"] == "services"
    assert call["timestamp"].startswith("2026-11-24 10:00:")


def test_api_14_failing_calls_are_logged_with_their_exception(services: Api) -> None:
    services.refused({"__type__": "virtualmachine", "name": "shop00", "cores": 2})
    call = services("log")[-1]
    assert "virtualmachine shop00: resource_group: is required" in call["exception"]
    assert json.loads(call["result"]) is None


def test_api_14_log_calls_are_not_logged(services: Api) -> None:
    services("log")
    with pytest.raises(Fault):
        services("log", "x")
    assert services("log") == []


def test_api_14_calls_of_descendants_keys_are_not_in_it(services: Api, shop: Api) -> None:
    shop("ping")
    assert services("log") == []
    assert len(shop("log")) == 1


def test_api_14_kept_thirty_days(services: Api) -> None:
    services("ping")
    advance(days=29, hours=23)
    assert len(services("log")) == 1
    advance(hours=2)
    assert services("log") == []


def test_api_14_kept_on_key_reset_and_gone_with_the_group(services: Api, shop: Api) -> None:
    shop("ping")
    keys.reset(ResourceGroup.objects.get(name="shop"), "another")
    assert keys.authenticate("shop", "shop-demo-key") is None
    assert keys.authenticate("shop", "another") is not None
    assert len(shop("log")) == 1
    services.delete("resourcegroup", name="shop")
    services.set("resourcegroup", name="shop")
    assert shop("log") == []


def test_api_14_a_long_query_result_is_logged_as_its_size(services: Api) -> None:
    for serial in range(11):
        services.set("permission", uid=f"user{serial}", resource_group="shop", permission="login")
    services.query("permission")
    assert json.loads(services("log")[-1]["result"]) == "11 records, not kept"


def test_api_16_a_limit_of_the_data_centre_is_a_fault_of_its_own(services: Api) -> None:
    Location.objects.create(name="rzob", cores=10, memory=100_000, hdd=10_000, ssd=100)
    services.machine("shop00", cores=6)
    fault = services.refused(
        {"__type__": "virtualmachine", "name": "shop01", "resource_group": "shop", "location": "rzob", "cores": 5}
    )
    assert fault.code == 3
    assert fault.text.startswith("virtualmachine shop01: cores: ")
    assert services.machine("shop02", cores=4)["cores"] == 4


@pytest.mark.parametrize(("key", "value"), [("memory", 3000), ("disk", 600)])
def test_api_16_memory_and_disk_of_the_data_centre_are_limited_too(services: Api, key: str, value: int) -> None:
    Location.objects.create(name="rzob", cores=100, memory=2000, hdd=500, ssd=100)
    services.machine("shop00")
    fault = services.refused({"__type__": "virtualmachine", "name": "shop00", key: value})
    assert (fault.code, fault.text.split(": ")[1]) == (3, key)


def test_api_16_the_credit_limit_is_a_fault_of_its_own_and_counts_descendants(services: Api) -> None:
    ResourceGroup.objects.filter(name="services").update(credit_limit=Decimal(60))
    services.machine("example-lab00", cores=4)
    fault = services.refused(
        {"__type__": "virtualmachine", "name": "shop01", "resource_group": "shop", "location": "rzob", "cores": 3}
    )
    assert fault.code == 4
    assert "credit limit 60.00 of services" in fault.text


def test_api_16_a_limit_above_the_key_counts_too(services: Api, shop: Api) -> None:
    ResourceGroup.objects.filter(name="services").update(credit_limit=Decimal(60))
    services.machine("example00", cores=4)
    fault = shop.refused(
        {"__type__": "virtualmachine", "name": "shop01", "resource_group": "shop", "location": "rzob", "cores": 3}
    )
    assert fault.code == 4


def test_api_16_shrinking_is_never_refused(services: Api) -> None:
    services.machine("shop00", cores=8)
    ResourceGroup.objects.filter(name="services").update(credit_limit=Decimal(1))
    assert services.set("virtualmachine", name="shop00", cores=7)["cores"] == 7


def test_api_16_a_group_cannot_move_under_a_limit_that_its_machines_exceed(services: Api) -> None:
    ResourceGroup.objects.filter(name="shop").update(credit_limit=Decimal(60))
    services.machine("example00", cores=3)
    services.machine("example-lab00", cores=4)
    move = {"__type__": "resourcegroup", "name": "example", "parent": "shop"}
    fault = services.refused(move)
    assert fault.code == 4
    assert fault.text.startswith("resourcegroup example: parent: projected monthly cost ")
    assert fault.text.endswith("is over the credit limit 60.00 of shop")
    assert services.get("resourcegroup", name="example")["parent"] == "services"
    assert services.set("resourcegroup", name="example-lab", parent="shop")["parent"] == "shop"


def test_api_16_a_move_below_a_limit_that_the_group_was_under_before_is_not_refused(services: Api) -> None:
    services.machine("example-lab00", cores=4)
    ResourceGroup.objects.filter(name="services").update(credit_limit=Decimal(1))
    assert services.set("resourcegroup", name="example-lab", parent="shop")["parent"] == "shop"


def test_api_16_machines_that_are_shut_down_for_deletion_count_no_more(services: Api) -> None:
    ResourceGroup.objects.filter(name="services").update(credit_limit=Decimal(60))
    Location.objects.create(name="rzob", cores=5, memory=100_000, hdd=10_000, ssd=100)
    services.machine("shop00", cores=4)
    services.delete("virtualmachine", name="shop00", deadline="2026-11-26")
    new = {"__type__": "virtualmachine", "name": "shop01", "resource_group": "shop", "location": "rzob", "cores": 4}
    assert services.refused(new).code == 3
    jump_to(midnight(date(2026, 11, 26)))
    assert services.apply(new)[0]["cores"] == 4


def test_api_16_a_machine_that_is_brought_back_counts_again(services: Api) -> None:
    services.machine("shop00", cores=4)
    services.delete("virtualmachine", name="shop00", deadline="2026-11-26")
    jump_to(midnight(date(2026, 11, 26)))
    ResourceGroup.objects.filter(name="services").update(credit_limit=Decimal(30))
    fault = services.refused({"__type__": "virtualmachine", "name": "shop00"})
    assert (fault.code, fault.text.split(": ")[:2]) == (4, ["virtualmachine shop00", "resource_group"])
    ResourceGroup.objects.filter(name="services").update(credit_limit=Decimal(60))
    assert services.set("virtualmachine", name="shop00")["deletion"]["deadline"] == ""


def test_api_17_keys_beyond_the_documents_are_kept_on_machines(services: Api) -> None:
    given = {
        "aliases_srv": ["db.example.com"],
        "aliases_fe": ["www.example.com", "example.com"],
        "backy_schedule": "frequent+longterm",
    }
    services.machine("shop00", **given)
    assert given.items() <= services.get("virtualmachine", name="shop00").items()
    services.refused({"__type__": "virtualmachine", "name": "shop00", "backy_schedule": "never"})
    services.refused({"__type__": "virtualmachine", "name": "shop00", "aliases_fe": ["not a host"]})


def test_an_unknown_method_is_a_fault_and_is_logged(services: Api) -> None:
    with pytest.raises(Fault, match="no such method"):
        services("reboot", 1)
    assert services("log")[-1]["method"] == "reboot"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("ping", [1]), ("query", []), ("query", ["virtualmachine", {}, 1]), ("apply", []), ("log", [1, 2])],
)
def test_a_wrong_number_of_arguments_is_a_fault(services: Api, method: str, arguments: list[Any]) -> None:
    with pytest.raises(Fault, match="wrong number of arguments"):
        services(method, *arguments)


def test_a_call_with_a_key_whose_group_is_gone_is_a_fault(services: Api) -> None:
    group = ResourceGroup.objects.get(name="shop")
    services.delete("resourcegroup", name="shop")
    from portal.sandbox import dispatch

    with pytest.raises(Fault) as caught:
        dispatch.call(group, "query", ["virtualmachine"])
    assert caught.value.code == 2


def test_a_refused_call_leaves_no_machine_number_used(services: Api) -> None:
    services.refused(
        {"__type__": "virtualmachine", "name": "shop00", "resource_group": "shop", "location": "rzob"},
        {"__type__": "virtualmachine", "name": "shop00", "cores": 0},
    )
    assert services.machine("shop00")["id"] == 4100
    assert Machine.objects.count() == 1
