/**
 * Globals that others replace in the app's process (fake timers of test runners, jsdom, polyfills, mocked clocks), and what the
 * files of the build take instead, as they load: Node.js's own, which such replacements rarely reach. What OpenTelemetry's
 * code in the files uses is replaced likewise. Promises are those of async functions.
 */
const PINNED: Readonly<Record<string, string>> = {
  setTimeout: own('timers', 'setTimeout'),
  clearTimeout: own('timers', 'clearTimeout'),
  setInterval: own('timers', 'setInterval'),
  clearInterval: own('timers', 'clearInterval'),
  setImmediate: own('timers', 'setImmediate'),
  clearImmediate: own('timers', 'clearImmediate'),
  queueMicrotask: 'globalThis.queueMicrotask',
  // Loaded with its first use, since an idle start can do without. The object may get other methods later: its own is kept.
  performance: `(() => {
  let now, own
  const load = () => ((own = spanwrightRequire('perf_hooks').performance), (now = own.now.bind(own)))
  return { now: () => (now ?? load())(), get timeOrigin() { return own ?? load(), own.timeOrigin } }
})()`,
  'process.hrtime': 'process.hrtime',
  'Date.now': 'Date.now',
  'Math.random': 'Math.random',
  Promise: '(async () => {})().constructor',
  AbortController: 'globalThis.AbortController',
  Buffer: own('buffer', 'Buffer'),
  URL: own('url', 'URL'),
  TextDecoder: own('util', 'TextDecoder'),
}

function own(module: string, name: string): string {
  return `spanwrightRequire('${module}').${name}`
}

const nameFor = (name: string): string => `spanwright_${name.replace('.', '_')}`

/** For esbuild: by which name each is called in the files. */
export const PINNED_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(PINNED).map((name) => [name, nameFor(name)]),
)

/** The declaration of those names that a file uses. */
export function declarePinned(code: string): string {
  const used = Object.entries(PINNED).filter(([name]) => code.includes(nameFor(name)))
  return used.map(([name, value]) => `const ${nameFor(name)} = ${value};`).join(' ')
}
