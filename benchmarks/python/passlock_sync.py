"""passlock."""

from measure import KEY, TENANCY, TOKEN, Arguments, clock, run_threads

from passlock import Passlock

clock.imported()

arguments = Arguments()
trust = {"ca_certificates": open(arguments.ca).read()} if arguments.ca else {}
with Passlock(endpoint=arguments.endpoint, tenancy_id=TENANCY, api_key=KEY, **trust) as client:
    run_threads(arguments, lambda: client.exchange_token(TOKEN), client.warm_up)
