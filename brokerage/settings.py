"""One settings file. Everything that differs between hosts comes from the environment.

`DEMO=1` relaxes the second factor and shows a banner; it never turns DEBUG on. Without `DATABASE_URL` or
`REDIS_URL` the scripts start embedded servers and set both.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from brokerage.environment import read_database, read_day, read_flag

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var"))
DEMO = read_flag("DEMO")
DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY", "")
#: Web and worker refuse to start on this (`brokerage.startup`); it serves commands that sign nothing.
SECRET_KEY_IS_UNSET = not SECRET_KEY
if SECRET_KEY_IS_UNSET:
    SECRET_KEY = "unset-only-for-commands-that-sign-nothing-" + "0" * 32
#: Earlier keys, newest first, comma separated: what they signed stays good while the key is being rotated.
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
BASE_URL = os.environ.get("BASE_URL", "http://localhost:8000").rstrip("/")
_base = urlsplit(BASE_URL)
SECURE = _base.scheme == "https"
ALLOWED_HOSTS = [host for host in os.environ.get("ALLOWED_HOSTS", f"{_base.hostname},localhost").split(",") if host]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "brokerage.core.accounts",
    "brokerage.core.tenants",
    "brokerage.core.audit",
    "brokerage.core.notifications",
    "brokerage.core.pages",
    "brokerage.core.api",
    "brokerage.core.webhooks",
    "providers",
    "dpv",
    "placements",
    "contracts",
    "brokerage.reports",
    "brokerage.safeguarding",
    "brokerage.safeguarding.closures",
    "brokerage.safeguarding.concerns",
    "brokerage.safeguarding.firewall",
    "brokerage.safeguarding.incidents",
    "brokerage.safeguarding.voice",
    "brokerage.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "allauth.idp.oidc",
]

MIDDLEWARE = [
    "brokerage.middleware.HealthMiddleware",
    "brokerage.middleware.BodyLimitMiddleware",
    "brokerage.safeguarding.voice.door.UntracedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "brokerage.core.api.door.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "brokerage.core.accounts.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "brokerage.core.accounts.middleware.SessionSeenMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "brokerage.core.accounts.middleware.SecondFactorMiddleware",
    "brokerage.middleware.OrganisationMiddleware",
]

ROOT_URLCONF = "brokerage.urls"
WSGI_APPLICATION = "brokerage.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "brokerage.core.pages.context.page",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "brokerage.core.pages.templatetags.pages",
                "brokerage.core.tenants.templatetags.tenants",
            ],
        },
    }
]
#: What stands on top of every page until it is dealt with.
PAGE_ALERTS = "brokerage.safeguarding.banners.banners"
FORM_RENDERER = "brokerage.core.forms.GovukRenderer"

# --- Data -------------------------------------------------------------------------------------------------

_unset = "postgres://nobody@localhost/brokerage"
DATABASES = {
    "default": read_database(os.environ.get("DATABASE_URL", _unset), CONN_MAX_AGE=600),
    # The migrator's connection: only `migrate`, `setup_roles` and the loaders of reference data use it.
    "owner": read_database(
        os.environ.get("OWNER_DATABASE_URL", os.environ.get("DATABASE_URL", _unset)),
        TEST={"MIRROR": "default"},
    ),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
CACHES = {
    "default": {
        "BACKEND": "brokerage.core.accounts.cache.FallbackCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "brokerage",
    },
}
SESSION_ENGINE = "brokerage.core.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

FILE_STORE = Path(os.environ.get("FILE_STORE", VAR_DIR / "files"))
MEDIA_ROOT = FILE_STORE
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_242_880
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
UPLOAD_MAX_BYTES = 20 * 1024 * 1024
# Nothing larger is read at all, from whomever: a file is judged only after it was received.
BODY_MAX_BYTES = 64 * 1024 * 1024
# ClamAV daemon, "host:port" or the path of its socket; empty: uploads are not scanned for viruses.
UPLOAD_SCANNER = os.environ.get("UPLOAD_SCANNER", "")

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": FILE_STORE},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- People -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["brokerage.core.accounts.backends.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_URL_PATH = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "brokerage.core.accounts.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "brokerage.core.accounts.social.SocialAccountAdapter"
MFA_ADAPTER = "brokerage.core.accounts.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "brokerage.core.accounts.mfa_forms.SignInCodeForm",
    "reauthenticate": "brokerage.core.accounts.mfa_forms.ProveCodeForm",
    "add_webauthn": "brokerage.core.accounts.passkey_forms.AddPasskeyForm",
}
#: Periods of 30 seconds before and after now whose code is taken, each once.
MFA_TOTP_TOLERANCE = 1
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Whoever changes a password, passkey or address is told of it by e-mail.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = "Placement brokerage"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
USERSESSIONS_TRACK_ACTIVITY = True
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
# The identity provider has checked the address, or the sign-in is refused.
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_QUERY_EMAIL = False
#: Identity providers on this machine, without https: for tests and trials only.
OIDC_ALLOW_LOOPBACK = read_flag("OIDC_ALLOW_LOOPBACK")
#: Behind a proxy the caller's address is the last that it wrote into X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if read_flag("BEHIND_PROXY") else 0
#: Webhooks to this machine, without https: for tests and trials only.
WEBHOOK_ALLOW_LOOPBACK = read_flag("WEBHOOK_ALLOW_LOOPBACK")
#: Days without signing in after which an account is closed.
DORMANT_DAYS = 90
SECOND_FACTOR_REQUIRED = not DEMO
FRESH_PROOF_SECONDS = 300
IDP_OIDC_PRIVATE_KEY = os.environ.get("IDP_OIDC_PRIVATE_KEY", "")

#: Days that the words of somebody without an account are kept after a lead closed them; 30 at least.
VOICE_KEEP_DAYS = int(os.environ.get("VOICE_KEEP_DAYS", "365"))

# --- API --------------------------------------------------------------------------------------------------

#: Requests that one client may send in a minute.
API_RATE = int(os.environ.get("API_RATE", "600"))

# The registration firewall (`dpv.eligibility`). The later steps of the Health and Social Care (Wales) Act 2025 wait for
# the Welsh Ministers' orders: from the first of these days a for-profit home there that has gained places may not be
# used, from the second no for-profit home there may without their approval. Empty: not yet.
WELSH_NO_GROWTH_FROM = read_day("WELSH_NO_GROWTH_FROM", "2027-04-01")
WELSH_APPROVAL_FROM = read_day("WELSH_APPROVAL_FROM", "2030-04-01")
# How many days a central team's verification of a provider lasts.
VERIFICATION_LASTS_DAYS = int(os.environ.get("VERIFICATION_LASTS_DAYS", "730"))
#: Seconds that an access token is good for.
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 3600
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Placement brokerage",
    "VERSION": "1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SCHEMA_PATH_PREFIX_TRIM": True,
    "SERVERS": [{"url": "/api/v1"}],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["brokerage.api.document.finish"],
    "SERVE_PUBLIC": True,
    "SERVE_INCLUDE_SCHEMA": False,
}

# --- Language and time ------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("cy", _("Welsh"))]
LOCALE_PATHS = [BASE_DIR / "brokerage" / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SECURE
USE_I18N = True
USE_TZ = True
# Whose days and hours count, in Python and in what is stored in the database. What a change needs: docs/operator.md.
TIME_ZONE = os.environ.get("TIME_ZONE") or "Europe/London"
DATE_FORMAT = "j F Y"

# --- Security ---------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = SECURE and read_flag("SSL_REDIRECT", "1")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if read_flag("BEHIND_PROXY") else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
OIDC_FORM_ACTIONS = [origin for origin in os.environ.get("OIDC_FORM_ACTIONS", "").split(",") if origin]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, *OIDC_FORM_ACTIONS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# --- Messages ---------------------------------------------------------------------------------------------

EMAIL_BACKEND = os.environ.get(
    "EMAIL_BACKEND",
    "django.core.mail.backends.filebased.EmailBackend" if DEMO else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_FILE_PATH = os.environ.get("EMAIL_FILE_PATH", str(VAR_DIR / "mail"))
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = read_flag("EMAIL_USE_TLS")
# Seconds for each answer of the mail server: giving up on a late one sends a message twice (RFC 5321, 4.5.3.2).
EMAIL_TIMEOUT = int(os.environ.get("EMAIL_TIMEOUT", "60"))
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Placement brokerage <no-reply@brokerage.invalid>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
NOTIFY_API_KEY = os.environ.get("NOTIFY_API_KEY", "")
NOTIFY_TEMPLATE_ID = os.environ.get("NOTIFY_TEMPLATE_ID", "")
SMS_BACKEND = os.environ.get("SMS_BACKEND", "brokerage.core.sms.files.FileGateway" if DEMO else "")
SMS_FILE_PATH = os.environ.get("SMS_FILE_PATH", str(VAR_DIR / "texts"))
# Seconds that the gateway and Notify have; without SMS_BACKEND nobody is offered texts and none is written.
SMS_TIMEOUT = int(os.environ.get("SMS_TIMEOUT", "10"))
NOTIFY_SMS_TEMPLATE_ID = os.environ.get("NOTIFY_SMS_TEMPLATE_ID", "")

# --- Background work --------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A broker that is away is waited for, however long (Celery's own limit is 100 tries, then the worker ends).
CELERY_BROKER_CONNECTION_RETRY = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# So is one that refuses, such as a full Redis: otherwise its answer ends the worker.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
# Work under way goes on without the broker: PostgreSQL, not the broker, knows what is done.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
# A child of a loaded machine may need longer than Celery's 4 seconds to say that it is up.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
}
CELERY_TIMEZONE = "UTC"

# --- Sealing ----------------------------------------------------------------------------------------------

SEALING_KEY_FILE = os.environ.get("SEALING_KEY_FILE", "")
SEALING_CERT_FILE = os.environ.get("SEALING_CERT_FILE", "")
SEALING_KEY_PASSPHRASE = os.environ.get("SEALING_KEY_PASSPHRASE", "")
#: Who seals, as printed in the seal panel.
SEALED_BY = os.environ.get("SEALED_BY", "Placement brokerage")

# --- Log: one line an event, no facts about persons -------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"no_secrets": {"()": "brokerage.access_log.WithoutSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_secrets"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.db.backends": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
        # The last one's warnings quote GOV.UK Notify, which quotes numbers and addresses.
        **{name: {"level": "ERROR"} for name in ("weasyprint", "fontTools", "pyhanko", "notifications_python_client")},
    },
}
