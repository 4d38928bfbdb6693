import { groupRow, listRow, type OptionRow, type OptionTable } from '../../internal/checks/option-table.js'
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

type HeadersOfSide = NonNullable<CapturedHeaders['server']>

const isMatch = (pattern: RegExp, text: unknown): boolean => typeof text === 'string' && pattern.test(text)

export const HTTP_REQUEST_OPTIONS: OptionTable<HttpRequestOptions> = {
  ignorePaths: listRow<RequestPattern>(
    { entry: 'a path such as /health or /internal/*, or a regular expression', list: 'a list of paths' },
    (path) => path instanceof RegExp || isMatch(/^[/*?]/, path),
    { variables: ['SPANWRIGHT_IGNORE_PATHS'], default: [] },
  ),
  ignoreOutgoingHosts: listRow<RequestPattern>(
    { entry: 'the name of a host, or a regular expression', list: 'a list of names of hosts' },
    (host) => host instanceof RegExp || isMatch(/^[^\s/@]+$/, host),
    { variables: ['SPANWRIGHT_IGNORE_OUTGOING_HOSTS'], default: [] },
  ),
  captureHeaders: groupRow<CapturedHeaders>({ server: headersOf('SERVER'), client: headersOf('CLIENT') }),
}

function headersOf(side: 'SERVER' | 'CLIENT'): OptionRow<HeadersOfSide> {
  return groupRow<HeadersOfSide>({ request: headerNames(side, 'REQUEST'), response: headerNames(side, 'RESPONSE') })
}

function headerNames(side: string, direction: string): OptionRow<readonly string[]> {
  return listRow(
    { entry: 'the name of a header', list: 'a list of names of headers' },
    (name) => isMatch(/^[\w!#$%&'*+.^`|~-]+$/, name),
    { variables: [`OTEL_INSTRUMENTATION_HTTP_${side}_CAPTURE_${direction}_HEADERS`] },
  )
}
