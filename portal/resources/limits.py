"""The limits the platform states today, as values that a deployment may raise (they are settings, not rules)."""

from collections.abc import Mapping
from typing import NamedTuple


class Limit(NamedTuple):
    """Lowest and highest accepted value, both included."""

    low: int
    high: int


type Limits = Mapping[str, Limit]

# vm_09, vm_10, vm_11, vm_14; rg_05; rg_04, where none is stated: a year. The platform's fault is the last word.
STATED: Limits = {
    "cores": Limit(1, 8),
    "memory": Limit(256, 3072),
    "disk": Limit(10, 1000),
    "frontend_ips_v4": Limit(0, 3),
    "frontend_ips_v6": Limit(0, 100),
    "hour": Limit(0, 23),
    "leadtime": Limit(0, 8760),
}
