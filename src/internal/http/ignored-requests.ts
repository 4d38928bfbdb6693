import { compileGlob, type Matcher } from '../matching/glob.js'
import { processWide } from '../runtime/process-wide.js'

/** A text that has to be equal except for `*` and `?`, or a regular expression. */
export type RequestPattern = string | RegExp

interface IgnoredRequests {
  paths?: Matcher | undefined
  hosts?: Matcher | undefined
}

const state = processWide('ignored-requests', (): IgnoredRequests => ({}))

/** Set when tracing starts, for all servers and clients. */
export function setIgnoredRequests(paths: readonly RequestPattern[], hosts: readonly RequestPattern[]): void {
  state.paths = matcherOf(paths)
  // Host names are the same in any case.
  state.hosts = matcherOf(hosts.map((host) => (typeof host === 'string' ? host.toLowerCase() : host)))
}

/** Undefined: none is ignored. */
function matcherOf(patterns: readonly RequestPattern[]): Matcher | undefined {
  if (patterns.length === 0) return undefined
  const matchers = patterns.map((pattern): Matcher => {
    // `search` looks from the start, whatever a regular expression with `g` or `y` remembers.
    return typeof pattern === 'string' ? compileGlob(pattern) : (text) => text.search(pattern) !== -1
  })
  return (text) => matchers.some((matches) => matches(text))
}

export const ignoresPaths = (): boolean => state.paths !== undefined
export const ignoresHosts = (): boolean => state.hosts !== undefined

/** @param target path and query of a request that comes in */
export function isIgnoredPath(target: string | undefined): boolean {
  if (!state.paths) return false
  const [path = ''] = (target ?? '/').split(/[?#]/, 1)
  return state.paths(path)
}

/** By the host's name, or by name and port: `collector:4318`. */
export function isIgnoredHost(hostname: string, port: number | string): boolean {
  if (!state.hosts) return false
  const name = hostname.toLowerCase()
  return state.hosts(name) || state.hosts(`${name}:${port}`)
}
