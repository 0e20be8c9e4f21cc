"""What has happened is noted: once, with word to each person, and with all that is to be sent, in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from itertools import batched

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.accounts import retention
from portal.accounts.models import Customer, Membership
from portal.inventory import news
from portal.notify import choices
from portal.notify.choices import Chosen
from portal.notify.facts import Fact
from portal.notify.kinds import KINDS, Channel
from portal.notify.models import Mail, Notice, Occurrence
from portal.notify.recipients import Audience
from portal.notify.webhooks import queue as webhooks

OLDEST = timedelta(days=45)  # of what is still told: less than KEEP_NOTICES_DAYS, so that nothing is told again
BATCH = 500


def note(customer: Customer, facts: Iterable[Fact], *, silent: bool = False) -> list[Occurrence]:
    """Note what was not noted yet; what was answers nothing. Within the caller's transaction, who holds the customer's
    `Reading`. `silent`: it was there before anybody listened, so nobody is told.
    """
    fresh = _new(customer, facts)
    occurrences = [_occurrence(customer, fact) for fact in fresh]
    Occurrence.objects.bulk_create(occurrences, batch_size=BATCH)
    if occurrences and not silent:
        _tell(customer, list(zip(fresh, occurrences, strict=True)))
    return occurrences


def forget_old() -> int:
    """What happened long ago goes (settings.KEEP_NOTICES_DAYS), with all that was told of it. How many."""
    since = retention.since(settings.KEEP_NOTICES_DAYS)
    with transaction.atomic():
        _rows, by_model = Occurrence.objects.filter(noted__lt=since).delete()
        Mail.objects.filter(created__lt=since).delete()
        count = by_model.get(Occurrence._meta.label, 0)
        retention.note("notifications", count)
    return count


def _new(customer: Customer, facts: Iterable[Fact]) -> list[Fact]:
    since = timezone.now() - OLDEST
    found = {_short(fact.key, 300): fact for fact in facts if (fact.dated or fact.at) > since}
    for keys in batched(list(found), BATCH):
        rows = Occurrence.objects.filter(customer=customer, key__in=keys)
        for key in rows.values_list("key", flat=True):
            del found[key]
    return list(found.values())


def _occurrence(customer: Customer, fact: Fact) -> Occurrence:
    return Occurrence(
        customer=customer,
        kind=fact.kind,
        key=_short(fact.key, 300),
        at=fact.at,
        thread=_short(fact.thread, 300),
        type_name=fact.type_name,
        record=fact.record[:200],
        group=fact.group[:64],
        data=dict(fact.data),
    )


def _short(text: str, most: int) -> str:
    """As the column holds it, still another for another text: nobody has promised how long names are."""
    return text if len(text) <= most else blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


def _tell(customer: Customer, told: Sequence[tuple[Fact, Occurrence]]) -> None:
    audience = Audience(customer)
    chosen = choices.of_people(audience.people)
    mails: dict[tuple[int, str], Mail] = {}
    notices = [
        notice
        for fact, occurrence in told
        for user in audience.of(fact)
        if (notice := _notice(customer, user, occurrence, chosen.get(user, {}), mails))
    ]
    Mail.objects.bulk_create(mails.values(), batch_size=BATCH)
    Notice.objects.bulk_create(notices, batch_size=BATCH)
    webhooks.enqueue([occurrence for _fact, occurrence in told])
    _count(customer, Counter(notice.user_id for notice in notices if notice.in_bell))


def _notice(
    customer: Customer, user: int, occurrence: Occurrence, chosen: Chosen, mails: dict[tuple[int, str], Mail]
) -> Notice | None:
    """Word to one person; None who wants none of it. What is noted of one kind at once is one mail."""
    kind = KINDS[occurrence.kind]
    channels = choices.channels(kind, chosen)
    mail = None
    if Channel.MAIL in channels:
        mail = mails.setdefault((user, kind.name), Mail(user_id=user, customer=customer))
    for_digest = Channel.DIGEST in channels and Channel.MAIL not in channels
    if not channels:
        return None
    in_bell = Channel.BELL in channels
    return Notice(
        occurrence=occurrence, user_id=user, customer=customer, in_bell=in_bell, mail=mail, for_digest=for_digest
    )


def _count(customer: Customer, unread: Mapping[int, int]) -> None:
    """What is new in the bells, where pages find it (Membership.unread), and word to those that are open."""
    by_count: defaultdict[int, list[int]] = defaultdict(list)
    for user, count in unread.items():
        by_count[count].append(user)
    for count, users in by_count.items():
        Membership.objects.filter(customer=customer, user__in=users).update(unread=F("unread") + count)
    news.tell_after_commit([news.of_person(user) for user in unread])
