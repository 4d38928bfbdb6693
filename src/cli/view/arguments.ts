import { parseArgs } from 'node:util'

export interface ViewArguments {
  readonly help: boolean
  readonly files: readonly string[]
  /** The app to run. Empty: wait for spans of others. */
  readonly command: readonly string[]
  readonly port: number | undefined
  readonly host: string | undefined
  readonly token: string | undefined
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  readonly logs: readonly string[]
  readonly maxSpans: number | undefined
  readonly maxBytes: number | undefined
  readonly store: string | undefined
  readonly save: string | undefined
  readonly mcp: boolean
  /** Set where something is printed at the end. */
  readonly report: ReportArguments | undefined
}

export interface ReportArguments {
  readonly format: 'text' | 'json'
  readonly traces: boolean
  readonly query: string | undefined
  readonly failOn: string | undefined
  readonly limits: readonly string[]
  readonly baseline: string | undefined
  readonly github: boolean
  readonly allowEmpty: boolean
}

/** @throws Error that says what is wrong, in words for people */
export function viewArguments(args: readonly string[]): ViewArguments {
  const end = args.indexOf('--')
  const { values, positionals } = parseArgs({
    args: [...(end === -1 ? args : args.slice(0, end))],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      port: { type: 'string' },
      host: { type: 'string' },
      token: { type: 'string' },
      'allow-host': { type: 'string', multiple: true, default: [] },
      'allow-origin': { type: 'string', multiple: true, default: [] },
      logs: { type: 'string', multiple: true, default: [] },
      'max-spans': { type: 'string' },
      'max-mb': { type: 'string' },
      store: { type: 'string' },
      save: { type: 'string' },
      text: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      traces: { type: 'boolean', default: false },
      query: { type: 'string' },
      'fail-on': { type: 'string' },
      limit: { type: 'string', multiple: true, default: [] },
      baseline: { type: 'string' },
      github: { type: 'boolean', default: false },
      'allow-empty': { type: 'boolean', default: false },
      mcp: { type: 'boolean', default: false },
    },
  })
  const command = end === -1 ? [] : args.slice(end + 1)
  const [first = ''] = positionals
  if (end === -1 && /^(node|npm|npx|pnpm|yarn|bun|deno|tsx)$/.test(first)) {
    throw new Error(`the app's command goes after two dashes: spanwright view -- ${positionals.join(' ')}`)
  }
  if (end !== -1 && command.length === 0) throw new Error('there is no command after the two dashes')
  if (values.text && values.json) throw new Error('--text and --json are two forms of one report: give one of them')
  if (values.mcp && (values.text || values.json)) throw new Error('--mcp speaks on stdout, as --text and --json do')
  if (values.mcp && command.length > 0)
    throw new Error('--mcp runs no command: run the app by a spanwright view of its own')
  const maxMegabytes = wholeNumber('--max-mb', values['max-mb'], 1, 1_000_000)
  return {
    help: values.help,
    files: positionals,
    command,
    port: wholeNumber('--port', values.port, 0, 65_535),
    host: values.host,
    token: tokenOf(values.token),
    allowedHosts: values['allow-host'],
    allowedOrigins: values['allow-origin'].map(originOf),
    logs: values.logs,
    maxSpans: wholeNumber('--max-spans', values['max-spans'], 1, 100_000_000),
    maxBytes: maxMegabytes === undefined ? undefined : maxMegabytes * 1024 * 1024,
    store: values.store,
    save: values.save,
    mcp: values.mcp,
    report: reportOf(values),
  }
}

interface ReportValues {
  readonly text: boolean
  readonly json: boolean
  readonly traces: boolean
  readonly query?: string | undefined
  readonly 'fail-on'?: string | undefined
  readonly limit: readonly string[]
  readonly baseline?: string | undefined
  readonly github: boolean
  readonly 'allow-empty': boolean
}

/** Whatever only a report can answer asks for one, in text. */
function reportOf(values: ReportValues): ReportArguments | undefined {
  const { text, json, traces, query, github, baseline, limit, 'fail-on': failOn } = values
  const isWanted = text || json || traces || github || [query, failOn, baseline].some((value) => value !== undefined)
  if (!isWanted && limit.length === 0) return undefined
  return {
    format: json ? 'json' : 'text',
    traces,
    query,
    failOn,
    limits: limit,
    baseline,
    github,
    allowEmpty: values['allow-empty'],
  }
}

function wholeNumber(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  throw new Error(`${name} must be a whole number from ${least} to ${most}, got "${text}"`)
}

/** It stands in a header and in an address. */
function tokenOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[\w.~-]{8,200}$/.test(text)) return text
  throw new Error('--token must have 8 to 200 letters, digits, or any of . _ ~ -')
}

function originOf(text: string): string {
  const origin = URL.canParse(text) ? new URL(text).origin : 'null'
  if (origin !== 'null') return origin
  throw new Error(`--allow-origin must be an origin such as https://app.test:3000, got "${text}"`)
}
