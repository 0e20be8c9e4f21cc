"""Settings of the portal. Everything that differs between places comes from the environment (portal.environment)."""

from datetime import timedelta
from logging import ERROR, LogRecord
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from portal.environment.reading import Environment
from portal.logs import lines

BASE_DIR = Path(__file__).resolve().parent.parent


_given = Environment()
if _given.problems:  # ends whatever has begun with them; an exception would be shown with a traceback around it
    raise SystemExit("\n".join(["These settings cannot be used (docs/settings.md):", *_given.problems]))

DEBUG = _given.DEBUG
SECRET_KEY = _given.SECRET_KEY
ALLOWED_HOSTS = _given.ALLOWED_HOSTS
DEMO = _given.DEMO  # the sign-in page offers the demo's people
HTTPS = _given.HTTPS  # whether the site is served by HTTPS (by a proxy in front)
TRUSTED_PROXIES = _given.TRUSTED_PROXIES  # how many of our own append to X-Forwarded-For

# --- the platform -------------------------------------------------------------------------------------------------

API_URL = _given.API_URL
# Seconds; leases and the time limit of tasks follow from the deadline of a call (portal.changes.timing).
API_TIMEOUTS = {"connect_timeout": 3.0, "read_timeout": 20.0, "deadline": _given.API_DEADLINE}
# After so many failures within so many seconds calls stop; one tries each `open_for` seconds (inventory.platform).
API_BREAKER = {"failures": 5, "within": 30.0, "open_for": _given.API_BREAKER_OPEN_FOR}
# Calls a minute that a key may make before the console points it out.
API_BUDGET = _given.API_BUDGET
API_MAX_BYTES = _given.API_MAX_BYTES
# Key ring for the stored API keys, newest first: comma-separated base64 of 32 bytes (portal.accounts.keys.sealing).
CREDENTIAL_KEYS = _given.CREDENTIAL_KEYS
# Limits that were raised for this deployment, by name (portal.resources.limits): {"cores": (1, 16)}
RESOURCE_LIMITS: dict[str, tuple[int, int]] = {}

# --- where things are kept ----------------------------------------------------------------------------------------

DATABASE_URL = _given.DATABASE_URL
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Several processes write: without these, "database is locked" (measured).
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # Whoever is cut off says nothing. Without these, who has asked the database waits until TCP gives up, a quarter of
    # an hour, and what a cut off host has locked there stays locked for two hours. DATABASE_URL may say something else.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 15_000,  # milliseconds
        "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
        " -c tcp_user_timeout=15000",
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in and its limits never depend on Redis: Django's own cache is in the database.
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        # The default of 300 would let anybody push the limits out by trying many addresses.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}
CACHE_URL = _given.CACHE_URL  # snapshots of the platform's answers
BROKER_URL = _given.BROKER_URL  # Celery's messages

# --- who watches over it (portal.monitoring.access) ----------------------------------------------------------------

METRICS_TOKEN = _given.METRICS_TOKEN  # lets anybody who brings it see /readyz and /metrics
METRICS_NETWORKS = _given.METRICS_NETWORKS  # … and those who ask directly, without a proxy, from one of these

# --- who is told of errors, and of where time goes (portal.observability) ------------------------------------------

SENTRY_DSN = _given.SENTRY_DSN
OTEL_EXPORTER_OTLP_ENDPOINT = _given.OTEL_EXPORTER_OTLP_ENDPOINT

# --- the application ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portal.accounts",
    "portal.inventory",
    "portal.changes",
    "portal.plans",
    "portal.schedule",
    "portal.backups",
    "portal.ui",
    "portal.billing",
    "portal.notify",
    "portal.customer",
    "portal.monitoring",
    "portal.console",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "django_tables2",
]
MIDDLEWARE = [
    "portal.logs.access.logged",
    *(["portal.observability.traces.request_span"] if OTEL_EXPORTER_OTLP_ENDPOINT else []),
    *(["portal.observability.errors.within_request"] if SENTRY_DSN else []),
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.ui.compression.CompressedPages",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.accounts.middleware.browser_headers",
    "portal.monitoring.access.answer_watchers",
    "portal.customer.polls.nothing_new",
    "portal.ui.middleware.whole_pages",
    "portal.inventory.snapshots.one_look.one_look",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.middleware.People",
    "portal.console.middleware.view_as",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.accounts.page_stamp.same_page",
    "portal.accounts.submit_once.Once",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["portal.ui.template_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.console.frame.frame",
            ],
        },
    }
]
# Render what is kept of pages again whenever it is used, and fail where it differs (portal.ui.fragments): for tests.
CHECK_FRAGMENTS = _given.CHECK_FRAGMENTS
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "portal.customer.errors.csrf_failure"

# --- how long things are kept (portal.accounts.retention) ---------------------------------------------------------

KEEP_TRAIL_DAYS = _given.KEEP_TRAIL_DAYS
KEEP_NOTICES_DAYS = _given.KEEP_NOTICES_DAYS
KEEP_WEBHOOK_EVENTS_DAYS = _given.KEEP_WEBHOOK_EVENTS_DAYS
KEEP_PDFS_DAYS = _given.KEEP_PDFS_DAYS

# --- webhooks (portal.notify.webhooks.addresses) ------------------------------------------------------------------

# Lets them call this machine, also without TLS: for tests and the demo, and never where the site is a public one.
WEBHOOKS_MAY_CALL_LOOPBACK = _given.WEBHOOKS_MAY_CALL_LOOPBACK

# --- signing in ---------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["portal.accounts.sign_in.backend.Backend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "portal.accounts.sign_in.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=2).total_seconds())
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "portal.accounts.sign_in.reset_tokens.ResetTokens"  # noqa: S105 (a name)
ACCOUNT_ADAPTER = "portal.accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "portal.accounts.sign_in.forms.LoginForm",
    "reset_password": "portal.accounts.sign_in.forms.ResetPasswordForm",
    "reset_password_from_key": "portal.accounts.sign_in.forms.ResetPasswordKeyForm",
    "change_password": "portal.accounts.sign_in.forms.ChangePasswordForm",
    "set_password": "portal.accounts.sign_in.forms.SetPasswordForm",
    "reauthenticate": "portal.accounts.sign_in.forms.ReauthenticateForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,100/h/ip,5/5m/key",
    "reset_password": "10/m/ip,3/m/key",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
THEME_COOKIE_NAME = "theme"  # the look, also read by scripts (portal.ui.preferences)
# Second factors. Staff must have one; the demo switches that off.
STAFF_MFA = _given.STAFF_MFA
MFA_ADAPTER = "portal.accounts.sign_in.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds either way (portal.accounts.sign_in.authenticator_codes)
MFA_FORMS = {"activate_totp": "portal.accounts.sign_in.authenticator_codes.ActivateForm"}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers allow passkeys without HTTPS on localhost only
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who is here was invited to their address
MFA_RECOVERY_CODES_SHOW_ONCE = True
USERSESSIONS_TRACK_ACTIVITY = True
# Single sign-on, where OIDC_SERVER_URL names a provider (OpenID Connect); it has to verify e-mail addresses.
OIDC_SERVER_URL = _given.OIDC_SERVER_URL
SIGN_ON_ORIGINS = (_given.OIDC_ORIGINS or [OIDC_SERVER_URL]) if OIDC_SERVER_URL else []
SOCIALACCOUNT_ADAPTER = "portal.accounts.sign_in.adapter.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": _given.OIDC_NAME,
                "client_id": _given.OIDC_CLIENT_ID,
                "secret": _given.OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ]
        if OIDC_SERVER_URL
        else [],
    }
}
# For links in mail that nobody asked for at an address: "https://portal.example.com".
PORTAL_URL = (_given.PORTAL_URL or (f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if HTTPS else "")).rstrip("/")
# Mail goes to SMTP_HOST, or to the log where there is none.
# Whom people are told to ask (portal.ui.support_contact).
SUPPORT_MAIL = _given.SUPPORT_MAIL
SUPPORT_PHONE = _given.SUPPORT_PHONE
SUPPORT_HOURS = _given.SUPPORT_HOURS
SUPPORT_URL = _given.SUPPORT_URL
SMTP_HOST = _given.SMTP_HOST
SMTP_PORT = _given.SMTP_PORT
DEFAULT_FROM_EMAIL = _given.MAIL_FROM or f"portal@{ALLOWED_HOSTS[0].lstrip('.')}"
MAILERS: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": SMTP_HOST, "port": SMTP_PORT, "timeout": 10},
    }
    if SMTP_HOST
    else {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
}

# --- the browser --------------------------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF, *SIGN_ON_ORIGINS],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked within the house, without a proxy
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    THEME_COOKIE_NAME = "__Host-theme"

STATIC_URL = "static/"
STATIC_ROOT = str(_given.STATIC_ROOT)
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",  # allauth's, for passkeys
    "portal.ui.static_files.PackageFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "portal.ui.static_files.HashedStorage"
    },
}
NODE_MODULES = _given.NODE_MODULES

# --- language and time --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

# --- logging ------------------------------------------------------------------------------------------------------


def _without_traceback(record: LogRecord) -> bool:
    """A refusal (403) is no failure: one line says enough, and the audit trail the rest."""
    if record.levelno < ERROR:
        record.exc_info = None
    return True


def _is_news(record: LogRecord) -> bool:
    """The scheduler has a line for each message, four a second: that it goes on, its heartbeats say."""
    return not record.getMessage().startswith("Scheduler: Sending due task")


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "refusals": {"()": "django.utils.log.CallbackFilter", "callback": _without_traceback},
        "news": {"()": "django.utils.log.CallbackFilter", "callback": _is_news},
    },
    **lines.handler(_given.LOG_FORMAT),
    "root": {"handlers": ["console"], "level": _given.LOG_LEVEL},
    "loggers": {
        "django": {"level": "INFO", "propagate": True, "handlers": []},
        "django.request": {"filters": ["refusals"]},
        # A line for each message and each end: the follower alone has four a second.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"filters": ["news"]},
        # That a collector does not answer, portal.observability.traces says once.
        "opentelemetry": {"level": "CRITICAL"},
        # Style sheets made for browsers, and each step of each page: nothing that anybody could act on.
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
    },
}
