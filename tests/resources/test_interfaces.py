"""What a machine's record says of its addresses (vm_15)."""

from typing import Any

import pytest

from portal.resources.interfaces import Address, addresses

INTERFACES = {
    "srv": {
        "mac": "02:00:00:03:10:04",
        "networks": {"10.0.16.0/20": ["10.0.16.2"], "2001:db8:1::/64": ["2001:db8:1::2"]},
    },
    "bak": {"networks": {"10.9.0.0/20": ["10.9.0.2"]}},
    "fe": {"networks": {"2001:db8::/64": ["2001:db8::2"], "203.0.113.0/24": ["203.0.113.3", "203.0.113.2"]}},
}


def test_vm_15_public_addresses_come_first_and_ipv4_before_ipv6() -> None:
    assert [(one.address, one.interface, one.version) for one in addresses(INTERFACES)] == [
        ("203.0.113.3", "fe", 4),
        ("203.0.113.2", "fe", 4),
        ("2001:db8::2", "fe", 6),
        ("10.0.16.2", "srv", 4),
        ("2001:db8:1::2", "srv", 6),
        ("10.9.0.2", "bak", 4),
    ]
    assert addresses(INTERFACES)[0] == Address("203.0.113.3", "fe", "203.0.113.0/24")


@pytest.mark.parametrize(
    "value",
    [None, "", [], {}, {"fe": None}, {"fe": {"networks": []}}, {"fe": {"networks": {"203.0.113.0/24": "203.0.113.2"}}}],
)
def test_what_is_not_as_documented_is_passed_over(value: Any) -> None:
    assert addresses(value) == []
