"""Runs the contract's vectors (tests/vectors of the repository) through both classes: vectors.py [PART OF A NAME].

`vectors.py --serve CLASS` stays up instead: it reads a vector a line, and writes what was seen of it, a line too.
"""

import asyncio
import json
import os
import re
import socket
import sys
import traceback
from pathlib import Path

import passlock
from passlock.testing import Emulator, EmulatorError

FOLDER = Path(__file__).parents[2] / "tests" / "vectors"
DEFAULTS = json.loads((FOLDER / "defaults.json").read_text())
NUMBERS = ("NaN", "Infinity", "-Infinity")


class Variables(dict):
    def expand(self, value):
        if isinstance(value, list):
            return [self.expand(item) for item in value]
        if isinstance(value, str):
            if (shift := re.fullmatch(r"\$\{exp([+-]\d+)?\}", value)) and "exp" in self:
                return self["exp"] + int(shift[1] or 0)
            return re.sub(r"\$\{(\w+)\}", lambda found: str(self.get(found[1], found[0])), value)
        if not isinstance(value, dict):
            return value
        match list(value.items()):
            case [("$concat", parts)]:
                pairs = (part if isinstance(part, list) else [part, 1] for part in parts)
                return "".join(self.expand(part) * times for part, times in pairs)
            case [("$json", inner)]:
                return json.dumps(self.expand(inner))
            case [("$utf16", units)]:
                return b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le", "surrogatepass")
        return {name: self.expand(item) for name, item in value.items()}


def equal(expected, actual):
    if isinstance(expected, dict):
        if set(expected) == {"$at_least"}:
            return isinstance(actual, int | float) and actual >= expected["$at_least"]
        alike = isinstance(actual, dict) and expected.keys() == actual.keys()
        return alike and all(equal(expected[name], actual[name]) for name in expected)
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(equal, expected, actual))
    if expected == "${any}":
        return isinstance(actual, str) and actual != ""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (expected, actual))
    return abs(expected - actual) < 0.0005 if numbers else type(expected) is type(actual) and expected == actual


def settings_of(given):
    return {name: float(value) if value in NUMBERS else value for name, value in given.items()} if given else {}


def invoke(cls, settings, call):
    """Make a client and a call; gives the result and what a person may be shown of it."""
    client = cls(**settings)
    operation = call["operation"]
    try:
        if operation == "construct":
            return {}, [repr(client), str(client)]
        keywords = settings_of(call.get("options")) | call.get("update", {})
        argument = call["token"] if operation == "exchange_token" else call["sub"]
        result = getattr(client, operation)(argument, **keywords)
        result = asyncio.run(result) if asyncio.iscoroutine(result) else result
        fields = {name: getattr(result, name) for name in type(result).__match_args__}
        fields = {name: value.timestamp() if hasattr(value, "timestamp") else value for name, value in fields.items()}
        return fields, [repr(result), str(result)]
    finally:
        client.close()


def observe(vector, emulator, cls, variables):
    """Run a vector; gives what was seen of it, and adds to the variables what the emulator has generated."""
    emulator.reset()
    for name in [n for n in os.environ if n.startswith("PASSLOCK_") or n.upper().endswith("_PROXY")]:
        del os.environ[name]
    for step in vector.get("server", []):
        [answer] = [emulator.control(what, variables.expand(body)) for what, body in step.items()]
        variables |= {name: answer[name] for name in ("token", "exp") if name in answer}
    settings = {k: v for k, v in (DEFAULTS["settings"] | vector.get("settings", {})).items() if v is not None}
    settings = settings_of(variables.expand(settings)) | {"_fixed_now": vector.get("now", DEFAULTS["now"])}
    os.environ.update(variables.expand(vector.get("environment", {})))
    message = ""
    try:
        result, texts = invoke(cls, settings, variables.expand(vector["call"]))
        outcome = {"result": result}
    except passlock.PasslockError as error:
        message = str(error)
        texts = [message, repr(error), *traceback.format_exception(error), repr(vars(error))]
        outcome = {"error": {name: getattr(error, name) for name in ("kind", *DEFAULTS["error"])}}
    for name in vector.get("environment", {}):
        del os.environ[name]
    return {"outcome": outcome, "message": message, "texts": texts, "journal": emulator.journal()}


def run(vector, emulator, cls, variables):
    """Give what is wrong with a vector."""
    seen = observe(vector, emulator, cls, variables)
    says, quotes = [], ""
    if "error" in vector:
        expected = {"error": DEFAULTS["error"] | variables.expand(vector["error"])}
        says, quotes = expected["error"].pop("says", []), expected["error"].pop("quotes", "")
    else:
        expected = {"result": variables.expand(vector["result"])}
    wrong = [] if equal(expected, seen["outcome"]) else [f"expected {expected}, got {seen['outcome']}"]
    plain = seen["message"].lower().replace("_", "")
    wrong += [f"message without {word!r}: {plain}" for word in says if word.lower().replace("_", "") not in plain]
    if quotes not in seen["message"]:
        wrong.append(f"message without the quote {quotes!r}: {seen['message']}")
    wrong += [f"shows a secret: {text}" for text in seen["texts"] if "canary" in text]
    return wrong + wrong_on_wire(variables.expand(vector["wire"]), seen["journal"], variables)


def serve(emulator, cls, variables):
    """Answer each vector with what was seen of it, until there are no more."""
    for line in sys.stdin:
        known = Variables(variables)
        try:
            seen = observe(json.loads(line), emulator, cls, known)
        except EmulatorError as error:
            seen = {"broken": str(error)}
        except Exception as error:
            # What is no PasslockError is no answer to any vector.
            seen = {"outcome": {"raised": repr(error)}}
        print(json.dumps(seen | {"known": known}), flush=True)


def wrong_on_wire(expected, seen, variables):
    if len(expected) != len(seen):
        return [f"{len(seen)} requests instead of {len(expected)}: {[r['path'] for r in seen]}"]
    wrong = []
    for want, got, before in zip(expected, seen, [None, *seen], strict=False):
        headers = variables.expand(DEFAULTS["headers"] | want.get("headers", {}))
        pairs = [(want["method"], got["method"]), (want["path"], got["path"])]
        pairs += [(want.get("body"), json.loads(got["body"] or "null"))]
        pairs += [(value, got["headers"].get(name)) for name, value in headers.items()]
        wrong += [f"on the wire: expected {a!r}, got {b!r}" for a, b in pairs if not equal(a, b)]
        if before and got["atMillis"] - before["endedAtMillis"] < want.get("gap", 0) * 1000:
            wrong.append(f"only {got['atMillis'] - before['endedAtMillis']} ms after the request before")
    return wrong


def main(*arguments):
    emulator = Emulator("--tenancy-id", "tenancy-1", "--api-key", "key-canary-0123456789")
    with emulator, socket.create_server(("127.0.0.1", 0)) as silent:
        variables = {"silent": silent.getsockname()[1]}
        variables |= {"user_agent": f"passlock-python/{passlock.__version__}", "endpoint": emulator.endpoint}
        variables["port"] = emulator.endpoint.rsplit(":")[-1]
        match arguments:
            case ["--serve", name]:
                return serve(emulator, getattr(passlock, name), variables)
            case _:
                return run_all(emulator, variables, *arguments)


def run_all(emulator, variables, part=""):
    passed = failed = 0
    files = [file for file in FOLDER.glob("*.json") if file.name != "defaults.json" and "schema" not in file.name]
    vectors = [v for file in sorted(files) for v in json.loads(file.read_text())["vectors"] if part in v["name"]]
    for vector in vectors:
        if "only" in vector and "python" not in vector["only"]["languages"]:
            print(f"left out: {vector['name']} ({vector['only']['why']})")
            continue
        for cls in (passlock.Passlock, passlock.AsyncPasslock):
            wrong = run(vector, emulator, cls, Variables(variables))
            passed, failed = passed + (not wrong), failed + bool(wrong)
            for what in wrong:
                print(f"FAILED {vector['name']} ({cls.__name__}): {what}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
