"""News of people: what they did, who has signed out, whose account is another. See `news`.

What is done by hand is on record (accounts.audit.trail): roles, members, keys, budgets, views of staff. So its entry
is what counts, and nothing can be forgotten that is not missing there as well. Beside it what is written without: who
belongs to a customer, its keys, accounts and sessions.
"""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models.signals import post_delete, post_save

from portal.accounts.audit import trail
from portal.accounts.models import ApiKey, Membership, User
from portal.inventory import news


def connect() -> None:
    """Listen; called once, when the application is ready."""
    trail.recorded.connect(_recorded)
    post_save.connect(_person_saved, sender=User)
    post_delete.connect(_session_ended, sender=Session)
    for signal in (post_save, post_delete):
        signal.connect(_member, sender=Membership)
        signal.connect(_key, sender=ApiKey)


def _recorded(chain: str, actor_id: int | None, **_signal: Any) -> None:
    of_chain = [news.of_trail(chain)] if chain else []
    of_actor = [news.of_person(actor_id)] if actor_id else []
    news.tell_after_commit([*of_chain, *of_actor])


def _person_saved(instance: User, **_signal: Any) -> None:
    news.tell_after_commit([news.of_person(instance.pk)])


def _session_ended(instance: Session, **_signal: Any) -> None:
    person = instance.get_decoded().get(SESSION_KEY)
    news.tell_after_commit([news.of_person(person)] if person else [])


def _member(instance: Membership, **_signal: Any) -> None:
    news.tell_after_commit([news.of_person(instance.user_id)])


def _key(instance: ApiKey, **_signal: Any) -> None:
    news.tell_after_commit([news.of_customer(instance.customer_id)])
