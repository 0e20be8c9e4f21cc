"""What endpoints are to be told, put down as rows in the transaction that notes it. `delivering` finds them there."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import Q

from portal.notify.models import Occurrence
from portal.notify.webhooks.models import Endpoint, Message

BATCH = 1000
# Those that are to be told: one whose new address has not been tested keeps what happens until then.
TOLD = Q(state=Endpoint.State.LIVE) | Q(state=Endpoint.State.TESTING, live_since__isnull=False)


def enqueue(occurrences: Sequence[Occurrence]) -> None:
    """A message for each endpoint of their customers that wants to hear of it."""
    customers = {one.customer_id for one in occurrences}
    endpoints: defaultdict[int, list[Endpoint]] = defaultdict(list)
    for endpoint in Endpoint.objects.filter(TOLD, customer__in=customers).only("pk", "customer", "kinds"):
        endpoints[endpoint.customer_id].append(endpoint)
    if endpoints:
        Message.objects.bulk_create(_messages(occurrences, endpoints), batch_size=BATCH, ignore_conflicts=True)


def wants(endpoint: Endpoint, kind: str) -> bool:
    """Whether it is to be told of that kind."""
    return endpoint.takes_all or kind in endpoint.kinds


def _messages(occurrences: Sequence[Occurrence], endpoints: defaultdict[int, list[Endpoint]]) -> Iterator[Message]:
    for occurrence in occurrences:
        for endpoint in endpoints.get(occurrence.customer_id, ()):
            if wants(endpoint, occurrence.kind):
                yield Message(endpoint=endpoint, occurrence=occurrence)
