"""Limits of costs are told of once for a month, and for the month of Berlin in which they were passed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail

from portal.accounts.models import Customer, User
from portal.billing import tasks
from portal.billing.thresholds.models import Measure, Passed, Threshold
from portal.notify import watching
from portal.notify.mail import outbox
from portal.notify.models import Reading
from tests.customer.conftest import Browse
from tests.moments.almanac import Almanac
from tests.moments.conftest import Records, moved
from tests.moments.wording import BERLIN, ENGLISH, GERMAN
from tests.support.services import Sandbox

pytestmark = pytest.mark.usefixtures("outbox")

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def used_of(query: Callable[..., Records], group: str, month: str) -> int:
    """Bytes of a group, as the platform has counted them."""
    return sum(
        one["parameters"]["traffic"]
        for one in query("consumption")
        if (one["type"], one["type_id"], one["period"]) == ("traffic", group, month)
    )


def limit(group: str, value: int) -> Threshold:
    customer = Customer.objects.get(number="10001")
    return Threshold.objects.create(customer=customer, measure=Measure.TRAFFIC, group=group, limit=value)


def look(browse: Browse) -> None:
    """The portal knows what the platform counts now; its beat looks at the limits and sends mails, twice."""
    client = browse("manager")
    for path in ("consumption/", "invoice/"):
        client.post(f"/c/10001/{path}")
    for _time in range(2):
        tasks.watch_limits()
        watching.read_rows()
        outbox.send_due()


def passed_in(threshold: Threshold) -> set[str]:
    return set(Passed.objects.filter(threshold=threshold).values_list("month", flat=True))


def test_a_limit_is_told_of_once_for_each_month_in_which_it_is_passed(
    browse: Browse, platform: Sandbox, query: Callable[..., Records], almanac: Almanac, moment: datetime
) -> None:
    User.objects.filter(email="billing@example.com").update(language="de")
    month, following = almanac.month, almanac.next_month
    end = datetime.fromisoformat(following).replace(tzinfo=BERLIN)
    Reading.objects.create(customer=Customer.objects.get(number="10001"))
    soon = limit("shop", used_of(query, "shop", month) + 1)
    unknown = limit("example", 10**15)
    look(browse)
    assert not Passed.objects.exists()
    with moved(platform, moment + MINUTE + timedelta(seconds=10)):
        look(browse)
    assert passed_in(soon) == {month}
    said = {one.to[0]: one.subject for one in mail.outbox}
    assert len(mail.outbox) == len(said) == 2
    assert ENGLISH.month(month) in said["manager@example.com"]
    assert GERMAN.month(month) in said["billing@example.com"]
    with moved(platform, end + HOUR):
        late = limit("shop-search", used_of(query, "shop-search", month))
        early = limit("old", used_of(query, "old", month))
        Threshold.objects.filter(pk=late.pk).update(created=moment)
        look(browse)
        again = used_of(query, "shop", following) >= soon.limit
        # Of what was passed in the last minutes is told when the month is over already; not so of one set since.
        assert passed_in(late) == {month}
        assert passed_in(early) == set()
        assert passed_in(soon) == ({month, following} if again else {month})
        assert passed_in(unknown) == set()
