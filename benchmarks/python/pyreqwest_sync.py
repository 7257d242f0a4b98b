"""pyreqwest: one client, which fails on a status by itself."""

from measure import KEY, TIMEOUT, Arguments, clock, run_threads

from pyreqwest.client import SyncClientBuilder

clock.imported()

from datetime import timedelta

from principal import Principal, principal

arguments = Arguments()
builder = SyncClientBuilder().error_for_status(True).timeout(timedelta(seconds=TIMEOUT))
if arguments.ca:
    builder = builder.add_root_certificate_pem(open(arguments.ca, "rb").read())

with builder.build() as client:

    def call() -> Principal:
        response = client.get(arguments.url).bearer_auth(KEY).header("Accept", "application/json").build().send()
        return principal(response.json())

    run_threads(arguments, call)
