"""One scenario for every example: what a person sees, and what the session and the server say to others."""

import argparse
import json
import os
import sys
import time
import traceback

import browser
from applications import Application, names
from visitor import Visitor, service

COOKIE = "session"


class Example(browser.Page):
    def __init__(self, driver, url, application, emulator):
        super().__init__(driver, url)
        self.application, self.service = application, emulator

    def session(self):
        cookie = self.driver.get_cookie(COOKIE)
        return cookie and cookie["value"]

    def visitor(self, session=None):
        return Visitor(self.url, cookies={COOKIE: session} if session else None)

    def me(self, session):
        """What the application responds to the owner of this session."""
        return self.visitor(session).ask("GET", "/me").status

    def log_in(self):
        self.press("#log-in")
        self.notice("You have logged in.")

    def log_out(self):
        self.press("#log-out")
        self.notice("You have logged out.")

    def sub(self):
        return self.service.control("passkeys")["passkeys"][0]["sub"]

    def is_refused(self, text, status):
        """The screen says so, and nobody is logged in."""
        before = self.session()
        self.press("#log-in")
        self.notice(text)
        self.notice(f"POST /login: {status}")
        assert self.by_id("visitor").is_displayed() and not self.by_id("account").is_displayed()
        for session in {before, self.session()}:
            assert self.me(session) == 401


def greets_a_stranger(page):
    page.open()
    assert page.by_id("visitor").is_displayed() and not page.by_id("account").is_displayed()
    visitor = page.visitor()
    assert visitor.ask("GET", "/me").status == 401
    assert visitor.ask("PATCH", "/me", {"givenName": "x", "familyName": "y"}).status == 401
    config = visitor.ask("GET", "/config").json()
    assert config.pop("csrf", {"header": 1, "token": 1}).keys() == {"header", "token"}
    assert config == {"endpoint": page.service.endpoint, "tenancyId": page.service.tenancy_id}, config


def signs_up(page):
    page.fill("#sign-up [name=email]", "ada@example.com")
    page.fill("#sign-up [name=givenName]", "Ada")
    page.fill("#sign-up [name=familyName]", "Lovelace")
    page.press("#sign-up button")
    page.notice("You have signed up.")
    assert page.by_id("who").text == "Ada Lovelace"
    assert page.driver.switch_to.active_element.get_attribute("id") == "account-title"
    cookie = page.driver.get_cookie(COOKIE)
    assert cookie["httpOnly"] and cookie["sameSite"] in ("Lax", "Strict") and cookie["path"] == "/", cookie
    user = page.visitor(cookie["value"]).ask("GET", "/me").json()
    expected = {"sub": page.sub(), "email": "ada@example.com", "givenName": "Ada", "familyName": "Lovelace"}
    assert {name: user.get(name) for name in expected} == expected, user


def changes_the_name(page):
    page.fill("#name [name=familyName]", "King <b>")
    page.press("#name button")
    page.notice("Your name has been changed.")
    page.open()
    assert page.by_id("who").text == "Ada King <b>"
    assert page.service.user(page.sub())["familyName"] == "King <b>"
    # What a person may change is not all that an update can.
    more = {"givenName": "Ada", "familyName": "King <b>", "emailVerified": True}
    assert page.visitor(page.session()).ask("PATCH", "/me", more).status in (200, 400)
    assert page.service.user(page.sub())["emailVerified"] is False


def logs_out_for_good(page):
    session = page.session()
    assert page.me(session) == 200
    page.log_out()
    assert page.by_id("visitor").is_displayed()
    # Not only is the cookie gone: a kept copy is of no use.
    assert page.session() != session and page.me(session) == 401


def each_login_begins_a_new_session(page):
    page.log_in()
    first = page.session()
    page.log_out()
    page.log_in()
    assert page.session() not in (None, first)
    sub = page.sub()
    # With an id that somebody else has chosen, and then with one that is in use.
    visitor = page.visitor("chosen-by-somebody-else")
    seen = ["chosen-by-somebody-else"]
    for _ in range(2):
        assert visitor.ask("POST", "/login", {"token": page.service.token(sub)}).status == 204
        assert visitor.cookies[COOKIE] not in seen
        seen.append(visitor.cookies[COOKIE])
    assert [page.me(session) for session in seen] == [401, 401, 200]
    page.log_out()


def a_used_token_is_refused(page):
    # The first attempt uses the token up, and its answer is lost.
    with page.service.fault("exchange_token", times=1, apply=True, kind="status", status=502):
        page.is_refused("no longer valid", 401)
    visitor, token = page.visitor(), page.service.token(page.sub())
    answers = [visitor.ask("POST", "/login", {"token": token}).status for _ in range(2)]
    assert answers == [204, 401], answers


def invalid_tokens_are_refused(page):
    for body in ({"token": "../user/x"}, {"token": ""}, {"token": 5}, {"token": ["x"]}, {"token": None}, {}, [], "x"):
        visitor = page.visitor()
        answer = visitor.ask("POST", "/login", body)
        assert 400 <= answer.status < 500, (body, answer.status)
        assert page.me(visitor.cookies.get(COOKIE)) == 401


def a_disabled_user_is_refused(page):
    # After the browser has got its token, and before the application has exchanged it.
    with page.service.fault("exchange_token", times=1, kind="delay", millis=2000):
        page.press("#log-in")
        page.service.until_exchanging()
        page.service.control("users/disable", {"sub": page.sub(), "disabled": True})
        page.notice("The account may be disabled")
        page.notice("POST /login: 403")
    assert page.me(page.session()) == 401
    page.service.control("users/disable", {"sub": page.sub(), "disabled": False})


def a_service_that_is_down_is_said_to_be(page):
    with page.service.fault("exchange_token", kind="status", status=503, headers={"retry-after": "60"}):
        page.is_refused("not possible at the moment. Try again in 60 s.", 503)
    with page.service.fault("exchange_token", kind="reset"):
        page.is_refused("not possible at the moment. Try again in 5 s.", 503)
    page.log_in()
    with page.service.fault("get_user", kind="status", status=503, headers={"retry-after": "60"}):
        answer = page.visitor(page.session()).ask("GET", "/me")
        assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert page.me(page.session()) == 200
    page.log_out()


def a_fault_of_our_own_is_no_fault_of_the_user(page):
    # As with a wrong key.
    with page.service.fault("exchange_token", kind="status", status=401):
        page.is_refused("Something went wrong on our side.", 500)


def other_origins_change_nothing(page):
    page.log_in()
    session, sub = page.session(), page.sub()
    eve = page.service.add_user("eve@example.com")
    assert page.errors() == []
    # A page of the same site, so that cookies go along; and what any page may send without being asked for permission.
    page.driver.get(page.service.endpoint.replace("127.0.0.1", "localhost") + "/_emulator/health")
    login = json.dumps({"token": page.service.token(eve)})
    as_json = {"content-type": "application/json"}
    for method, path, options in (
        ("POST", "/logout", {"mode": "no-cors"}),
        ("POST", "/logout", {"mode": "no-cors", "body": "{}"}),
        ("POST", "/login", {"mode": "no-cors", "body": login}),
        ("POST", "/login", {"body": login, "headers": as_json}),
        ("PATCH", "/me", {"body": '{"givenName": "Eve"}', "headers": as_json}),
    ):
        outcome = page.driver.execute_async_script(
            """const [url, options, done] = arguments
            fetch(url, { credentials: "include", ...options }).then(answer => done(answer.type), () => done("refused"))""",
            page.url + path,
            {"method": method, **options},
        )
        # Whether it may know that something came back is the application's choice; what came is never for it to read.
        assert outcome in ("opaque", "refused"), (method, path, outcome)
    # What the browser itself says of the refused ones is no error of the page.
    page.errors()
    page.open()
    assert page.session() == session and page.by_id("who").text == "Ada King <b>"
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        for path, body in (("/logout", None), ("/logout", {}), ("/login", {"token": page.service.token(eve)})):
            answer = page.visitor(session).ask("POST", path, body, own=False, content_type=content_type)
            assert 400 <= answer.status < 500, (path, content_type, answer.status)
    assert page.me(session) == 200 and page.service.user(sub)["givenName"] == "Ada"


def strangers_end_nobodys_session(page):
    for _ in range(600):
        assert page.visitor().ask("GET", "/config").status == 200
    assert page.me(page.session()) == 200


def the_page_is_strict_and_without_secrets(page):
    answers = [
        page.visitor(page.session()).ask("GET", path) for path in ("/", "/page.js", "/page.css", "/config", "/me")
    ]
    assert [answer.status for answer in answers] == [200] * 5
    policy = answers[0].headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy, policy
    log = page.application.log.read_text(encoding="utf-8", errors="replace")
    for text in (log, *(answer.body for answer in answers), *(str(answer.headers) for answer in answers)):
        assert page.service.api_key not in text
        assert not any(token in text for token in page.service.tokens)
    loaded = page.driver.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded and all(name.startswith((page.url, page.service.endpoint)) for name in loaded), loaded
    errors = page.errors()
    assert errors == [], errors


STEPS = (
    greets_a_stranger,
    signs_up,
    changes_the_name,
    logs_out_for_good,
    each_login_begins_a_new_session,
    a_used_token_is_refused,
    invalid_tokens_are_refused,
    a_disabled_user_is_refused,
    a_service_that_is_down_is_said_to_be,
    a_fault_of_our_own_is_no_fault_of_the_user,
    other_origins_change_nothing,
    strangers_end_nobodys_session,
    the_page_is_strict_and_without_secrets,
)


def the_session_is_for_https_alone(application, emulator):
    """Behind a proxy that ends TLS: the same application, told its public origin."""
    origin = "https://app.example.test"
    with application.running(emulator, origin) as url:
        visitor = Visitor(url, origin)
        answer = visitor.ask("POST", "/login", {"token": emulator.token(emulator.add_user("grace@example.com"))})
        assert answer.status == 204, (answer.status, answer.body)
        cookie = answer.cookies[f"__Host-{COOKIE}"]
        assert cookie["secure"] and cookie["httponly"] and cookie["samesite"].lower() in ("lax", "strict"), cookie
        assert cookie["path"] == "/" and not cookie["domain"], cookie
        assert visitor.ask("GET", "/me").status == 200
        assert Visitor(url, origin).ask("POST", "/logout", own=False).status in range(400, 500)
        assert visitor.ask("POST", "/logout").status == 204


def drive(application, screenshots):
    """How many passed of all steps, those of the browser and that of https."""
    with service("http://localhost:*") as emulator:
        with application.running(emulator) as url, browser.chromium() as driver:
            passed = browser.play(Example(driver, url, application, emulator), STEPS, screenshots)
        try:
            the_session_is_for_https_alone(application, emulator)
        except Exception:
            traceback.print_exc()
            return passed
    return passed + 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=names(), metavar="NAME", help=", ".join(names()))
    parser.add_argument("--screenshots", type=browser.folder, metavar="FOLDER")
    arguments = parser.parse_args()
    passed = of = 0
    for name in arguments.only or names():
        application = Application(name)
        if lacks := application.lacks_toolchain():
            if os.environ.get("CI") == "true":
                sys.exit(f"{name}: with CI=true no toolchain may be missing\n{lacks}")
            print(f"{name}: left out\n{lacks}", end="", file=sys.stderr)
            continue
        started = time.monotonic()
        count = 0
        try:
            application.install()
            installed = time.monotonic()
            count = drive(application, arguments.screenshots)
            print(
                f"{name}: {count} passed (installed in {installed - started:.0f} s, driven in {time.monotonic() - installed:.0f} s)"
            )
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        if count < len(STEPS) + 1:
            print(application.last_lines(), file=sys.stderr)
        passed, of = passed + count, of + len(STEPS) + 1
    return browser.report(passed, of) or of == 0


if __name__ == "__main__":
    sys.exit(main())
