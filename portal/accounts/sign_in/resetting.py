"""A new password by the link of a mail: whose it is and what happens is said first, and nothing happens before."""

from typing import Any

from allauth.account import views as allauth
from allauth.account.forms import default_token_generator
from django.http import HttpResponse


class ResetPassword(allauth.PasswordResetFromKeyView):
    """allauth's page, on which a look signs nobody out, and a link that does not work says why."""

    def logout(self) -> None:
        """Not by opening the link, as allauth has it: `form_valid` does."""

    def form_valid(self, form: Any) -> HttpResponse:
        """The password is set; whoever else was signed in here is signed out."""
        if self._is_somebody_else_here():
            super().logout()
            self.request.session[allauth.INTERNAL_RESET_SESSION_KEY] = self.key  # Back says that the link was used
        answer: HttpResponse = super().form_valid(form)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if self.reset_user is None:
            return context | {"reason": self._why_not()}
        return context | {"person": self.reset_user, "is_somebody_else_here": self._is_somebody_else_here()}

    def _is_somebody_else_here(self) -> bool:
        return self.request.user.is_authenticated and self.request.user.pk != self.reset_user.pk

    def _why_not(self) -> str:
        """elsewhere (the address that the link led to, in a browser that has not opened the link) | expired | used."""
        if not self.key:
            return "elsewhere"
        return "expired" if default_token_generator.is_too_old(self.key) else "used"


reset_password = ResetPassword.as_view()
