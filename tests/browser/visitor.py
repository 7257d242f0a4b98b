"""The emulator as the examples' service, and a visitor who speaks plain HTTP: for what a page never shows or sends."""

import contextlib
import http.client
import json
import time
import urllib.request
from http.cookies import SimpleCookie
from urllib.parse import quote, urlsplit

import browser
from browser import PATIENCE


class Service:
    """The emulator and its control API."""

    def __init__(self, ready):
        self.endpoint, self.tenancy_id, self.api_key = ready["endpoint"], ready["tenancyId"], ready["apiKey"]
        self.settings = {
            "PASSLOCK_ENDPOINT": self.endpoint,
            "PASSLOCK_TENANCY_ID": self.tenancy_id,
            "PASSLOCK_API_KEY": self.api_key,
        }
        # All tokens that were issued through here: none may ever be seen again.
        self.tokens = []

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.endpoint}/_emulator/{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def add_user(self, email):
        return self.control("users", {"email": email, "givenName": "Eve"})["user"]["sub"]

    def token(self, sub):
        self.tokens.append(self.control("tokens", {"sub": sub, "singleUse": True})["token"])
        return self.tokens[-1]

    def user(self, sub):
        url = f"{self.endpoint}/{self.tenancy_id}/user/{quote(sub, safe='')}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.api_key}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["user"]

    @contextlib.contextmanager
    def fault(self, operation, times=1000, apply=False, **fault):
        self.control("faults", {"operation": operation, "times": times, "apply": apply, "fault": fault})
        try:
            yield
        finally:
            self.control("faults/clear", {})

    def until_exchanging(self):
        """Waits for an exchange that has arrived and is not answered yet."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            requests = self.control("journal")["requests"]
            if any(one["operation"] == "exchange_token" and one["outcome"] == "pending" for one in requests):
                return
            time.sleep(0.02)
        raise AssertionError("no exchange has arrived")


@contextlib.contextmanager
def service(origin):
    with browser.command("emulate", "--origin", origin, "--single-use-tokens") as ready:
        yield Service(json.loads(ready))


class Response:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read().decode()
        self.cookies = {}
        for line in self.headers.get_all("set-cookie") or []:
            # As browsers do, without what Ktor says to itself.
            self.cookies.update(SimpleCookie(line.partition("; $x-enc=")[0]))

    def json(self):
        return json.loads(self.body)


class Visitor:
    """Keeps the cookies that it is given, and proves that it comes from the application's own page, unless told not to."""

    def __init__(self, url, origin=None, cookies=None):
        self.server, self.origin = urlsplit(url), origin or url
        self.cookies = dict(cookies or {})

    def ask(self, method, path, body=None, own=True, content_type="application/json"):
        headers = {"Host": urlsplit(self.origin).netloc, "X-Forwarded-Proto": urlsplit(self.origin).scheme}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = content_type
        if method != "GET":
            headers |= self.proof() if own else {"Origin": "http://localhost:1", "Sec-Fetch-Site": "same-site"}
            # For a proof may have come with a cookie.
            headers |= (
                {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
            )
        connection = http.client.HTTPConnection(self.server.hostname, self.server.port, timeout=PATIENCE)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = Response(connection.getresponse())
        finally:
            connection.close()
        self.cookies.update({name: cookie.value for name, cookie in response.cookies.items()})
        return response

    def proof(self):
        csrf = self.ask("GET", "/config").json().get("csrf")
        own = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "Referer": f"{self.origin}/"}
        return {**own, csrf["header"]: csrf["token"]} if csrf else own
