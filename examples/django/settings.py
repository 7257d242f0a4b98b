"""The settings. Those of Passlock's client come from the environment, as examples/README.md says."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

PORT = int(os.environ.get("PORT", "3000"))
ORIGIN = os.environ.get("ORIGIN", f"http://localhost:{PORT}")
PASSLOCK_ENDPOINT = os.environ.get("PASSLOCK_ENDPOINT", "https://api.passlock.dev")
PASSLOCK_TENANCY_ID = os.environ["PASSLOCK_TENANCY_ID"]

ALLOWED_HOSTS = [urlsplit(ORIGIN).hostname]
ROOT_URLCONF = "urls"
# With several processes, make it a setting.
SECRET_KEY = secrets.token_urlsafe(48)
MIDDLEWARE = [
    "middleware.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "middleware.PasslockErrors",
]

# The page.
STATIC_URL = "static/"
WHITENOISE_ROOT = Path(__file__).resolve().parent.parent / "page"
WHITENOISE_INDEX_FILE = True

# Sessions are in this process's memory. An application that has a database leaves out this line.
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
# Visitors without an account have a session, too: with the default limit, 300 of them would log everybody out.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}},
}
SESSION_COOKIE_SECURE = ORIGIN.startswith("https://")
SESSION_COOKIE_NAME = "__Host-session" if SESSION_COOKIE_SECURE else "session"
SESSION_COOKIE_SAMESITE = "Strict"
# The CSRF token is in the session, so that there is only one cookie.
CSRF_USE_SESSIONS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
