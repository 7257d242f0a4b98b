"""pyreqwest, for asyncio."""

from measure import KEY, TIMEOUT, Arguments, clock, run_tasks

from pyreqwest.client import ClientBuilder

clock.imported()

from contextlib import asynccontextmanager
from datetime import timedelta

from principal import Principal, principal

arguments = Arguments()


@asynccontextmanager
async def connected():
    builder = ClientBuilder().error_for_status(True).timeout(timedelta(seconds=TIMEOUT))
    if arguments.ca:
        builder = builder.add_root_certificate_pem(open(arguments.ca, "rb").read())
    async with builder.build() as client:

        async def call() -> Principal:
            request = client.get(arguments.url).bearer_auth(KEY).header("Accept", "application/json").build()
            response = await request.send()
            return principal(await response.json())

        yield call


run_tasks(arguments, connected)
