import { pathOf } from './package-folder.js'

/** A place in a file, as an error's stack has it. */
export interface Frame {
  readonly file: string
  readonly line: string
}

/** What is longer is no frame, but a message of somebody's. */
const LONGEST_LINE = 4_096

/** The frames of a stack that are in files, innermost first. */
export function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap((text) => {
    if (text.length > LONGEST_LINE) return []
    const match = /(?:^\s*at (?:async )?|\()((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).*):(\d+):\d+\)?$/.exec(text)
    return match?.[1] && match[2] ? { file: pathOf(match[1]), line: match[2] } : []
  })
}

/** Who called into OpenTelemetry: the innermost frame outside of its packages, and of Node.js. */
export function callerOfOpenTelemetry(stack: string): string | undefined {
  const caller = framesOf(stack).find(({ file }) => !/[\\/]node_modules[\\/]@opentelemetry[\\/]/.test(file))
  return caller && `${caller.file}:${caller.line}`
}
