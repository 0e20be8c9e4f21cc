"""What goes on by itself around people and keys."""

from portal.accounts import form_drafts, submit_once
from portal.accounts.audit import forgetting
from portal.accounts.keys import api_keys
from portal.accounts.sign_in import sessions
from portal.celery import app


@app.task(name="accounts.note_refused_keys")
def note_refused_keys() -> None:
    """A key that the platform refuses is on record, from which its managers hear of it."""
    api_keys.note_refused()


@app.task(name="accounts.tidy")
def tidy() -> None:
    """What was kept for a while goes: of forms, of sessions, and of the audit trail where that is set."""
    form_drafts.forget_old()
    submit_once.forget_old()
    sessions.forget_ended()
    forgetting.forget_old()
