"""A Django application whose users log in with passkeys: `python main.py` serves it."""

import os
import signal
import sys

from django.core.wsgi import get_wsgi_application
from waitress import serve

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
application = get_wsgi_application()

if __name__ == "__main__":
    from django.conf import settings

    from views import passlock

    # The client closes at the end, whatever ends the process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    secure = settings.SESSION_COOKIE_SECURE
    behind_proxy = {"trusted_proxy": "127.0.0.1", "trusted_proxy_headers": "x-forwarded-proto"} if secure else {}
    with passlock:
        serve(application, host="127.0.0.1", port=settings.PORT, **behind_proxy)
