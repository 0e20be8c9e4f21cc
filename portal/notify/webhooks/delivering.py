"""Messages are sent: one at a time for each endpoint, under a lease, with pauses that grow, until an end.

What is sent comes due again in the row before it is: a worker that is killed loses nothing, and its successor sends it
again under the same id. Whoever has lost the lease meanwhile notes nothing.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from portal.accounts import retention
from portal.accounts.audit import trail
from portal.accounts.keys import sealing
from portal.notify.webhooks import calling, pauses, payload, signing
from portal.notify.webhooks.calling import Answer, Problem
from portal.notify.webhooks.models import Attempt, Endpoint, Message

LEASE = timedelta(seconds=30)  # for one attempt: a call takes ten at most
TURN = timedelta(seconds=20)  # after which others have theirs
AT_ONCE = 6  # endpoints that are called at the same time: workers for mail are left over (`scripts.stack`)
GONE = 410
CLOSED = Endpoint.State.OFF
WAITING = Message.State.WAITING
# What an endpoint may be sent: until a test was answered nothing else.
MAY_BE_SENT = Q(endpoint__state=Endpoint.State.LIVE) | Q(endpoint__state=Endpoint.State.TESTING, occurrence=None)


def due() -> list[str]:
    """Endpoints that something is to be sent to now, whoever has waited longest for a turn first."""
    now = timezone.now()
    room = AT_ONCE - Endpoint.objects.exclude(holder="").filter(free_at__gt=now).count()
    waiting = Message.objects.filter(MAY_BE_SENT, state=WAITING, due__lte=now, endpoint__free_at__lte=now)
    found = waiting.order_by().values("endpoint", "endpoint__free_at").annotate(first=Min("due"))
    return [str(one["endpoint"]) for one in found.order_by("endpoint__free_at", "first")[: max(room, 0)]]


def deliver(pk: str) -> int:
    """Send what is due to that endpoint, for a while. How many attempts were made; none where another one is at it."""
    holder, made = secrets.token_hex(16), 0
    end = timezone.now() + TURN
    while timezone.now() < end and (message := _take(pk, holder)):
        answer = _send(message)
        _note(message, answer, holder)
        made += 1
    Endpoint.objects.filter(pk=pk, holder=holder).update(holder="", free_at=timezone.now())
    return made


def turn_off(endpoint: Endpoint, why: Endpoint.WhyOff) -> None:
    """Nothing more is sent to it. The caller holds the row, and puts it on record."""
    endpoint.state, endpoint.why_off, endpoint.live_since = CLOSED, why, None
    endpoint.save(update_fields=["state", "why_off", "live_since"])
    endpoint.messages.filter(state=WAITING).update(state=Message.State.FAILED)


def remove_old() -> int:
    """Messages of long ago (settings.KEEP_WEBHOOK_EVENTS_DAYS), with their attempts. How many."""
    with transaction.atomic():
        since = retention.since(settings.KEEP_WEBHOOK_EVENTS_DAYS)
        _rows, removed = Message.objects.filter(created__lt=since).delete()
        count = removed.get(Message._meta.label, 0)
        retention.note("webhook events", count)
    return count


def _take(pk: str, holder: str) -> Message | None:
    """The next message of an endpoint that is free, or held by us; None where nothing is due, or it rests."""
    now = timezone.now()
    with transaction.atomic():
        free = Endpoint.objects.filter(Q(free_at__lte=now) | Q(holder=holder), pk=pk)
        if not free.update(holder=holder, free_at=now + LEASE):
            return None
        message = _next(pk, now)
        if message is None:
            return None
        message.attempts += 1
        message.due = now + (pauses.after(message.attempts) or LEASE)
        message.save(update_fields=["attempts", "due"])
    return message


def _next(pk: str, now: datetime) -> Message | None:
    waiting = Message.objects.filter(MAY_BE_SENT, endpoint__pk=pk, state=WAITING, due__lte=now)
    whole = waiting.select_related("endpoint__customer", "occurrence__customer")
    return whole.order_by("due", "created", "pk").first()


def _send(message: Message) -> Answer:
    now = timezone.now()
    body = payload.body_of(message)
    try:
        held = message.endpoint.secrets_at(now)
    except sealing.Broken:
        return Answer(None, 0.0, Problem.SECRET)
    headers = signing.headers(held, message.webhook_id, int(now.timestamp()), body)
    return calling.call(message.endpoint.url, body, headers)


def _note(message: Message, answer: Answer, holder: str) -> None:
    """What came of it, in one transaction; nothing where the endpoint has gone, or is another worker's by now."""
    now = timezone.now()
    with transaction.atomic():
        endpoint = _held(message, holder).select_for_update(of=("self",), no_key=True).first()
        if endpoint is None or not Message.objects.filter(pk=message.pk).exists():
            return
        _log(message, answer, now)
        if answer.is_success:
            _delivered(endpoint, message, now)
        else:
            _failed(endpoint, message, answer, now)


def _log(message: Message, answer: Answer, now: datetime) -> None:
    Attempt.objects.create(
        message=message,
        at=now - timedelta(seconds=answer.seconds),
        status=answer.status,
        milliseconds=round(answer.seconds * 1000),
        problem=answer.problem,
        excerpt=answer.excerpt,
    )


def _delivered(endpoint: Endpoint, message: Message, now: datetime) -> None:
    _this_time(message).update(state=Message.State.DELIVERED)
    endpoint.failures, endpoint.failing_since = 0, None
    has_answered_a_test = message.occurrence_id is None and message.endpoint.url == endpoint.url  # as it is now
    if endpoint.state == Endpoint.State.TESTING and has_answered_a_test:
        endpoint.state, endpoint.live_since = Endpoint.State.LIVE, now
        trail.record("webhook.switched_on", customer=endpoint.customer, target=str(endpoint))
    endpoint.save(update_fields=["failures", "failing_since", "state", "live_since"])


def _failed(endpoint: Endpoint, message: Message, answer: Answer, now: datetime) -> None:
    put_off = pauses.put_off(answer.retry_after, now)
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.holder, endpoint.free_at = "", now + pauses.rest(endpoint.failures, put_off)
    endpoint.save(update_fields=["failures", "failing_since", "holder", "free_at"])
    pause = pauses.after(message.attempts, put_off) if message.occurrence_id else None  # a test is sent once
    waiting = _this_time(message).filter(state=WAITING)
    waiting.update(state=Message.State.FAILED) if pause is None else waiting.update(due=now + pause)
    is_over = pause is None and message.occurrence_id is not None
    if why := _why_off(endpoint, answer, now, is_over=is_over):
        turn_off(endpoint, why)
        trail.record("webhook.switched_off", customer=endpoint.customer, target=str(endpoint), after={"why": why})


def _why_off(endpoint: Endpoint, answer: Answer, now: datetime, *, is_over: bool) -> Endpoint.WhyOff | None:
    """It says that it is gone, or nothing at all was delivered while a message was tried to the end."""
    if endpoint.state == CLOSED:
        return None
    if answer.status == GONE:
        return Endpoint.WhyOff.GONE
    has_failed_throughout = endpoint.failing_since and endpoint.failing_since <= now - pauses.SHORTEST
    return Endpoint.WhyOff.FAILING if is_over and has_failed_throughout else None


def _this_time(message: Message) -> QuerySet[Message]:
    """Unless it is to be sent again since."""
    return Message.objects.filter(pk=message.pk, attempts=message.attempts)


def _held(message: Message, holder: str) -> QuerySet[Endpoint]:
    return Endpoint.objects.select_related("customer").filter(pk=message.endpoint_id, holder=holder)
