"""aiohttp: one session for the life of the program."""

from measure import HEADERS, POOL, TIMEOUT, Arguments, clock, run_tasks

import aiohttp

clock.imported()

import ssl
from contextlib import asynccontextmanager

from principal import Principal, principal

arguments = Arguments()


@asynccontextmanager
async def connected():
    context = ssl.create_default_context(cafile=arguments.ca) if arguments.ca else True
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=POOL, ssl=context),
        headers=HEADERS,
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        raise_for_status=True,
    ) as session:

        async def call() -> Principal:
            async with session.get(arguments.url) as response:
                return principal(await response.json())

        yield call


run_tasks(arguments, connected)
