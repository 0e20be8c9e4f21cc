"""The sandbox's tables: what is recorded (inventory), what runs (hardware), what will happen, what it cost."""

from portal.sandbox.models.billing import Consumption, Contract, Invoice
from portal.sandbox.models.inventory import (
    Address,
    Call,
    Machine,
    Permission,
    ResourceGroup,
    RetiredName,
    ServiceUser,
)
from portal.sandbox.models.running import Activity, Event, Hardware, Location, Maintenance, World

__all__ = [
    "Activity",
    "Address",
    "Call",
    "Consumption",
    "Contract",
    "Event",
    "Hardware",
    "Invoice",
    "Location",
    "Machine",
    "Maintenance",
    "Permission",
    "ResourceGroup",
    "RetiredName",
    "ServiceUser",
    "World",
]
