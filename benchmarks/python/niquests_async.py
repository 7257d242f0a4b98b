"""niquests, for asyncio."""

from measure import CONNECT_TIMEOUT, HEADERS, POOL, TIMEOUT, Arguments, clock, run_tasks

import niquests

clock.imported()

from contextlib import asynccontextmanager

from niquests.adapters import AsyncHTTPAdapter
from principal import Principal, principal

arguments = Arguments()


@asynccontextmanager
async def connected():
    async with niquests.AsyncSession() as session:
        session.headers.update(HEADERS)
        session.mount("http://", AsyncHTTPAdapter(pool_maxsize=POOL))
        session.mount("https://", AsyncHTTPAdapter(pool_maxsize=POOL))
        session.verify = arguments.ca or True

        async def call() -> Principal:
            response = await session.get(arguments.url, timeout=(CONNECT_TIMEOUT, TIMEOUT))
            response.raise_for_status()
            return principal(response.json())

        yield call


run_tasks(arguments, connected)
