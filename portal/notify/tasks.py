"""What goes on by itself around notices. A message carries ids at most, and may come twice or never."""

from portal.notify.mail.tasks import make_digests, send_mails

__all__ = ["make_digests", "send_mails"]
