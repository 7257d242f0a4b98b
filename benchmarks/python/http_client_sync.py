"""http.client of the standard library: a connection for each thread."""

from measure import HEADERS, TIMEOUT, Arguments, clock, run_threads

import http.client
import json

clock.imported()

import ssl
import threading
from urllib.parse import urlsplit

from principal import Principal, principal

arguments = Arguments()
url = urlsplit(arguments.url)
mine = threading.local()


def connection() -> http.client.HTTPConnection:
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=arguments.ca)
        return http.client.HTTPSConnection(url.netloc, timeout=TIMEOUT, context=context)
    return http.client.HTTPConnection(url.netloc, timeout=TIMEOUT)


def call() -> Principal:
    if not hasattr(mine, "connection"):
        mine.connection = connection()
    mine.connection.request("GET", url.path, headers=HEADERS)
    response = mine.connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"status {response.status}")
    return principal(json.loads(body))


run_threads(arguments, call)
