"""Settings of the project. What differs between installations comes from the environment.

Settings start nothing: without `DATABASE_URL` they compute where the embedded PostgreSQL
listens, and `manage.py postgres start` (or bin/demo) starts it.
"""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config import static
from config.paths import BASE, data_folder
from config.postgres import embedded_url

env = Env()

# ── What this installation is ───────────────────────────────────────────────

PRODUCT_NAME = env.str("PRODUCT_NAME", default="Plainrow")
DEMO = env.bool("DEMO", default=False)  # sign-in buttons for the sample people
DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = not (DEMO or DEBUG)

DEMO_SECRET = "demo-only-everybody-can-read-this-in-the-repository"  # noqa: S105
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}

SECRET_KEY = env.str("SECRET_KEY", default="" if PRODUCTION else DEMO_SECRET)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else sorted(LOOPBACK))

if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. A real installation needs its own, long and random. "
        "To work on the demo's data set DEMO=1; bin/demo does so itself."
    )
if SECRET_KEY == DEMO_SECRET and (PRODUCTION or not LOOPBACK.issuperset(ALLOWED_HOSTS)):
    raise ImproperlyConfigured(
        "SECRET_KEY is the demo's, which everybody can read in the repository: whoever has it "
        "can sign in as anybody. It works with DEMO or DEBUG, on this machine's own addresses "
        "only. Set SECRET_KEY to a long random text of your own."
    )

# ── Applications ────────────────────────────────────────────────────────────

INSTALLED_APPS = [
    "daphne",
    "channels",
    "config",
    "axes",
    "electric_sync",
    "workspaces",
    "ninja",
    "config.admin_app.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.static.StaticFilesMiddleware",
    "config.security.BrowserPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "electric_sync.middleware.SignedOutMiddleware",
    "electric_sync.middleware.FollowedSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # the last: it answers in place of the sign-in page
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
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

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # refuses before a password is looked at
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "pages:sign-in"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

ELECTRIC_SYNC = {"ACCESS": "workspaces.access.WorkspaceAccess", "TENANT": "company_id"}

# ── Data ────────────────────────────────────────────────────────────────────

PLAINROW_DATA = data_folder()
# A folder with PostgreSQL's own programs (15 or newer) for the embedded server.
POSTGRES_BIN = env.str("POSTGRES_BIN", default="")

DATABASES = {"default": env.db_url("DATABASE_URL", default=embedded_url(PLAINROW_DATA))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Tells processes sooner that somebody's access changed; PostgreSQL's stream tells them anyway.
REDIS_URL = env.str("REDIS_URL", default="")
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

# ── Languages and time ──────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"

# ── Static files: see config/static.py ──────────────────────────────────────

NODE_MODULES = BASE / "node_modules"
STATICFILES_DIRS = [
    BASE / "static",
    ("vendor/htmx", NODE_MODULES / "htmx.org" / "dist"),
    ("vendor/idiomorph", NODE_MODULES / "idiomorph" / "dist"),
]
STATIC_ROOT = BASE / "staticfiles"
STATIC_VERSION = static.collected_version(STATIC_ROOT) if PRODUCTION else ""
STATIC_URL = f"/static/{STATIC_VERSION}/" if STATIC_VERSION else "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.VersionedStorage"},
}
# Without collected files, whatever the apps hold is served as it is, and read anew each time.
WHITENOISE_USE_FINDERS = not STATIC_VERSION
WHITENOISE_AUTOREFRESH = not STATIC_VERSION
WHITENOISE_MAX_AGE = 0
WHITENOISE_IMMUTABLE_FILE_TEST = "^" + STATIC_URL if STATIC_VERSION else None
WHITENOISE_ALLOW_ALL_ORIGINS = False

# ── Security ────────────────────────────────────────────────────────────────

# Set BEHIND_PROXY only where a proxy of yours sets X-Forwarded-Proto on every request, and adds
# the visitor's address to X-Forwarded-For.
HTTPS = env.bool("HTTPS", default=PRODUCTION)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# Other names below this one, and lists inside browsers, are not for this program to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
# Cookies do not know ports: other projects on this machine must not end our sessions.
SESSION_COOKIE_NAME = "plainrow_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
# In a cookie, what was said to somebody would outlive their signing out, and greet the next one.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# ── Wrong passwords: see config/throttling.py ───────────────────────────────

AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # what was said of when to try again holds
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "config.throttling.account"
AXES_CLIENT_IP_CALLABLE = "config.throttling.address"
AXES_LOCKOUT_CALLABLE = "config.throttling.answer"
# Some type their password where the address belongs.
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # who signed in is in our own table of sessions
AXES_ENABLE_ADMIN = False  # unlocking is an action of a person's page, and a command

# ── Logging: one line an event, to the console ──────────────────────────────

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    # A page that is not there or not allowed is the visitor's matter, not a warning for us.
    "loggers": {"django.request": {"level": "ERROR"}},
}
