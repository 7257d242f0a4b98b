// The browser's calls to a Passlock emulator, for its demo and for examples.
// In production an application uses Passlock's own client, @passlock/client, and not this.

/** What a call was refused with: `tag` is Passlock's own name for it, such as "Duplicate" or "Disabled". */
export class PasslockError extends Error {
  constructor(tag, message) {
    super(message)
    this.name = "PasslockError"
    this.tag = tag
  }
}

/**
 * @param {{ endpoint: string, tenancyId: string, clientId?: string }} settings
 */
export function createPasslock({ endpoint, tenancyId, clientId = "emulator" }) {
  const base = `${endpoint.replace(/\/$/, "")}/${encodeURIComponent(tenancyId)}`

  async function post(path, body) {
    let response
    try {
      response = await fetch(`${base}/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-client-id": clientId },
        body: JSON.stringify(body),
      })
    } catch {
      throw new PasslockError("Unreachable", "Passlock can't be reached.")
    }
    const answer = await response.json().catch(() => ({}))
    if (response.status === 200) return answer
    throw new PasslockError(answer._tag ?? "InternalServerError", answer.message ?? `Passlock answered ${response.status}.`)
  }

  return {
    /** Whether there is a user with this email address. */
    async isExistingUser({ email }) {
      return (await post("user/status", { email })).existingUser
    },

    /**
     * Makes a passkey and a user. `verifyEmail` is `{ method: "code" }` or `{ method: "link", redirectUrl }`.
     * The result is the principal; its `token` is for your server.
     */
    async register({ email, givenName, familyName, userVerification, verifyEmail }) {
      const { session, publicKey } = await post("passkey/registration/options", {
        email,
        givenName,
        familyName,
        userVerification,
        verifyEmail,
      })
      const credential = await navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
      })
      return (await post("passkey/registration/verification", { session, credential, verifyEmail })).principal
    },

    /** Logs in with a passkey: one of this email address, or whichever the user chooses. */
    async login({ email, userVerification } = {}) {
      const { session, publicKey } = await post("passkey/authentication/options", { email, userVerification })
      const credential = await navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
      })
      return (await post("passkey/authentication/verification", { session, credential })).principal
    },

    /** Proves with the code of the email that the address is the user's. The result has a new token. */
    async verifyEmail({ code, token }) {
      return (await post("user/verify-email", { code, token })).principal
    },

    /** Sends the email again. */
    async resendEmail({ userId, verifyEmail = { method: "code" } }) {
      await post("user/verify-email/resend", { userId, verifyEmail })
    },
  }
}
