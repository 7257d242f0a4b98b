"""primp, for asyncio."""

from measure import CONNECT_TIMEOUT, HEADERS, TIMEOUT, Arguments, clock, run_tasks

import primp

clock.imported()

from contextlib import asynccontextmanager

from principal import Principal, principal

arguments = Arguments()


@asynccontextmanager
async def connected():
    limits = {"timeout": TIMEOUT, "connect_timeout": CONNECT_TIMEOUT}
    async with primp.AsyncClient(headers=HEADERS, ca_cert_file=arguments.ca, **limits) as client:

        async def call() -> Principal:
            response = await client.get(arguments.url)
            response.raise_for_status()
            return principal(response.json())

        yield call


run_tasks(arguments, connected)
