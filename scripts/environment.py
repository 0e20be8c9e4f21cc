"""Where the project is, and the environment variables that its processes get."""

import base64
import secrets
import socket
from pathlib import Path

from portal.environment.rules import NOT_IN_PRODUCTION

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def new_secrets() -> dict[str, str]:
    """Random values of the settings that must be secret."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "CREDENTIAL_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def production_like() -> dict[str, str]:
    """An environment with which `manage.py check --deploy` sees what production would."""
    return {
        **new_secrets(),
        **dict.fromkeys(NOT_IN_PRODUCTION, ""),
        "HTTPS": "1",
        "TRUSTED_PROXIES": "1",
        "ALLOWED_HOSTS": "portal.example.com",
        "API_URL": "https://api.example.com/v1",
        "SMTP_HOST": "mail.example.com",
    }


def stack_environment(
    directory: Path, *, sandbox_port: int, redis_port: int, secrets: dict[str, str]
) -> dict[str, str]:
    """The environment of a portal with its own sandbox and Redis, all on the loopback interface.

    Both databases are SQLite files in `directory`.
    """
    return {
        **secrets,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DEBUG": "",
        "STAFF_MFA": "0",
        "DATABASE_URL": f"sqlite:///{directory / 'portal.sqlite3'}",
        "SANDBOX_DATABASE_URL": f"sqlite:///{directory / 'sandbox.sqlite3'}",
        "CACHE_URL": f"redis://127.0.0.1:{redis_port}/0",
        "BROKER_URL": f"redis://127.0.0.1:{redis_port}/1",
        "API_URL": f"http://127.0.0.1:{sandbox_port}/v1",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "STATIC_ROOT": str(directory / "static"),
        "SUPPORT_MAIL": "support@example.com",
        "SUPPORT_PHONE": "+49 30 23125 000",
        "SUPPORT_HOURS": "Mon–Fri 9:00–17:00",
        "PYTHONUNBUFFERED": "1",
    }
