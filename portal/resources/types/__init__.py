"""The seven resource types of the platform. A new type is one module here and one line in `TYPES`."""

from portal.resources.spec import ResourceType
from portal.resources.types.consumption import CONSUMPTION
from portal.resources.types.invoice import INVOICE
from portal.resources.types.maintenance import MAINTENANCE
from portal.resources.types.permission import PERMISSION
from portal.resources.types.resourcegroup import RESOURCE_GROUP
from portal.resources.types.serviceuser import SERVICE_USER
from portal.resources.types.virtualmachine import VIRTUAL_MACHINE

TYPES: dict[str, ResourceType] = {
    resource_type.name: resource_type
    for resource_type in (
        VIRTUAL_MACHINE,
        RESOURCE_GROUP,
        SERVICE_USER,
        PERMISSION,
        MAINTENANCE,
        CONSUMPTION,
        INVOICE,
    )
}

__all__ = [
    "CONSUMPTION",
    "INVOICE",
    "MAINTENANCE",
    "PERMISSION",
    "RESOURCE_GROUP",
    "SERVICE_USER",
    "TYPES",
    "VIRTUAL_MACHINE",
]
