"""How long a password may be: hashing megabytes would be work that anybody could give us."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 1000


class MaximumLengthValidator:
    """Refuses new passwords longer than anybody types."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                _("This password has %(length)d characters; the maximum is %(most)d."),
                code="password_too_long",
                params={"length": len(password), "most": LONGEST},
            )

    def get_help_text(self) -> str:
        return ""
