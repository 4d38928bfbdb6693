import { parseArgs } from 'node:util'

export interface WatchOptions {
  /** For machines: one JSON object on stdout. */
  readonly json: boolean
  /** Whether tracing is started in an app that does not start it itself. */
  readonly starts: boolean
  /** How long to wait for a span that arrives, before the app is ended. */
  readonly waitSeconds: number
  /** How long the app runs, whatever it sends. */
  readonly seconds: number | undefined
  /** The app is never ended. */
  readonly untilExit: boolean
}

export interface DoctorArguments extends WatchOptions {
  readonly help: boolean
  /** Empty: look at the configuration and the endpoint alone. */
  readonly command: readonly string[]
}

const WAIT_SECONDS = 30

/** @throws Error with a message for the user */
export function doctorArguments(args: readonly string[]): DoctorArguments {
  const end = args.indexOf('--')
  const own = end === -1 ? args : args.slice(0, end)
  const { values, positionals } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      'no-start': { type: 'boolean', default: false },
      'wait-seconds': { type: 'string' },
      seconds: { type: 'string' },
      'until-exit': { type: 'boolean', default: false },
    },
  })
  if (positionals.length > 0) {
    throw new Error(`the app's command goes after two dashes: spanwright doctor -- ${positionals.join(' ')}`)
  }
  return {
    json: values.json,
    help: values.help,
    starts: !values['no-start'],
    waitSeconds: secondsIn('--wait-seconds', values['wait-seconds']) ?? WAIT_SECONDS,
    seconds: secondsIn('--seconds', values.seconds),
    untilExit: values['until-exit'],
    command: end === -1 ? [] : args.slice(end + 1),
  }
}

function secondsIn(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (text.trim() !== '' && seconds >= 0 && seconds <= 86_400) return seconds
  throw new Error(`${name} must be a number from 0 to 86400, got "${text}"`)
}
