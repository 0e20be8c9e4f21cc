"""Every variable of the environment that the portal reads, by sections: docs/settings.md is made from this.

A name that is new goes here; one that changes also into `names.RENAMED`.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

from portal.environment import kinds
from portal.environment.setting import Section, Setting

ROOT = Path(__file__).resolve().parent.parent.parent

DEVELOPMENT_SECRET = "only-for-development-" + "0" * 43
DEVELOPMENT_KEY = "b25seS1mb3ItZGV2ZWxvcG1lbnQtMDAwMDAwMDAwMDA="
SANDBOX_URL = "http://127.0.0.1:8001/v1"
REQUIRED = "required; with `DEBUG`, one for development"
REDIS = ("redis", "rediss")
RABBITMQ = ("amqp", "amqps")
API = "https://api.example.com/v1"


class Secrets(Section):
    """Secrets"""

    SECRET_KEY = Setting(
        kinds.text,
        DEVELOPMENT_SECRET,
        "Signs cookies and links: at least 32 random characters, such as `openssl rand -base64 48` makes.",
        default_text=REQUIRED,
        is_secret=True,
    )
    CREDENTIAL_KEYS = Setting(
        kinds.key_ring,
        [DEVELOPMENT_KEY],
        "Encrypt the API keys and what else is stored encrypted: base64 of 32 random bytes, such as "
        "`openssl rand -base64 32` makes. Several have commas between them; the first encrypts, all decrypt.",
        default_text=REQUIRED,
        is_secret=True,
    )


class Site(Section):
    """The site"""

    ALLOWED_HOSTS = Setting(
        kinds.hosts,
        ["127.0.0.1", "localhost"],
        "Names of this site, with commas between them; the first one is the site's own.",
    )
    HTTPS = Setting(
        kinds.flag, False, "The site is served by HTTPS, by a proxy in front: this is production (`compose.yaml`: on)."
    )
    TRUSTED_PROXIES = Setting(
        kinds.whole(0, 20),
        0,
        "How many of your own proxies append to `X-Forwarded-For` (`compose.yaml`: 1). With too few, everybody has the "
        "proxy's address, and ten wrong passwords lock out all; with too many, people can make theirs up. The log says "
        "when the header does not fit.",
    )
    PORTAL_URL = Setting(
        kinds.url("https://portal.example.com"),
        "",
        "Where links in emails, calendars and webhooks lead.",
        default_text="with `HTTPS`, `https://` and the first of `ALLOWED_HOSTS`",
    )
    LOG_LEVEL = Setting(kinds.log_level, "INFO", f"How much is logged: one of {', '.join(kinds.LEVELS)}.")
    LOG_FORMAT = Setting(
        kinds.one_of("text", "json"), "text", "How a line of the log looks: `text` for people, `json` for programs."
    )
    WEB_PROCESSES = Setting(kinds.whole(1, 256), 2, "Processes of the web server.")


class Platform(Section):
    """The platform"""

    API_URL = Setting(
        kinds.url(API),
        SANDBOX_URL,
        "The platform's API.",
        default_text=f"`{SANDBOX_URL}`, the sandbox; required with `HTTPS`",
    )
    # At most: a task may take half as long again, and has to be over before Redis hands out its message a second time.
    API_DEADLINE = Setting(kinds.seconds(1, 300), 60.0, "Seconds that a call may take.")
    API_MAX_BYTES = Setting(kinds.whole(2**20, 2**32), 64 * 2**20, "Bytes that an answer may have.")
    API_BREAKER_OPEN_FOR = Setting(
        kinds.seconds(0.1, 3600), 5.0, "Seconds between attempts at a platform that does not respond."
    )
    API_BUDGET = Setting(
        kinds.whole(1, 1_000_000), 60, "Calls a minute with one API key, above which the console points it out."
    )
    REQUESTS_CA_BUNDLE = Setting(
        kinds.text, "", "File with the certificate authorities to trust in calls.", default_text="the usual ones"
    )
    CURL_CA_BUNDLE = Setting(
        kinds.text, "", "The same, where `REQUESTS_CA_BUNDLE` is not set.", default_text="the usual ones"
    )


class Storage(Section):
    """Databases and files"""

    DATABASE_URL = Setting(
        kinds.secret_url("postgres", "postgresql", "sqlite", example="postgres://portal:password@localhost/portal"),
        f"sqlite:///{ROOT / 'var' / 'portal.sqlite3'}",
        "PostgreSQL, or SQLite for trying and testing.",
        default_text="SQLite in `var/portal.sqlite3`",
        is_secret=True,
    )
    CACHE_URL = Setting(
        kinds.server_url(*REDIS, "unix", example="redis://localhost:6379/0"),
        "redis://127.0.0.1:6379/0",
        "Redis for what the platform answered; behind Sentinels `redis+sentinel://host:26379,host:26379/service/0`.",
        is_secret=True,
    )
    BROKER_URL = Setting(
        kinds.server_url(*REDIS, "redis+socket", *RABBITMQ, example="redis://localhost:6379/1"),
        "redis://127.0.0.1:6379/1",
        "Redis for messages to the workers, also behind Sentinels, or RabbitMQ (`amqp://`, `amqps://`).",
        is_secret=True,
    )
    STATIC_ROOT = Setting(kinds.path, ROOT / "staticfiles", "Folder of the static files.", default_text="`staticfiles`")
    NODE_MODULES = Setting(
        kinds.path, ROOT / "node_modules", "Folder of the npm packages.", default_text="`node_modules`"
    )


class Mail(Section):
    """Mail and support"""

    SMTP_HOST = Setting(
        kinds.host, "", "Server that sends the emails.", default_text="none: emails are written to the log"
    )
    SMTP_PORT = Setting(kinds.whole(1, 65535), 25, "Its port.")
    MAIL_FROM = Setting(
        kinds.sender,
        "",
        "Sender of the emails.",
        default_text="`portal@` and the first of `ALLOWED_HOSTS`",
    )
    SUPPORT_MAIL = Setting(
        kinds.mail_address, "", "Support contact in the menu, on error pages and in messages: email address."
    )
    SUPPORT_PHONE = Setting(kinds.text, "", "Support contact: phone number.")
    SUPPORT_HOURS = Setting(kinds.text, "", "Support contact: hours.")
    SUPPORT_URL = Setting(kinds.url("https://support.example.com"), "", "Support contact: address of a website.")


class SignIn(Section):
    """Signing in"""

    STAFF_MFA = Setting(kinds.flag, True, "Support staff have to use two-factor.")
    OIDC_SERVER_URL = Setting(
        kinds.url("https://login.example.com"),
        "",
        "Single sign-on: address of the OpenID Connect provider, which has to verify email addresses.",
    )
    OIDC_NAME = Setting(kinds.text, "Single sign-on", "Its name on the sign-in page.")
    OIDC_CLIENT_ID = Setting(kinds.text, "portal", "What the provider calls this portal.")
    OIDC_CLIENT_SECRET = Setting(kinds.text, "", "The portal's secret at the provider.", is_secret=True)
    OIDC_ORIGINS = Setting[list[str]](
        kinds.origins,
        [],
        "Addresses of the provider's sign-in pages, with commas between them, where they differ from its own.",
        default_text="`OIDC_SERVER_URL`",
    )


class Monitoring(Section):
    """Monitoring"""

    METRICS_TOKEN = Setting(
        kinds.text,
        "",
        "Shows `/readyz` and `/metrics` to those who send it (`Authorization: Bearer …`).",
        is_secret=True,
    )
    METRICS_NETWORKS = Setting(
        kinds.networks,
        [ip_network("127.0.0.0/8"), ip_network("::1/128")],
        "Shows both to those who ask directly, without a proxy, from these networks; `none` for no network.",
    )
    SENTRY_DSN = Setting(
        kinds.dsn,
        "",
        "Sends errors to this project of Sentry: where in the code and in which request; nothing that anybody typed.",
        default_text="none: errors are in the log only",
        is_secret=True,
    )
    OTEL_EXPORTER_OTLP_ENDPOINT = Setting(
        kinds.url("http://collector.example.com:4318"),
        "",
        "Sends traces to this collector, by OTLP over HTTP: requests, tasks and calls to the platform.",
        default_text="none: there are no traces",
    )


class Retention(Section):
    """How long things are kept"""

    KEEP_TRAIL_DAYS = Setting(
        kinds.whole(0, 36500),
        0,
        "Days that entries of the audit trail are kept; 0 for ever. `manage.py verify_audit` finds what is left whole.",
    )
    KEEP_NOTICES_DAYS = Setting(
        kinds.whole(60, 3650), 120, "Days that notifications are kept, with the mails that told of them."
    )
    KEEP_WEBHOOK_EVENTS_DAYS = Setting(
        kinds.whole(1, 365), 30, "Days that events of webhooks are kept, with what receivers answered."
    )
    KEEP_PDFS_DAYS = Setting(kinds.whole(1, 90), 1, "Days that PDFs are kept after they were ordered.")


class Development(Section):
    """Development and demo: refused with HTTPS"""

    DEBUG = Setting(kinds.flag, False, "For developing: error pages show the code, and no secrets have to be set.")
    DEMO = Setting(kinds.flag, False, "The sign-in page offers the people of the demo.")
    WEBHOOKS_MAY_CALL_LOOPBACK = Setting(
        kinds.flag, False, "Webhooks may call this machine, also without TLS: for tests and the demo."
    )
    CHECK_FRAGMENTS = Setting(
        kinds.flag, False, "For tests: fail where a stored part of a page differs from a new one."
    )


class Table(Secrets, Site, Platform, Storage, Mail, SignIn, Monitoring, Retention, Development):
    """All of them, typed: `table.API_DEADLINE` is a number."""


SECTIONS: list[type[Section]] = [one for one in Table.__bases__ if issubclass(one, Section)]
SETTINGS: list[Setting[Any]] = [setting for section in SECTIONS for setting in section.settings()]
