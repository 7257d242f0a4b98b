// The page of every example. It creates or uses a passkey, and gives its server the token that Passlock returns.

const $ = (id) => document.getElementById(id);

/** What the server's responses mean to a person. */
const MEANINGS = {
  401: "That login is no longer valid. Please log in again.",
  // Also what a CSRF check says to a page that is out of date.
  403: "This was refused. The account may be disabled, or this page out of date: reload it and try again.",
  503: "This is not possible at the moment.",
};

/** The same for what the browser and Passlock say before the server is asked. */
const REASONS = {
  Duplicate: "There is already an account with this email. Log in instead.",
  Disabled: "This account is disabled.",
  NotAllowedError: "The passkey was not used: cancelled or timed out.",
};

/** `{endpoint, tenancyId}`, and `csrf: {header, token}` where the framework asks for a token. */
let config;

async function ask(method, path, body) {
  const headers = { accept: "application/json" };
  if (body) headers["content-type"] = "application/json";
  if (config?.csrf && method !== "GET") headers[config.csrf.header] = config.csrf.token;
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error("The server can’t be reached.");
  });
  if (!response.ok) {
    const wait = response.headers.get("retry-after");
    const meaning = MEANINGS[response.status] ?? "Something went wrong on our side.";
    throw Object.assign(new Error(wait ? `${meaning} Try again in ${wait} s.` : meaning), {
      status: response.status,
      detail: `${method} ${path}: ${response.status}`,
    });
  }
  return response.status === 204 ? null : response.json();
}

/** Who is logged in, as the server sees it; null if nobody is. A new session may have a new CSRF token. */
async function refresh() {
  config = await ask("GET", "/config");
  const user = await ask("GET", "/me").catch((error) => {
    if (error.status !== 401) throw error;
    return null;
  });
  show(user);
  return user;
}

function show(user) {
  $("visitor").hidden = Boolean(user);
  $("account").hidden = !user;
  if (!user) return;
  $("who").textContent = [user.givenName, user.familyName].filter(Boolean).join(" ") || user.email;
  $("email").textContent = user.email;
  const { givenName, familyName } = $("name").elements;
  givenName.value = user.givenName ?? "";
  familyName.value = user.familyName ?? "";
}

function notify(text, { bad = false, detail = "" } = {}) {
  $("notice").textContent = text;
  if (detail) $("notice").append(Object.assign(document.createElement("small"), { textContent: detail }));
  $("notice").classList.toggle("bad", bad);
  $("notice").hidden = false;
}

/** Runs one action at a time, and reports the outcome. */
let busy = false;
async function run(button, action) {
  if (busy) return;
  busy = true;
  button?.setAttribute("aria-disabled", "true");
  try {
    await action();
  } catch (error) {
    notify(REASONS[error.tag] ?? REASONS[error.name] ?? error.message, {
      bad: true,
      detail: error.detail ?? error.tag,
    });
  } finally {
    busy = false;
    button?.removeAttribute("aria-disabled");
  }
}

/** The heart of it: the token goes to the server, which exchanges it and begins a session. */
async function enter({ token }, welcome) {
  await ask("POST", "/login", { token });
  await refresh();
  notify(welcome);
  $("account-title").focus();
}

const fieldsOf = (form) => Object.fromEntries(new FormData(form));
const filledIn = (form) => Object.fromEntries([...new FormData(form)].filter(([, value]) => value));

await run(null, async () => {
  await refresh();
  // In production: `import { Passlock } from "@passlock/client"`.
  const { createPasslock } = await import(`${config.endpoint}/_emulator/passlock.js`);
  const passlock = createPasslock(config);

  $("sign-up").addEventListener("submit", (event) => {
    event.preventDefault();
    run(event.submitter, async () => enter(await passlock.register(filledIn(event.target)), "You have signed up."));
  });

  $("log-in").addEventListener("click", (event) => {
    run(event.target, async () => enter(await passlock.login(), "You have logged in."));
  });
});

$("name").addEventListener("submit", (event) => {
  event.preventDefault();
  run(event.submitter, async () => {
    show(await ask("PATCH", "/me", fieldsOf(event.target)));
    notify("Your name has been changed.");
  });
});

$("log-out").addEventListener("click", (event) => {
  run(event.target, async () => {
    await ask("POST", "/logout");
    await refresh();
    notify("You have logged out.");
    $("visitor-title").focus();
  });
});

document.documentElement.dataset.ready = "true";
