"""primp: one client, without impersonation."""

from measure import CONNECT_TIMEOUT, HEADERS, TIMEOUT, Arguments, clock, run_threads

import primp

clock.imported()

from principal import Principal, principal

arguments = Arguments()
client = primp.Client(headers=HEADERS, timeout=TIMEOUT, connect_timeout=CONNECT_TIMEOUT, ca_cert_file=arguments.ca)


def call() -> Principal:
    response = client.get(arguments.url)
    response.raise_for_status()
    return principal(response.json())


run_threads(arguments, call)
