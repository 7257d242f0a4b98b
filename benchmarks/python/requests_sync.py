"""requests: a session, with a pool as large as the number of threads."""

from measure import HEADERS, CONNECT_TIMEOUT, POOL, TIMEOUT, Arguments, clock, run_threads

import requests

clock.imported()

from principal import Principal, principal
from requests.adapters import HTTPAdapter

arguments = Arguments()
session = requests.Session()
session.headers.update(HEADERS)
session.mount("http://", HTTPAdapter(pool_maxsize=POOL))
session.mount("https://", HTTPAdapter(pool_maxsize=POOL))
session.verify = arguments.ca or True


def call() -> Principal:
    response = session.get(arguments.url, timeout=(CONNECT_TIMEOUT, TIMEOUT))
    response.raise_for_status()
    return principal(response.json())


run_threads(arguments, call)
