"""A day of logins that arrive at random: how many find a connection that is still open. Uses a simulated clock."""

import random

DAY = 24 * 3600.0
# Logins a minute.
RATES = (0.2, 1.0, 10.0)
# For how many seconds clients keep an idle connection by default, where the server keeps it too.
IDLE = {
    "undici, and Node's fetch": 4,
    "httpx": 5,
    "ureq, aiohttp": 15,
    "reqwest": 90,
    "OkHttp": 300,
    "passlock, in all languages": 300,
}


def share_of_warm_logins(rate: float, idle: float, seed: int = 1) -> float:
    """The share of a day's logins that came before the connection of the one before was closed."""
    chance = random.Random(seed)
    warm = logins = 0
    clock, last = 0.0, float("-inf")
    while (clock := clock + chance.expovariate(rate / 60)) < DAY:
        logins += 1
        warm += clock - last < idle
        last = clock
    return warm / logins
