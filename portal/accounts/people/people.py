"""People by what somebody types of them."""

from portal.accounts.models import User
from portal.resources.spelling import mentions, plain, words_of

MOST_WORDS = 6


def named_so(text: str) -> list[User]:
    """Those whose name or address mentions every word, by address; nobody for no words.

    Compared here, not by the database: SQLite and PostgreSQL differ in what they hold to be the same letter.
    """
    words = words_of(text, MOST_WORDS)
    if not words:
        return []
    known = User.objects.order_by("email").values_list("pk", "name", "email")
    found = [pk for pk, name, email in known if mentions(plain(f"{name}\n{email}"), words)]
    return list(User.objects.filter(pk__in=found).order_by("email"))
