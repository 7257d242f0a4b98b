// Settings come from the environment, as examples/README.md says.
export const endpoint = process.env.PASSLOCK_ENDPOINT ?? "https://api.passlock.dev";
export const origin = process.env.ORIGIN ?? `http://localhost:${process.env.PORT ?? 3000}`;
export const secure = origin.startsWith("https://");
