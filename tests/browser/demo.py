"""The demo's login, as a person goes through it."""

import argparse
import json
import sys
import time
import urllib.request

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

import browser
from browser import PATIENCE


class Demo(browser.Page):
    def __init__(self, driver, ready):
        super().__init__(driver, ready["url"])
        self.ready = ready

    def log_out(self):
        self.press("#log-out")
        self.notice("You have logged out")
        assert self.session() is None

    def session(self):
        return self.driver.get_cookie("demo_session")

    def trouble(self, value=None, disabled=None):
        if value is not None:
            Select(self.driver.find_element(By.NAME, "trouble")).select_by_value(value)
        box = self.driver.find_element(By.NAME, "disabled")
        if disabled is not None and box.is_selected() != disabled:
            box.click()
        wanted = {"trouble": value, "disabled": disabled}
        self.until(
            lambda: all(wanted[name] in (None, self.state()[name]) for name in wanted), f"the server knows of {wanted}"
        )

    def state(self):
        with urllib.request.urlopen(f"{self.ready['url']}/api/state", timeout=PATIENCE) as answer:
            return json.load(answer)


def signs_up(page):
    page.open()
    page.press("#sign-up button")
    page.notice("You have signed up")
    assert "Ada" in page.by_id("account-title").text
    assert page.driver.switch_to.active_element.get_attribute("id") == "account-title"
    cookie = page.session()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict", cookie
    shown = page.by_id("principal").text
    for word in ("passkey", "ada@example.com", "userVerified", "demo-tenancy"):
        assert word in shown, (word, shown)
    assert "jti" not in shown and "token" not in shown.lower().replace("authtimestamp", ""), shown


def proves_the_email_by_the_code_of_the_mail(page):
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, "#mail strong"), "a mail has come")
    code = page.driver.find_element(By.CSS_SELECTOR, "#mail strong").text
    assert page.by_id("verified").text == "not verified"
    page.fill("#code input", "000000" if code != "000000" else "111111")
    page.press("#code button")
    page.notice("Invalid code")
    page.fill("#code input", code)
    page.press("#code button")
    page.notice("Your email is verified")
    assert page.by_id("verified").text == "verified"


def changes_the_user(page):
    page.fill("#profile input[name=familyName]", "King")
    page.press("#profile button")
    page.notice("Your changes are saved")
    assert page.state()["user"] is None, "no session without the cookie"
    page.open()
    assert page.driver.find_element(By.CSS_SELECTOR, "#profile input[name=familyName]").get_attribute("value") == "King"


def logs_out_and_in(page):
    page.log_out()
    page.press("#log-in")
    page.notice("You have logged in")
    assert page.session()


def a_second_sign_up_is_a_duplicate(page):
    page.log_out()
    page.press("#sign-up button")
    page.notice("There is already an account with this email")
    page.notice("Duplicate")


def a_used_token_is_refused(page):
    page.press("#log-in")
    page.notice("You have logged in")
    page.press("#again")
    page.notice("not_found")
    page.notice("the server answered 401")


def a_disabled_user_is_refused(page):
    page.trouble(disabled=True)
    page.log_out()
    page.press("#log-in")
    page.notice("This account is disabled")
    assert page.session() is None
    page.trouble(disabled=False)
    page.press("#log-in")
    page.notice("You have logged in")


def a_service_that_is_down_is_said_to_be(page):
    page.log_out()
    page.trouble("down")
    page.press("#log-in")
    page.notice("after 3 attempts")
    page.notice("the server answered 503")
    assert page.session() is None
    page.trouble("none")
    page.press("#log-in")
    page.notice("You have logged in")


def a_service_that_hangs_ends_in_time(page):
    page.log_out()
    page.trouble("hangs")
    started = time.monotonic()
    page.press("#log-in")
    page.notice("timeout")
    assert time.monotonic() - started < 8
    page.trouble("none")


def a_foreign_page_reads_nothing(page):
    """From this very machine, but another origin: neither the emulator's routes nor its control API."""
    foreign = page.ready["url"].replace("localhost", "127.0.0.1")
    page.driver.get("data:text/html,<title>foreign</title>")
    emulator = page.ready["emulator"]
    for url in (
        f"{emulator}/demo-tenancy/connection/pre-connect",
        f"{emulator}/_emulator/mailbox",
        f"{emulator}/_emulator/passlock.js",
        f"{page.ready['url']}/api/mail",
        foreign,
    ):
        outcome = page.driver.execute_async_script(
            "const done = arguments[1]; fetch(arguments[0]).then(a => a.text()).then(() => done('read'), () => done('refused'))",
            url,
        )
        assert outcome == "refused", url
    page.open()


def the_page_is_strict_and_without_secrets(page):
    with urllib.request.urlopen(page.ready["url"], timeout=PATIENCE) as answer:
        policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy, policy
    page.open()
    loaded = page.driver.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded and all(name.startswith((page.ready["url"], page.ready["emulator"])) for name in loaded), loaded
    errors = page.errors()
    assert errors == [], errors


STEPS = (
    signs_up,
    proves_the_email_by_the_code_of_the_mail,
    changes_the_user,
    logs_out_and_in,
    a_second_sign_up_is_a_duplicate,
    a_used_token_is_refused,
    a_disabled_user_is_refused,
    a_service_that_is_down_is_said_to_be,
    a_service_that_hangs_ends_in_time,
    the_page_is_strict_and_without_secrets,
    a_foreign_page_reads_nothing,
)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--screenshots", type=browser.folder, metavar="FOLDER")
    screenshots = parser.parse_args().screenshots
    with browser.command("demo", "--browser") as ready, browser.chromium() as driver:
        passed = browser.play(Demo(driver, json.loads(ready)), STEPS, screenshots)
    return browser.report(passed, len(STEPS))


if __name__ == "__main__":
    sys.exit(main())
