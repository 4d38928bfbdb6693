import { SpanKind } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import {
  ATTR_CODE_FILE_PATH,
  ATTR_CODE_FUNCTION_NAME,
  ATTR_CODE_LINE_NUMBER,
} from '@opentelemetry/semantic-conventions'
import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { warnOfError } from '../internal/diagnostics/diagnostics.js'
import { passiveProcessor } from '../internal/processors/fan-out.js'
import { framesOf, type Frame } from '../internal/runtime/source-locations.js'

/** Libraries call each other a long way, and the app's own frame is behind all of them. */
const FRAMES = 100
const OWN_FOLDER = dirname(import.meta.url.startsWith('file:') ? fileURLToPath(import.meta.url) : import.meta.url) + sep

/**
 * Gives spans of database and other outgoing calls (CLIENT) the place in the app's own code that made the call:
 * `code.file.path`, `code.line.number` and `code.function.name` (semantic conventions, "Source code attributes"). Awaiting
 * functions are found through V8's asynchronous frames, callbacks are not. Source maps count where Node.js applies them to
 * stacks (`--enable-source-maps`, tsx). For development: a stack is written for each such span.
 */
export function codeLocationProcessor(): SpanProcessor {
  return passiveProcessor({
    onStart(span) {
      if (span.kind !== SpanKind.CLIENT || span.attributes[ATTR_CODE_FILE_PATH] !== undefined) return
      try {
        const frame = callInApp()
        if (frame === undefined) return
        span.setAttribute(ATTR_CODE_FILE_PATH, frame.file)
        span.setAttribute(ATTR_CODE_LINE_NUMBER, Number(frame.line))
        if (frame.functionName !== undefined) span.setAttribute(ATTR_CODE_FUNCTION_NAME, frame.functionName)
      } catch (error) {
        warnOfError('where a call was made could not be found', error)
      }
    },
  })
}

/** The innermost call in the app's own code: neither in `node_modules` nor here. */
export function callInApp(): Frame | undefined {
  return framesOf(currentStack()).find(isOfApp)
}

function isOfApp({ file }: Frame): boolean {
  return !/[\\/]node_modules[\\/]/.test(file) && !file.startsWith(OWN_FOLDER)
}

/** Empty where the app writes stacks in a form of its own. */
function currentStack(): string {
  const limit = Error.stackTraceLimit
  try {
    Error.stackTraceLimit = FRAMES
    const { stack } = new Error() as { stack?: unknown }
    return typeof stack === 'string' ? stack : ''
  } finally {
    Error.stackTraceLimit = limit
  }
}
