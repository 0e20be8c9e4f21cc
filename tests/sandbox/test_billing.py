"""Rules co_01 … co_04, in_01 and in_02: consumption and invoices."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from portal.sandbox.models import Contract, ResourceGroup
from tests.sandbox.conftest import Api, advance, jump_to

#: Midnight in Berlin at the beginning of December, of January.
DECEMBER, JANUARY = datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)


def use(api: Api, kind: str, name: str, period: str = "2026-11-01") -> dict[str, Any]:
    parameters: dict[str, Any] = api.get("consumption", type=kind, type_id=name, period=period)["parameters"]
    return parameters


def test_co_01_a_consumption_record(services: Api) -> None:
    services.installed("shop00", cores=2, disk=20)
    advance(hours=5)
    assert services.get("consumption", type="virtualmachine") == {
        "__type__": "consumption",
        "customer_no": "10001",
        "parameters": {"cores": 2, "disk": 20, "memory": 256, "rbd_pool": "rbd.hdd", "hours": 5},
        "period": "2026-11-01",
        "type": "virtualmachine",
        "type_id": "shop00",
    }


def test_co_01_contracts_are_consumed_too(services: Api) -> None:
    Contract.objects.create(customer_no="10001", contract_id="c-1", description="Support", quantity=2)
    assert use(services, "contract", "c-1") == {"description": "Support", "quantity": 2}


def test_co_02_traffic_is_per_group_and_may_exceed_32_bit(services: Api) -> None:
    ResourceGroup.objects.filter(name="shop").update(traffic_rate=4 * 10**9)
    advance(hours=10)
    assert use(services, "traffic", "shop")["traffic"] > 2**32
    assert {one["type_id"] for one in services.query("consumption")} == {
        "services", "shop", "example", "example-lab",
    }  # fmt: skip


def test_co_02_machines_are_per_machine_from_when_they_are_ready(services: Api) -> None:
    services.machine("shop00")
    assert not [one for one in services.query("consumption") if one["type"] == "virtualmachine"]
    services.installed("shop01")
    advance(hours=2)
    assert (use(services, "virtualmachine", "shop00"), use(services, "virtualmachine", "shop01")["hours"]) == (
        {"cores": 1, "disk": 10, "memory": 256, "rbd_pool": "rbd.hdd", "hours": 2}, 2,
    )  # fmt: skip


def test_co_02_what_runs_counts_not_what_is_recorded(services: Api) -> None:
    services.installed("shop00")
    services.set("virtualmachine", name="shop00", cores=4)
    assert use(services, "virtualmachine", "shop00")["cores"] == 1
    advance(days=2)
    assert use(services, "virtualmachine", "shop00")["cores"] == 4


def test_co_03_the_current_month_grows(services: Api) -> None:
    services.installed("shop00")
    seen = []
    for _ in range(3):
        advance(hours=24)
        seen.append((use(services, "virtualmachine", "shop00")["hours"], use(services, "traffic", "shop")["traffic"]))
    assert seen == sorted(set(seen))
    assert [hours for hours, _ in seen] == [24, 48, 72]


def test_co_03_past_months_never_change(services: Api) -> None:
    services.installed("shop00")
    jump_to(DECEMBER + timedelta(hours=3))
    november = [one for one in services.query("consumption") if one["period"] == "2026-11-01"]
    assert use(services, "virtualmachine", "shop00", "2026-12-01")["hours"] == 3
    services.set("virtualmachine", name="shop00", cores=4)
    advance(days=20)
    assert [one for one in services.query("consumption") if one["period"] == "2026-11-01"] == november


def test_co_03_no_hour_is_lost_at_the_turn_of_the_month(services: Api) -> None:
    services.installed("shop00")
    jump_to(DECEMBER + timedelta(days=2))
    total = sum(one["parameters"]["hours"] for one in services.query("consumption") if one["type_id"] == "shop00")
    # From the 24th, 10:00 UTC and some seconds, to 2 December, 23:00 UTC.
    assert total == 156 + 48


def test_co_04_by_the_customer_of_the_keys_group(services: Api, shop: Api, acme: Api) -> None:
    services.installed("example00")
    acme.installed("acme00")
    assert shop.query("consumption") == services.query("consumption")
    assert {one["type_id"] for one in acme.query("consumption")} == {"acme", "acme00"}
    ResourceGroup.objects.filter(name="shop").update(customer_no="77777")
    assert {one["customer_no"] for one in shop.query("consumption")} == {"77777"}


def test_co_04_it_outlives_machines_and_groups(services: Api) -> None:
    services.installed("shop00")
    advance(hours=30)
    services.delete("virtualmachine", name="shop00", deadline="2026-11-27")
    advance(days=10)
    services.delete("resourcegroup", name="shop")
    hours = use(services, "virtualmachine", "shop00")["hours"]
    # From when it was ready, 20 s after 10:00 UTC, to when it was shut down, midnight in Berlin two days later.
    assert hours == 13 + 24 + 23
    assert use(services, "traffic", "shop", "2026-12-01")["traffic"] > 0


def test_co_04_a_machine_that_is_brought_back_goes_on_being_accounted(services: Api) -> None:
    services.installed("shop00")
    services.delete("virtualmachine", name="shop00", deadline="2026-11-25")
    jump_to(datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert use(services, "virtualmachine", "shop00")["hours"] == 12
    services.set("virtualmachine", name="shop00")
    advance(hours=4)
    assert use(services, "virtualmachine", "shop00")["hours"] == 16


def test_co_04_what_was_used_before_a_transfer_stays_with_the_old_customer(services: Api, shop: Api) -> None:
    ResourceGroup.objects.filter(name__startswith="example").update(customer_no="77777")
    services.installed("shop00")
    advance(hours=10)
    services.set("resourcegroup", name="shop", parent="example")
    advance(hours=5)
    assert use(services, "virtualmachine", "shop00")["hours"] == 10
    assert use(shop, "virtualmachine", "shop00")["hours"] == 5


def test_in_01_an_invoice_record(services: Api) -> None:
    services.installed("shop00", cores=2, memory=1024, disk=100, rbd_pool="rbd.ssd")
    Contract.objects.create(customer_no="10001", contract_id="c-1", description="Support", quantity=1)
    jump_to(DECEMBER)
    (invoice,) = services.query("invoice")
    assert invoice.keys() == {
        "__type__", "consumption_end", "consumption_start", "customer_no", "items", "status", "total",
    }  # fmt: skip
    assert (invoice["consumption_start"], invoice["consumption_end"]) == ("2026-11-01", "2026-11-30")
    assert invoice["customer_no"] == "10001"
    assert {item["product"] for item in invoice["items"]} == {"TRAFFIC", "VM-SSD", "CONTRACT"}
    for price in [invoice["total"], *(item["price"] for item in invoice["items"])]:
        assert len(price.partition(".")[2]) == 4
    (machine,) = [item for item in invoice["items"] if item["product"] == "VM-SSD"]
    hours = Decimal(156) + Decimal(3580) / 3600
    expected = (2 * Decimal("9.5") + Decimal("6.2") + 100 * Decimal("0.22")) / 730 * hours
    assert abs(Decimal(machine["price"]) - expected) < Decimal("0.05")


def test_in_02_one_for_each_closed_month_total_is_the_sum(services: Api) -> None:
    services.installed("shop00")
    jump_to(DECEMBER - timedelta(minutes=1))
    assert services.query("invoice") == []
    jump_to(JANUARY + timedelta(days=1))
    invoices = services.query("invoice")
    assert [one["consumption_start"] for one in invoices] == ["2026-11-01", "2026-12-01"]
    for one in invoices:
        assert Decimal(one["total"]) == sum(Decimal(item["price"]) for item in one["items"]) > 0


def test_in_02_pending_while_reviewed_then_final(services: Api) -> None:
    jump_to(DECEMBER)
    assert [one["status"] for one in services.query("invoice")] == ["pending"]
    jump_to(DECEMBER + timedelta(days=10))
    assert [one["status"] for one in services.query("invoice")] == ["final"]
    jump_to(JANUARY)
    assert [one["status"] for one in services.query("invoice")] == ["final", "pending"]


def test_in_02_each_customer_has_its_own(services: Api, acme: Api) -> None:
    jump_to(DECEMBER)
    assert [one["customer_no"] for one in services.query("invoice")] == ["10001"]
    assert [one["customer_no"] for one in acme.query("invoice")] == ["10002"]


def test_in_02_a_machine_shut_down_at_the_turn_of_the_month_is_on_the_old_months_invoice(services: Api) -> None:
    services.installed("shop00")
    services.delete("virtualmachine", name="shop00", deadline="2026-12-01")
    jump_to(DECEMBER + timedelta(hours=1))
    periods = [one["period"] for one in services.query("consumption") if one["type_id"] == "shop00"]
    assert use(services, "virtualmachine", "shop00")["hours"] == 156
    assert [period for period in periods if period != "2026-11-01"] in ([], ["2026-12-01"])
