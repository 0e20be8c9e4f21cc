"""Where a snapshot stands: one API key in one generation, and one resource type."""

from dataclasses import dataclass

from portal.accounts.models import ApiKey


@dataclass(frozen=True, slots=True)
class SnapshotKey:
    """The tenant and the key's generation are part of it, and so of every cache key made from it."""

    customer: int
    key: str
    generation: int
    type_name: str

    def cache_key(self, part: str) -> str:
        return f"snapshot:3:{self.customer}:{self.key}:{self.generation}:{self.type_name}:{part}"


def place_of(api_key: ApiKey, type_name: str) -> SnapshotKey:
    return SnapshotKey(api_key.customer_id, str(api_key.pk), api_key.generation, type_name)
