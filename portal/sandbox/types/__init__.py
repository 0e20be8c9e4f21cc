"""The resource types of the API, one module each; `REGISTRY` has them by name."""

from portal.sandbox.types.base import ResourceType
from portal.sandbox.types.maintenance import Maintenances
from portal.sandbox.types.money import Consumptions, Invoices
from portal.sandbox.types.permission import Permissions
from portal.sandbox.types.resourcegroup import ResourceGroups
from portal.sandbox.types.serviceuser import ServiceUsers
from portal.sandbox.types.virtualmachine import VirtualMachines

REGISTRY: dict[str, ResourceType] = {
    kind.name: kind
    for kind in (
        ResourceGroups(),
        ServiceUsers(),
        Permissions(),
        VirtualMachines(),
        Maintenances(),
        Consumptions(),
        Invoices(),
    )
}
