"""urllib3: one pool manager, as large as the number of threads."""

from measure import CONNECT_TIMEOUT, HEADERS, POOL, TIMEOUT, Arguments, clock, run_threads

import urllib3

clock.imported()

from principal import Principal, principal

arguments = Arguments()
pool = urllib3.PoolManager(
    maxsize=POOL,
    headers=HEADERS,
    timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=TIMEOUT),
    **({"ca_certs": arguments.ca} if arguments.ca else {}),
)


def call() -> Principal:
    response = pool.request("GET", arguments.url)
    if response.status != 200:
        raise SystemExit(f"status {response.status}")
    return principal(response.json())


run_threads(arguments, call)
