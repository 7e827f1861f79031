"""Every setting of the store. Each value that an operator may change is a `PENNYWHISTLE_*` variable.

`docs/operating.md` lists them; a test holds the two together.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from pennywhistle.config.env import (
    SettingError,
    database_from_url,
    env_bic,
    env_bool,
    env_bytes,
    env_choices,
    env_country,
    env_iban,
    env_int,
    env_list,
    env_mail_address,
    env_networks,
    env_path,
    env_path_or_none,
    env_path_prefix,
    env_text,
)
from pennywhistle.shop.payments.top_ups.rules import parse_limits
from pennywhistle.shop.sales.vat import Seller

PACKAGE = Path(__file__).resolve().parent.parent

# Where the store keeps everything: database, masters, covers, renditions, the secret key.
PENNYWHISTLE_HOME = env_path("PENNYWHISTLE_HOME", "./var")
PENNYWHISTLE_HOME.mkdir(parents=True, exist_ok=True)

# True shows errors with their source on the page: for development alone.
DEBUG = env_bool("PENNYWHISTLE_DEBUG", default=False)

# The names and addresses that the store answers to.
ALLOWED_HOSTS = env_list("PENNYWHISTLE_HOSTS", "127.0.0.1,localhost,[::1]")

# The public address, with scheme: cookies are marked secure when it is https.
PENNYWHISTLE_URL = env_text("PENNYWHISTLE_URL", "http://127.0.0.1:8000").rstrip("/")

# The database: empty is SQLite in the home folder.
DATABASES = {
    "default": database_from_url(env_text("PENNYWHISTLE_DATABASE_URL", ""), home=PENNYWHISTLE_HOME)
}

# Proxies that may say whom they speak for (X-Forwarded-For): networks, comma-separated.
TRUSTED_PROXIES = env_networks("PENNYWHISTLE_TRUSTED_PROXIES", "")

# Who may read /metrics: networks, comma-separated.
METRICS_NETWORKS = env_networks("PENNYWHISTLE_METRICS_NETWORKS", "127.0.0.0/8,::1/128")

# The country of visitors whose address is private or loopback: the shop's own network.
# Empty means that it cannot be told, and nothing is sold to them until they say.
LOCAL_COUNTRY = env_country("PENNYWHISTLE_LOCAL_COUNTRY")

# Where the store is established, such as `IE`: its own tax return is for sales there.
# True taxes sales to the rest of the EU there too, as a seller below the threshold may.
SELLER = Seller(
    country=env_country("PENNYWHISTLE_SELLER_COUNTRY"),
    is_small=env_bool("PENNYWHISTLE_SMALL_SELLER", default=False),
)
SELLER.check()

# What the cache of renditions may take.
CACHE_BYTES_MAX = env_bytes("PENNYWHISTLE_CACHE_BYTES", "20 GB", least=100_000_000)

# Where a front server keeps the renditions' folder for itself, such as `/renditions/`: whole files
# are then handed over to it by X-Accel-Redirect. Empty: the store sends them itself.
ACCEL_PREFIX = env_path_prefix("PENNYWHISTLE_ACCEL_PREFIX", "")

# Encoders that one server process may run at once for those who wait. More than there are cores, so
# that each of many listeners hears the beginning soon; a quarter as many more encode ahead.
ENCODERS_MAX = env_int(
    "PENNYWHISTLE_ENCODERS", min(64, 4 * (os.cpu_count() or 1)), least=1, most=64
)

# Encoders that one server process keeps started and waiting, of the recipes asked for last: 6 MB each.
ENCODERS_READY = env_int("PENNYWHISTLE_ENCODERS_READY", min(16, ENCODERS_MAX), least=0, most=64)

# True has what was bought encoded at once, so that its download finds it done.
ENCODE_AHEAD = env_bool("PENNYWHISTLE_ENCODE_AHEAD", default=True)

# False lets encoders read and write what the store may: for an ffmpeg of one's own that needs it.
CONFINE_ENCODERS = env_bool("PENNYWHISTLE_CONFINE_ENCODERS", default=True)

# True lets the sandbox card gateway take test cards: pretend money, for demos and tests.
SANDBOX_CARDS = env_bool("PENNYWHISTLE_SANDBOX_CARDS", default=False)

# Ways to pay in the order in which the wallet offers them; those that are not set up are left out.
GATEWAYS = env_choices(
    "PENNYWHISTLE_GATEWAYS", "stripe,bank,sandbox", known=("stripe", "bank", "sandbox")
)

# Cards through Stripe: its two keys, the secrets that sign its messages (an old one may stand beside
# the new), and the addresses of its API and of its script, where something else stands in for it.
STRIPE_SECRET_KEY = env_text("PENNYWHISTLE_STRIPE_SECRET_KEY", "")
STRIPE_PUBLIC_KEY = env_text("PENNYWHISTLE_STRIPE_PUBLIC_KEY", "")
STRIPE_WEBHOOK_SECRETS = env_list("PENNYWHISTLE_STRIPE_WEBHOOK_SECRETS", "")
STRIPE_API = env_text("PENNYWHISTLE_STRIPE_API", "https://api.stripe.com")
STRIPE_SCRIPT = env_text("PENNYWHISTLE_STRIPE_SCRIPT", "https://js.stripe.com/v3/")
if bool(STRIPE_SECRET_KEY) != bool(STRIPE_PUBLIC_KEY):
    raise SettingError(
        "PENNYWHISTLE_STRIPE_SECRET_KEY and PENNYWHISTLE_STRIPE_PUBLIC_KEY go together: set both"
    )

# As a transfer's form holds: https://www.europeanpaymentscouncil.eu/document-library/guidance-documents
BANK_HOLDER_LETTERS_MOST = 70

# The account that bank transfers go to; without an IBAN none are offered.
BANK_IBAN = env_iban("PENNYWHISTLE_BANK_IBAN")
BANK_BIC = env_bic("PENNYWHISTLE_BANK_BIC")
BANK_HOLDER = env_text("PENNYWHISTLE_BANK_HOLDER", "")
if bool(BANK_IBAN) != bool(BANK_HOLDER):
    raise SettingError("PENNYWHISTLE_BANK_IBAN and PENNYWHISTLE_BANK_HOLDER go together: set both")
if len(BANK_HOLDER) > BANK_HOLDER_LETTERS_MOST:
    raise SettingError(
        f"PENNYWHISTLE_BANK_HOLDER has at most {BANK_HOLDER_LETTERS_MOST} letters, as banks' forms do"
    )

# True has the worker set aside what is due to licensors by their minimum and schedule.
PAY_OUT_DUE = env_bool("PENNYWHISTLE_PAY_OUT_DUE", default=False)

# What one top-up may be, and what is suggested, where the usual amounts of a currency are odd.
try:
    TOP_UPS = parse_limits(text=env_text("PENNYWHISTLE_TOP_UPS", ""))
except ValueError as error:
    raise SettingError(f"PENNYWHISTLE_TOP_UPS: {error}") from error

# What gateways wrote is kept so long after it was processed, and its fingerprint for ever.
MESSAGES_KEPT_FOR = timedelta(
    days=env_int("PENNYWHISTLE_MESSAGES_KEPT_DAYS", 90, least=7, most=3_650)
)

# What a top-up is to the tax office: see docs/money.md.
TOP_UP_CLASS = env_text("PENNYWHISTLE_TOP_UP_CLASS", "multi-purpose")
if TOP_UP_CLASS != "multi-purpose":
    raise SettingError(
        f"PENNYWHISTLE_TOP_UP_CLASS is {TOP_UP_CLASS!r}: this store knows multi-purpose alone. Tax is "
        "counted when a song is bought, by the buyer's country on that day; a single-purpose top-up "
        "would owe it before that country is known"
    )

MASTERS_FOLDER = PENNYWHISTLE_HOME / "masters"
COVERS_FOLDER = PENNYWHISTLE_HOME / "covers"
DAY_LINES_FOLDER = PENNYWHISTLE_HOME / "day-lines"
BOOKLETS_FOLDER = PENNYWHISTLE_HOME / "booklets"
MESSAGES_FOLDER = PENNYWHISTLE_HOME / "messages"
RENDITIONS_FOLDER = PENNYWHISTLE_HOME / "renditions"
ENCODING_FOLDER = PENNYWHISTLE_HOME / "encoding"
# Files that the operator keeps for labels' messages; None where there are none.
DDEX_SENDERS = env_path_or_none("PENNYWHISTLE_DDEX_SENDERS")
DDEX_SCHEMAS = env_path_or_none("PENNYWHISTLE_DDEX_SCHEMAS")
# Whom sales reports say that they come from; without a name they say the first storefront's.
DDEX_PARTY_ID = env_text("PENNYWHISTLE_DDEX_PARTY_ID", "")
DDEX_PARTY_NAME = env_text("PENNYWHISTLE_DDEX_PARTY_NAME", "")
MEASURES_FOLDER = PENNYWHISTLE_HOME / "measures"
SANDBOX_FOLDER = PENNYWHISTLE_HOME / "sandbox-gateway"


def _secret_key(path: Path) -> str:
    """The key that signs cookies and download links, made on the first start.

    The file appears whole or not at all, also when two processes start at once.
    """
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_text(secrets.token_urlsafe(50), encoding="ascii")
        fresh.chmod(0o600)
        with suppress(FileExistsError):  # Another process was first; its key is the store's.
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()


SECRET_KEY = _secret_key(PENNYWHISTLE_HOME / "secret-key")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "pennywhistle.shop.ledger",
    "pennywhistle.shop.accounts",
    "pennywhistle.shop.payments",
    "pennywhistle.shop.storefronts",
    "pennywhistle.shop.catalogue",
    "pennywhistle.shop.licensing",
    "pennywhistle.shop.encoding",
    "pennywhistle.shop.pricing",
    "pennywhistle.shop.sales",
    "pennywhistle.shop.library",
    "pennywhistle.shop.royalties",
    "pennywhistle.look",
    "pennywhistle.doors.storefront",
    "pennywhistle.doors.desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pennywhistle.doors.storefront.trouble.closed_for_now",
    "pennywhistle.doors.storefront.trouble.no_nul",
]

ROOT_URLCONF = "pennywhistle.config.urls"
WSGI_APPLICATION = "pennywhistle.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [
            PACKAGE / "look" / "templates",
            PACKAGE / "doors" / "storefront" / "templates",
            PACKAGE / "doors" / "desk" / "templates",
        ],
        "OPTIONS": {
            "environment": "pennywhistle.look.environment.environment",
            "context_processors": ["pennywhistle.doors.storefront.visitor.frame"],
        },
    },
    {
        # For what third parties bring and we do not write again (form widgets, rarer mails).
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_ADAPTER = "pennywhistle.doors.storefront.mail.ShopMail"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# Until the store is told of a mail server, mail is written as files into the home folder.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = PENNYWHISTLE_HOME / "mail"

# Whom the store's mail comes from: an address, alone or behind a name. Alone, the shop's name is
# put before it.
DEFAULT_FROM_EMAIL = env_mail_address(
    "PENNYWHISTLE_MAIL_FROM", f"shop@{urlsplit(PENNYWHISTLE_URL).hostname or 'localhost'}"
)

LANGUAGE_CODE = "en"
# American English differs in how it writes days and times; its texts are the English ones.
LANGUAGES = [("en", "English"), ("en-us", "English (US)"), ("de", "Deutsch"), ("ru", "Русский")]
LOCALE_PATHS = [PACKAGE / "look" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = PENNYWHISTLE_HOME / "static"
# `pennywhistle serve` collects the files first, and their names then carry their content's hash.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
            if env_bool("PENNYWHISTLE_HASHED_STATIC", default=False)
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_SECURE = PENNYWHISTLE_URL.startswith("https://")
# A storefront of another name takes forms too.
CSRF_TRUSTED_ORIGINS = [
    PENNYWHISTLE_URL,
    *(f"https://{host}" for host in ALLOWED_HOSTS if _SECURE and host != "*"),
]
# Behind a trusted proxy that ends TLS, the proxy says so; nobody else is asked.
if _SECURE and TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "pennywhistle_session"
CSRF_FAILURE_VIEW = "pennywhistle.doors.storefront.trouble.form_refused"
CSRF_COOKIE_NAME = "pennywhistle_csrf"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "filters": {
        # A request that was refused is one line: where in the code it was is no news.
        "in_one_line": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: record.__dict__.update(exc_info=None) is None,
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "refusals": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["in_one_line"],
        },
    },
    "loggers": {"django.security": {"handlers": ["refusals"], "propagate": False}},
    "root": {"handlers": ["console"], "level": env_text("PENNYWHISTLE_LOG_LEVEL", "WARNING")},
}
