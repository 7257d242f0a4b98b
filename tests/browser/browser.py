"""What drives a page as a person does: headless Chromium with a virtual authenticator, and a scenario of steps."""

import contextlib
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
# Nothing takes this long, unless it is broken.
PATIENCE = 20
WIDTHS = (1280, 400)


@contextlib.contextmanager
def command(*arguments):
    """`passlock-cli` as a process, which ends with its standard input."""
    process = subprocess.Popen(
        [TARGET / "debug/passlock-cli", *arguments, "--json", "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline()
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
                has_resident_key=True,
                has_user_verification=True,
                is_user_verified=True,
            )
        )
        yield driver
    finally:
        driver.quit()


class Page:
    def __init__(self, driver, url):
        self.driver, self.url = driver, url

    def open(self):
        self.driver.get(self.url)
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, "html[data-ready]"), "the page is ready")

    def until(self, holds, what):
        WebDriverWait(self.driver, PATIENCE).until(lambda _: holds(), what)

    def by_id(self, name):
        return self.driver.find_element(By.ID, name)

    def notice(self, text):
        self.until(
            lambda: text in self.by_id("notice").text, f"the notice says {text!r}, not {self.by_id('notice').text!r}"
        )

    def press(self, selector):
        """By keyboard, so that every step is seen to work without a mouse."""
        element = self.driver.find_element(By.CSS_SELECTOR, selector)
        self.driver.execute_script("arguments[0].focus()", element)
        element.send_keys(Keys.ENTER)

    def fill(self, selector, text):
        element = self.driver.find_element(By.CSS_SELECTOR, selector)
        element.clear()
        element.send_keys(text)

    def errors(self):
        """What the page was refused on purpose is no error of the page."""
        lines = [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]
        return [line for line in lines if "Failed to load resource" not in line]

    def keep_screenshots(self, folder, name):
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                self.driver.execute_cdp_cmd(
                    "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
                )
                metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
                self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
                height = self.driver.execute_script("return document.documentElement.scrollHeight")
                overflow = self.driver.execute_script("return document.documentElement.scrollWidth > innerWidth")
                assert not overflow, f"{name} is wider than {width} pixels"
                self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**metrics, "height": height})
                self.driver.save_screenshot(str(folder / f"{name}-{width}-{scheme}.png"))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def play(page, steps, screenshots=None):
    """How many of the steps passed. Each one stands on those before it, so that the first failure is the last step."""
    for passed, step in enumerate(steps):
        try:
            step(page)
        except Exception:
            traceback.print_exc()
            with contextlib.suppress(Exception):
                print("the notice:", page.by_id("notice").text, page.errors(), file=sys.stderr)
            print(f"failed: {step.__name__}", file=sys.stderr)
            return passed
        if screenshots:
            page.keep_screenshots(screenshots, step.__name__)
    return len(steps)


def folder(text):
    """An argument that names a folder, which is made if it is not there."""
    path = Path(text)
    path.mkdir(parents=True, exist_ok=True)
    return path


def report(passed, all_steps):
    print(f"{passed} passed, {all_steps - passed} failed")
    return 0 if passed == all_steps else 1
