"""Addresses of machines: which networks there are, and giving out the lowest free ones.

srv: private IPv4 and public IPv6; fe: public (vm_15). All of them are ranges set aside for documentation,
benchmarks or private use, so that no one's real address ever stands in a demo.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network

from portal.sandbox.errors import RESOURCE_LIMIT, Refused
from portal.sandbox.models import Address, Machine

_SRV_V4 = IPv4Network("10.0.0.0/8")
_FE_V4 = [IPv4Network(net) for net in ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24")]
_FE_V4_MORE = IPv4Network("198.18.0.0/15")
_V6 = IPv6Network("2001:db8::/32")
_PER_SRV, _PER_FE, _PER_V6 = 1000, 250, 4000


def mac(machine_id: int, vlan: str) -> str:
    """The hardware address of a machine's interface, as in the platform's sample records."""
    number = machine_id.to_bytes(3, "big")
    return f"02:00:{number[0]:02x}:{'02' if vlan == 'fe' else '03'}:{number[1]:02x}:{number[2]:02x}"


def place(vlan: str, version: int, number: int) -> tuple[str, str]:
    """Network and address with a running number. IndexError where the range ends."""
    if version == 6:
        index, host = divmod(number, _PER_V6)
        base = int(_V6.network_address) + ((0xFE0 if vlan == "fe" else 0x1C0) + index * 0x1000 << 64)
        network: IPv4Network | IPv6Network = IPv6Network((base, 64))
        host += 0x10
    elif vlan == "srv":
        index, host = divmod(number, _PER_SRV)
        network = IPv4Network((int(_SRV_V4.network_address) + (index + 1 << 12), 20))
        host += 2
    else:
        index, host = divmod(number, _PER_FE)
        network = _FE_V4[index] if index < len(_FE_V4) else _more_fe(index - len(_FE_V4))
        host += 2
    return str(network), str(network[host])


def _more_fe(index: int) -> IPv4Network:
    if index >= 512:
        raise IndexError("no public IPv4 addresses left")
    return IPv4Network((int(_FE_V4_MORE.network_address) + (index << 8), 24))


def allocate(machine: Machine, vlan: str, version: int, count: int) -> None:
    """See to it that a machine has at least `count` addresses of a kind; never takes one away (vm_14)."""
    missing = count - Address.objects.filter(machine=machine, vlan=vlan, version=version).count()
    if missing <= 0:
        return
    kind = Address.objects.filter(vlan=vlan, version=version)
    free = list(kind.filter(machine=None).order_by("number")[:missing])
    for address in free:
        address.machine = machine
    Address.objects.bulk_update(free, ["machine"])
    last = kind.order_by("-number").values_list("number", flat=True).first()
    first = 0 if last is None else last + 1
    numbers = range(first, first + missing - len(free))
    try:
        Address.objects.bulk_create(new(machine.pk, vlan, version, numbers))
    except IndexError:
        raise Refused(f"frontend_ips_v{version}", "no addresses left", RESOURCE_LIMIT) from None


def new(machine_id: int, vlan: str, version: int, numbers: Iterable[int]) -> list[Address]:
    """Unsaved addresses with these running numbers."""
    rows = []
    for number in numbers:
        network, address = place(vlan, version, number)
        rows.append(
            Address(
                machine_id=machine_id, vlan=vlan, version=version, number=number, network=network,
                address=address,
            )
        )  # fmt: skip
    return rows


def interfaces(machine_id: int, addresses: list[tuple[str, str, str]]) -> dict[str, object]:
    """The `interfaces` of a record, from (vlan, network, address) rows in order of number."""
    networks: dict[str, dict[str, list[str]]] = {"fe": {}, "srv": {}}
    for vlan, network, address in addresses:
        networks[vlan].setdefault(network, []).append(address)
    return {vlan: {"mac": mac(machine_id, vlan), "networks": nets} for vlan, nets in networks.items()}
