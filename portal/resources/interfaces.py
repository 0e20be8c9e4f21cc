"""What a machine's record says of its addresses (vm_15)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.resources.spec import Value

PUBLIC = "fe"
ORDER = (PUBLIC, "srv")


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a machine, and where it is."""

    address: str
    interface: str
    network: str

    @property
    def version(self) -> int:
        """Of the internet protocol: 4 or 6."""
        return 6 if ":" in self.address else 4


def addresses(interfaces: Value) -> list[Address]:
    """All addresses, public ones first, IPv4 before IPv6. Whatever is not as documented is passed over."""
    return sorted(_found(interfaces), key=lambda found: (rank(found.interface), found.version))


def rank(interface: str) -> int:
    """The place of an interface among others: public, private, any other."""
    return ORDER.index(interface) if interface in ORDER else len(ORDER)


def _found(interfaces: Value) -> Iterator[Address]:
    for name, interface in interfaces.items() if isinstance(interfaces, Mapping) else ():
        networks = interface.get("networks") if isinstance(interface, Mapping) else None
        for network, found in networks.items() if isinstance(networks, Mapping) else ():
            for address in found if isinstance(found, list) else ():
                yield Address(str(address), str(name), str(network))
