/** Next.js calls this once, when the server starts: missing settings are an error here, not at the first login. */
export async function register() {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { passlock } = await import("./lib/passlock");
    process.once("exit", () => passlock().close());
    passlock();
  }
}
