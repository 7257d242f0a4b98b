"""The demo's login, as a person goes through it, in headless Chromium with a virtual authenticator."""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
import urllib.request
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support.ui import Select, WebDriverWait

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# Nothing takes this long, unless it is broken.
PATIENCE = 20
WIDTHS = (1280, 400)


@contextlib.contextmanager
def demo():
    """The demo as a process, which ends with its standard input."""
    binaries = [TARGET / "debug" / name for name in ("passlock-cli", "passlock")]
    binary = max((path for path in binaries if path.exists()), key=lambda path: path.stat().st_mtime)
    process = subprocess.Popen(
        [binary, "demo", "--browser", "--json", "--exit-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


@contextlib.contextmanager
def chromium():
    options = webdriver.ChromeOptions()
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    options.binary_location = next(path for path in found if path)
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.set_window_size(1280, 1000)
        driver.add_virtual_authenticator(
            VirtualAuthenticatorOptions(
                transport=VirtualAuthenticatorOptions.Transport.INTERNAL,
                has_resident_key=True, has_user_verification=True, is_user_verified=True,
            )
        )
        yield driver
    finally:
        driver.quit()


class Page:
    def __init__(self, driver, ready):
        self.driver, self.ready = driver, ready

    def open(self):
        self.driver.get(self.ready["url"])
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, "html[data-ready]"), "the page is ready")

    def until(self, holds, what):
        WebDriverWait(self.driver, PATIENCE).until(lambda _: holds(), what)

    def by_id(self, name):
        return self.driver.find_element(By.ID, name)

    def notice(self, text):
        self.until(lambda: text in self.by_id("notice").text, f"the notice says {text!r}, not {self.by_id('notice').text!r}")

    def press(self, selector):
        """By keyboard, so that every step is seen to work without a mouse."""
        element = self.driver.find_element(By.CSS_SELECTOR, selector)
        self.driver.execute_script("arguments[0].focus()", element)
        element.send_keys(Keys.ENTER)

    def fill(self, selector, text):
        element = self.driver.find_element(By.CSS_SELECTOR, selector)
        element.clear()
        element.send_keys(text)

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

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.ready['control']}/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def errors(self):
        """What the page was refused on purpose is no error of the page."""
        lines = [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]
        return [line for line in lines if "Failed to load resource" not in line]


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
    page.notice("There is an account with this email already")
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
            "const done = arguments[1]; fetch(arguments[0]).then(a => a.text()).then(() => done('read'), () => done('refused'))", url
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


def keep_screenshots(page, folder, name):
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            page.driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            )
            metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            height = page.driver.execute_script("return document.documentElement.scrollHeight")
            overflow = page.driver.execute_script("return document.documentElement.scrollWidth > innerWidth")
            assert not overflow, f"{name} is wider than {width} pixels"
            page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**metrics, "height": height})
            page.driver.save_screenshot(str(folder / f"{name}-{width}-{scheme}.png"))
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER")
    folder = parser.parse_args().screenshots
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    passed = 0
    with demo() as ready, chromium() as driver:
        page = Page(driver, ready)
        for step in STEPS:
            try:
                step(page)
            except Exception:
                traceback.print_exc()
                with contextlib.suppress(Exception):
                    print("the notice:", page.by_id("notice").text, page.errors(), file=sys.stderr)
                # Each step stands on the ones before it.
                print(f"{passed} passed, {len(STEPS) - passed} failed, first: {step.__name__}")
                return 1
            passed += 1
            if folder:
                keep_screenshots(page, folder, step.__name__)
    print(f"{passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
