/** What the test runner, or the shell that started it, would otherwise tell the child. */
const FOREIGN =
  /^(NODE_OPTIONS|NODE_ENV|NODE_V8_COVERAGE|OTEL_.*|SPANWRIGHT_.*|VITEST.*|TEST|DEV|PROD|MODE|SSR|BASE_URL|FORCE_COLOR|FORCE_TTY|NO_COLOR)$/

const PROXIES = /^(NODE_USE_ENV_PROXY|\w+_proxy)$/i

/** The environment of a process that somebody started from a shell, and `added` on top. */
export function cleanEnv(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name) && !PROXIES.test(name))
  return { ...Object.fromEntries(own), ...added }
}
