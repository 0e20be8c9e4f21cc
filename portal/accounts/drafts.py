"""What a person has typed into a form, kept on the server: a session that ends takes nothing with it.

A page with a form offers what was kept (`take`) and drops it when the form has done its work (`discard`). Forms that
are sent after the session has ended are kept by accounts.middleware, and found again after signing in.
"""

from datetime import timedelta

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from portal.accounts import sealing
from portal.accounts.models import Draft, User

KEPT_FOR = timedelta(days=7)
MOST_BYTES = 128 * 1024
MOST_FORMS = 20  # per person; the oldest go
PURPOSE = "drafts"
SECRETS = ("csrfmiddlewaretoken", "password", "secret", "credential", "code")  # never kept, also as part of a name


def keep(user: User, path: str, data: QueryDict) -> bool:
    """Keep what was typed into the form at `path`; False where it is too much. Secrets are left out."""
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        if not any(secret in name.lower() for secret in SECRETS):
            kept.setlist(name, list(values))
    text = kept.urlencode().encode()
    if len(text) > MOST_BYTES or len(path) > 500:
        return False
    sealed = sealing.seal(text, place(user, path), purpose=PURPOSE)
    with transaction.atomic():
        Draft.objects.update_or_create(user=user, path=path, defaults={"sealed": sealed, "kept": timezone.now()})
        newest = Draft.objects.filter(user=user).order_by("-kept").values_list("pk", flat=True)[:MOST_FORMS]
        Draft.objects.filter(user=user).exclude(pk__in=list(newest)).delete()
    return True


def take(user: User, path: str) -> QueryDict | None:
    """What the person had typed into the form at `path`, None where nothing is kept; it stays until discarded."""
    draft = Draft.objects.filter(user=user, path=path, kept__gt=timezone.now() - KEPT_FOR).first()
    if draft is None:
        return None
    try:
        return QueryDict(sealing.unseal(bytes(draft.sealed), place(user, path), purpose=PURPOSE))
    except sealing.Broken:
        draft.delete()
        return None


def discard(user: User, path: str) -> None:
    """The form has done its work."""
    Draft.objects.filter(user=user, path=path).delete()


def place(user: User, path: str) -> bytes:
    """What a draft is bound to: it opens for nobody else, and for no other form."""
    return f"draft {user.pk} {path}".encode()
