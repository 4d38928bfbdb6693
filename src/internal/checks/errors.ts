/**
 * Stable codes of {@link TracingConfigError}; they do not change within a major version.
 *
 * - `ERR_OPTION_TYPE`: the value has the wrong type.
 * - `ERR_OPTION_RANGE`: the type is right, the value lies outside what is allowed.
 * - `ERR_OPTION_UNKNOWN`: no option has this name.
 */
export type TracingConfigErrorCode = 'ERR_OPTION_TYPE' | 'ERR_OPTION_RANGE' | 'ERR_OPTION_UNKNOWN'

/** What was wrong with an option: its name, what is allowed, and what was given. */
export interface TracingConfigProblem {
  readonly option: string
  readonly allowed: string
  readonly received: unknown
}

/**
 * A wrong option in code. Thrown when tracing starts or a part is constructed, never afterwards.
 *
 * The message names the option, what is allowed and what was given:
 * `shutdownTimeoutMillis must be a number of at least 0, got -1`.
 */
export class TracingConfigError extends Error {
  override readonly name = 'TracingConfigError'
  readonly code: TracingConfigErrorCode
  readonly option: string
  readonly allowed: string
  readonly received: unknown

  constructor(code: TracingConfigErrorCode, { option, allowed, received }: TracingConfigProblem) {
    super(`${option} must be ${allowed}, got ${shown(received)}`)
    this.code = code
    this.option = option
    this.allowed = allowed
    this.received = received
  }
}

const LONGEST_SHOWN = 100

/** A value as a reader would write it, cut short so that a wrong blob does not fill the terminal. */
function shown(value: unknown): string {
  let text: string
  if (typeof value === 'string') text = JSON.stringify(value)
  else if (typeof value === 'function') text = `function ${value.name || '(anonymous)'}`
  else if (Array.isArray(value)) text = `[${value.map(shown).join(', ')}]`
  else if (typeof value === 'object' && value !== null) {
    const { constructor } = value as { constructor?: { name?: string } }
    text = `${constructor?.name ?? 'Object'} {${Object.keys(value).join(', ')}}`
  } else text = String(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}
