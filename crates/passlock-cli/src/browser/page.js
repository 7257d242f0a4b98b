// The demo's page. It contains no secret: the API key stays with the server.

const $ = (id) => document.getElementById(id)

const state = await (await fetch("/api/state")).json()
const { createPasslock } = await import(`${state.endpoint}/_emulator/passlock.js`)
const passlock = createPasslock(state)

/** The principal of this page's last login, as the browser got it. */
let login = null

/** Asks the demo's own server. */
async function ask(method, path, body) {
  let response
  try {
    response = await fetch(path, {
      method,
      headers: { "content-type": "application/json" },
      body: body && JSON.stringify(body),
    })
  } catch {
    throw new Error("The demo’s server has stopped. Start it again.")
  }
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  throw Object.assign(new Error(answer.message ?? "The request was refused."), { status: response.status, ...answer })
}

function notify(text, { bad = false, detail = "" } = {}) {
  const notice = $("notice")
  notice.textContent = text
  if (detail) notice.append(Object.assign(document.createElement("small"), { textContent: detail }))
  notice.classList.toggle("bad", bad)
  notice.hidden = false
}

const WORDS = {
  Duplicate: "There is already an account with this email. Log in instead.",
  NotFound: "There is no passkey for this email.",
  Disabled: "This account is disabled.",
  NotAllowedError: "The passkey was not used: cancelled or timed out.",
}

function explain(error) {
  const known = WORDS[error.tag] ?? WORDS[error.name]
  const detail = error.kind
    ? `${error.kind}${error.attempts > 1 ? ` after ${error.attempts} attempts` : ""}; the server answered ${error.status}`
    : known && error.tag
      ? `Passlock said ${error.tag}`
      : ""
  notify(known ?? error.message, { bad: true, detail })
}

/** Runs one action at a time, and reports the outcome. */
let busy = false
async function run(button, act) {
  if (busy) return
  busy = true
  button?.setAttribute("aria-disabled", "true")
  try {
    await act()
  } catch (error) {
    explain(error)
  } finally {
    busy = false
    button?.removeAttribute("aria-disabled")
    await showMail()
  }
}

function showUser(user) {
  $("visitor").hidden = Boolean(user)
  $("account").hidden = !user
  if (!user) return
  $("who").textContent = user.givenName || user.email
  $("email").textContent = user.email
  $("verified").textContent = user.emailVerified ? "verified" : "not verified"
  $("verified").classList.toggle("good", user.emailVerified)
  $("code").hidden = user.emailVerified || !login
  $("again").hidden = !login
  const { givenName, familyName } = $("profile").elements
  givenName.value = user.givenName ?? ""
  familyName.value = user.familyName ?? ""
}

/** Who it is, how they logged in, and for whom and how long that holds. */
const ORDER = [
  "sub", "email", "emailVerified", "givenName", "familyName",
  "authType", "userVerified", "authId",
  "iss", "aud", "iat", "nbf", "exp",
]

const asTime = (value) => `${new Date(value * 1000).toLocaleString()} (${value})`

function showPrincipal(principal) {
  const list = $("principal")
  list.replaceChildren()
  const known = ORDER.filter((name) => name in (principal ?? {}))
  const others = Object.keys(principal ?? {}).filter((name) => !ORDER.includes(name))
  for (const name of [...known, ...others]) {
    const value = principal[name]
    const term = Object.assign(document.createElement("dt"), { textContent: name })
    const text = ["iat", "nbf", "exp"].includes(name) && typeof value === "number" ? asTime(value) : String(value)
    list.append(term, Object.assign(document.createElement("dd"), { textContent: text }))
  }
  $("no-principal").hidden = Boolean(principal)
}

async function showMail() {
  const { mails } = await ask("GET", "/api/mail").catch(() => ({ mails: [] }))
  $("no-mail").hidden = mails.length > 0
  $("mail").replaceChildren(
    ...mails.reverse().slice(0, 3).map((mail) => {
      const item = document.createElement("li")
      const to = Object.assign(document.createElement("p"), { textContent: `To ${mail.to}: your code is` })
      item.append(to, Object.assign(document.createElement("strong"), { textContent: mail.code }))
      return item
    }),
  )
}

/** Hands the token to the server, which exchanges it. */
async function enter(principal, welcome) {
  const { principal: seen } = await ask("POST", "/api/login", { token: principal.token })
  login = principal
  showPrincipal(seen)
  showUser(seen)
  notify(welcome)
  $("account-title").focus()
}

$("sign-up").addEventListener("submit", (event) => {
  event.preventDefault()
  run(event.submitter, async () => {
    const fields = Object.fromEntries(new FormData(event.target))
    for (const name of ["givenName", "familyName"]) if (!fields[name]) delete fields[name]
    await enter(await passlock.register({ ...fields, verifyEmail: { method: "code" } }), "You have signed up.")
  })
})

$("log-in").addEventListener("click", (event) => {
  run(event.target, async () => enter(await passlock.login(), "You have logged in."))
})

$("again").addEventListener("click", (event) => {
  run(event.target, async () => {
    await ask("POST", "/api/login", { token: login.token })
    notify("The token was accepted a second time.")
  })
})

$("profile").addEventListener("submit", (event) => {
  event.preventDefault()
  run(event.submitter, async () => {
    const { user } = await ask("PATCH", "/api/user", Object.fromEntries(new FormData(event.target)))
    showUser(user)
    notify("Your changes are saved.")
  })
})

$("code").addEventListener("submit", (event) => {
  event.preventDefault()
  run(event.submitter, async () => {
    const { code } = Object.fromEntries(new FormData(event.target))
    await enter(await passlock.verifyEmail({ code: code.trim(), token: login.token }), "Your email is verified.")
    event.target.reset()
  })
})

$("log-out").addEventListener("click", (event) => {
  run(event.target, async () => {
    await ask("POST", "/api/logout", {})
    login = null
    showUser(null)
    showPrincipal(null)
    notify("You have logged out.")
    $("log-in").focus()
  })
})

$("trouble").addEventListener("change", () => {
  run(null, async () => {
    const { trouble, disabled } = $("trouble").elements
    await ask("POST", "/api/trouble", { trouble: trouble.value, disabled: disabled.checked })
  })
})

$("trouble").elements.trouble.value = state.trouble
$("trouble").elements.disabled.checked = state.disabled
showUser(state.user)
await showMail()
document.documentElement.dataset.ready = "true"
