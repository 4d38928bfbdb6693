import { readEnvList } from '../../internal/runtime/env.js'
import { TracingConfigError, checkArray, checkKeys, checkPlainObject } from '../../internal/checks/validate.js'
import type { RequestPattern } from '../../internal/http/ignored-requests.js'

/** Which HTTP requests are not traced, and which of their headers spans get. */
export interface HttpRequestOptions {
  /**
   * Paths of requests to this service that are not traced, nor anything that is done for them: health checks. Each is the
   * whole path, in which `*` stands for any run of characters and `?` for one, or a regular expression. Default: none.
   */
  ignorePaths?: readonly RequestPattern[]
  /**
   * Hosts that requests to are not traced, and carry no trace context: `169.254.169.254`, `*.internal`, `collector:4318`, or
   * regular expressions. Default: none.
   */
  ignoreOutgoingHosts?: readonly RequestPattern[]
  /**
   * Headers that spans get as attributes, such as `http.request.header.x-tenant`, a list of texts. They may hold secrets: name
   * those that don't. Default: none.
   */
  captureHeaders?: CapturedHeaders
}

/** Names of headers, in any case. */
export interface CapturedHeaders {
  /** Of requests to this service, and of its responses. */
  server?: { request?: readonly string[]; response?: readonly string[] }
  /** Of requests that it sends, and of what is answered. */
  client?: { request?: readonly string[]; response?: readonly string[] }
}

export const HTTP_REQUEST_OPTION_NAMES: readonly (keyof HttpRequestOptions)[] = [
  'ignorePaths',
  'ignoreOutgoingHosts',
  'captureHeaders',
]

const SIDES = ['server', 'client'] as const
const DIRECTIONS = ['request', 'response'] as const

/** @throws TracingConfigError for the first that is wrong */
export function checkHttpRequestOptions({
  ignorePaths,
  ignoreOutgoingHosts,
  captureHeaders,
}: HttpRequestOptions): void {
  checkPatterns('ignorePaths', ignorePaths, 'a path such as /health or /internal/*, or a regular expression', (path) =>
    /^[/*?]/.test(path),
  )
  checkPatterns('ignoreOutgoingHosts', ignoreOutgoingHosts, 'the name of a host, or a regular expression', isHost)
  checkPlainObject('captureHeaders', captureHeaders)
  checkKeys('captureHeaders.', captureHeaders, SIDES)
  for (const side of SIDES) {
    const headers = captureHeaders?.[side]
    checkPlainObject(`captureHeaders.${side}`, headers)
    checkKeys(`captureHeaders.${side}.`, headers, DIRECTIONS)
    for (const direction of DIRECTIONS) {
      checkPatterns(`captureHeaders.${side}.${direction}`, headers?.[direction], 'the name of a header', isToken, false)
    }
  }
}

const isHost = (host: string): boolean => /^[^\s/@]+$/.test(host)
const isToken = (name: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(name)

function checkPatterns(
  option: string,
  given: unknown,
  ...[allowed, isRight, mayBeExpression = true]: [string, (text: string) => boolean, boolean?]
): void {
  if (given === undefined) return
  checkArray(option, given)
  for (const [index, one] of (given as readonly unknown[]).entries()) {
    if ((mayBeExpression && one instanceof RegExp) || (typeof one === 'string' && isRight(one))) continue
    const code = typeof one === 'string' ? 'ERR_OPTION_RANGE' : 'ERR_OPTION_TYPE'
    throw new TracingConfigError(code, { option: `${option}[${index}]`, allowed, received: one })
  }
}

/** The same from the environment; a list that is wrong is logged once and left out, whole. */
export function httpRequestOptionsFromEnvironment(
  warn: (variable: string, allowed: string) => void,
): HttpRequestOptions {
  const read = (
    variable: string,
    allowed: string,
    isRight: (text: string) => boolean,
  ): readonly string[] | undefined => {
    const texts = readEnvList(variable)
    const right = texts?.filter(isRight)
    if (right && texts && right.length < texts.length) warn(variable, allowed)
    return right
  }
  const headers = (side: string, direction: string): readonly string[] | undefined =>
    read(`OTEL_INSTRUMENTATION_HTTP_${side}_CAPTURE_${direction}_HEADERS`, 'a list of names of headers', isToken)
  return defined({
    ignorePaths: read('SPANWRIGHT_IGNORE_PATHS', 'a list of paths', (path) => /^[/*?]/.test(path)),
    ignoreOutgoingHosts: read('SPANWRIGHT_IGNORE_OUTGOING_HOSTS', 'a list of names of hosts', isHost),
    captureHeaders: {
      server: defined({ request: headers('SERVER', 'REQUEST'), response: headers('SERVER', 'RESPONSE') }),
      client: defined({ request: headers('CLIENT', 'REQUEST'), response: headers('CLIENT', 'RESPONSE') }),
    },
  })
}

function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never
}

/** Option in code, then variable, each list by itself. */
export function resolveHttpRequestOptions(
  options: HttpRequestOptions,
  settings: HttpRequestOptions,
): Required<HttpRequestOptions> {
  const { captureHeaders: inCode } = options
  const { captureHeaders: configured } = settings
  return {
    ignorePaths: options.ignorePaths ?? settings.ignorePaths ?? [],
    ignoreOutgoingHosts: options.ignoreOutgoingHosts ?? settings.ignoreOutgoingHosts ?? [],
    captureHeaders: {
      server: { ...configured?.server, ...inCode?.server },
      client: { ...configured?.client, ...inCode?.client },
    },
  }
}
