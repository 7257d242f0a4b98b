"""httpx, for asyncio."""

from measure import HEADERS, POOL, TIMEOUT, Arguments, clock, run_tasks

import httpx

clock.imported()

import ssl
from contextlib import asynccontextmanager

from principal import Principal, principal

arguments = Arguments()


@asynccontextmanager
async def connected():
    async with httpx.AsyncClient(
        headers=HEADERS,
        timeout=TIMEOUT,
        limits=httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL),
        verify=ssl.create_default_context(cafile=arguments.ca) if arguments.ca else True,
    ) as client:

        async def call() -> Principal:
            response = await client.get(arguments.url)
            response.raise_for_status()
            return principal(response.json())

        yield call


run_tasks(arguments, connected)
