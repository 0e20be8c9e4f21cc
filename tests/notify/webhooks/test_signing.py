"""Signatures and what is signed, held against the specification's own library, which is nobody's of this house."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from portal.accounts.keys import sealed_values
from portal.notify.webhooks import delivering, payload, signing, verbs
from portal.notify.webhooks.models import Endpoint, Message
from tests.notify.webhooks.conftest import Happen, MakeEndpoint
from tests.notify.webhooks.receiver import Receiver, body_of, headers_of


def verified(secret: str, request: bytes) -> Any:
    """What a receiver reads that uses the library."""
    return Webhook(secret).verify(body_of(request), headers_of(request))


def test_a_secret_is_new_each_time_and_long_enough() -> None:
    one, other = signing.new_secret(), signing.new_secret()
    assert one != other
    assert one.startswith("whsec_")
    assert Webhook(one).sign("msg_1", timezone.now(), "{}") == signing.signature(
        one, "msg_1", int(timezone.now().timestamp()), b"{}"
    )


def test_what_is_delivered_is_verified_by_the_library(
    receiver: Receiver, endpoint: MakeEndpoint, happen: Happen, settings: Any
) -> None:
    settings.PORTAL_URL = "https://portal.example.com"
    one = endpoint(receiver.url)
    occurrence = happen("change.done", type_name="virtualmachine", record="shop01", group="shop", data={"number": 7})
    message = Message.objects.create(endpoint=one, occurrence=occurrence)
    assert delivering.deliver(str(one.pk)) == 1
    (request,) = receiver.requests
    assert headers_of(request)["webhook-id"] == message.webhook_id
    said = verified(one.secret, request)
    assert (said["type"], said["data"]["customer"], said["data"]["number"]) == ("change.done", "10001", 7)
    assert said["timestamp"] == occurrence.at.isoformat().replace("+00:00", "Z")
    assert said["data"]["resource"] == {"type": "virtualmachine", "key": "shop01", "group": "shop"}
    assert said["data"]["url"].startswith("https://portal.example.com/c/10001/")


def test_another_secret_and_another_body_are_refused(
    receiver: Receiver, endpoint: MakeEndpoint, happen: Happen
) -> None:
    one = endpoint(receiver.url)
    Message.objects.create(endpoint=one, occurrence=happen())
    delivering.deliver(str(one.pk))
    (request,) = receiver.requests
    with pytest.raises(WebhookVerificationError):
        verified(signing.new_secret(), request)
    with pytest.raises(WebhookVerificationError):
        verified(one.secret, request + b" ")


def test_after_a_renewal_both_secrets_are_good_for_a_day(
    receiver: Receiver, endpoint: MakeEndpoint, happen: Happen, scope_of: Any
) -> None:
    one = endpoint(receiver.url)
    before = one.secret
    verbs.renew_secret(scope_of("manager"), str(one.pk))
    one.refresh_from_db()
    assert one.secret != before
    Message.objects.create(endpoint=one, occurrence=happen())
    delivering.deliver(str(one.pk))
    assert verified(before, receiver.requests[0]) == verified(one.secret, receiver.requests[0])
    Endpoint.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
    Message.objects.create(endpoint=one, occurrence=happen())
    delivering.deliver(str(one.pk))
    assert verified(one.secret, receiver.requests[1])
    with pytest.raises(WebhookVerificationError):
        verified(before, receiver.requests[1])


def test_what_is_too_long_is_left_out_and_that_is_said(endpoint: MakeEndpoint, happen: Happen) -> None:
    occurrence = happen(data={"long": "x" * 15_000, "longer": "ü" * 20_000, "short": "kept"})
    body = payload.body_of(Message(endpoint=endpoint("https://example.com/"), occurrence=occurrence))
    assert len(body) < 20_000
    data = json.loads(body)["data"]
    assert data["left_out"] == ["longer"]
    assert (len(data["long"]), data["short"]) == (15_000, "kept")


def test_a_test_says_that_it_is_one(endpoint: MakeEndpoint) -> None:
    said = json.loads(payload.body_of(Message(endpoint=endpoint("https://example.com/"))))
    assert (said["type"], said["data"]["customer"]) == ("webhook.test", "10001")


def test_secrets_are_sealed_and_can_be_sealed_anew(endpoint: MakeEndpoint, scope_of: Any, settings: Any) -> None:
    one = endpoint("https://example.com/")
    before = one.secret
    assert before.encode() not in bytes(one.sealed)
    verbs.renew_secret(scope_of("manager"), str(one.pk))
    settings.CREDENTIAL_KEYS = ["bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldyE=", *settings.CREDENTIAL_KEYS]
    mine = [value for value in sealed_values.all_sealed() if "webhook" in value.name]
    assert [value.is_newest for value in mine] == [False, False]
    assert all(value.renew() for value in mine)
    assert not any(value.renew() for value in mine)  # another one was faster
    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    one.refresh_from_db()
    assert one.secrets_at(timezone.now())[1] == before
