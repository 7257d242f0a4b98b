"""httpx: one client, with limits as large as the number of threads."""

from measure import HEADERS, POOL, TIMEOUT, Arguments, clock, run_threads

import httpx

clock.imported()

import ssl

from principal import Principal, principal

arguments = Arguments()
client = httpx.Client(
    headers=HEADERS,
    timeout=TIMEOUT,
    limits=httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL),
    verify=ssl.create_default_context(cafile=arguments.ca) if arguments.ca else True,
)


def call() -> Principal:
    response = client.get(arguments.url)
    response.raise_for_status()
    return principal(response.json())


with client:
    run_threads(arguments, call)
