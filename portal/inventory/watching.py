"""Whether somebody has a page open on which something is pending: then the platform is polled more often."""

from portal.accounts.models import ApiKey, Customer
from portal.inventory.connection import Away, connected

WATCHED_FOR = 10  # seconds after an open page last said so


def watch(customer: Customer) -> None:
    """A page of this customer's is open; called by each request of its status part."""
    try:
        with connected() as redis:
            redis.set(_name(customer.pk), b"1", ex=WATCHED_FOR)
    except Away:
        return


def is_watched(api_key: ApiKey) -> bool:
    """Whether a page of the key's customer is open; False when Redis is away."""
    try:
        with connected() as redis:
            return bool(redis.exists(_name(api_key.customer_id)))
    except Away:
        return False


def _name(customer: int) -> str:
    return f"watched:{customer}"
