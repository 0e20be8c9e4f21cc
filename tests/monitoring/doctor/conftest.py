"""A platform and a mail server to be asked."""

from tests.customer.conftest import platform  # noqa: F401
from tests.notify.mail.conftest import absent_server, server  # noqa: F401
