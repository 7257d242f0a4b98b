"""passlock, for asyncio."""

from measure import KEY, TENANCY, TOKEN, Arguments, clock, run_tasks

from passlock import AsyncPasslock

clock.imported()

from contextlib import asynccontextmanager

arguments = Arguments()
trust = {"ca_certificates": open(arguments.ca).read()} if arguments.ca else {}
client = AsyncPasslock(endpoint=arguments.endpoint, tenancy_id=TENANCY, api_key=KEY, **trust)


@asynccontextmanager
async def connected():
    async with client:
        yield lambda: client.exchange_token(TOKEN)


run_tasks(arguments, connected, client.warm_up)
