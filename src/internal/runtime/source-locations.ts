import { fileURLToPath } from 'node:url'

/** An installed package, as a path or URL of one of its files shows it. */
export interface PackageFolder {
  readonly name: string
  /** A path. */
  readonly folder: string
}

/** Undefined for a file that lies in no `node_modules`. */
export function packageFolderOf(pathOrUrl: string): PackageFolder | undefined {
  const path = pathOf(pathOrUrl)
  const match = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)(?=[\\/])/.exec(path)
  return match?.[1] === undefined ? undefined : { name: match[1].replace('\\', '/'), folder: match[0] }
}

/** A `file:` URL as a path; a path as it is. */
export function pathOf(pathOrUrl: string): string {
  return pathOrUrl.startsWith('file:') ? fileURLToPath(pathOrUrl) : pathOrUrl
}

/** A place in a file, as an error's stack has it. */
export interface Frame {
  readonly file: string
  readonly line: string
  /** Absent for code outside of functions, and in those without a name. */
  readonly functionName?: string
}

/** A longer line is no frame, but part of a message. */
const LONGEST_LINE = 4_096

/** The frames of a stack that are in files, innermost first. */
export function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap((text) => {
    if (text.length > LONGEST_LINE) return []
    const match = /(?:^\s*at (?:async )?|\()((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).*):(\d+):\d+\)?$/.exec(text)
    if (!match?.[1] || !match[2]) return []
    const functionName = /^\s*at (?:async )?(?:new )?([^\s(<]+)(?: \[as [^\]]*\])? \(/.exec(text)?.[1]
    return { file: pathOf(match[1]), line: match[2], ...(functionName !== undefined && { functionName }) }
  })
}

/** Who called into OpenTelemetry: the innermost frame outside of its packages, and of Node.js. */
export function callerOfOpenTelemetry(stack: string): string | undefined {
  const caller = framesOf(stack).find(({ file }) => !/[\\/]node_modules[\\/]@opentelemetry[\\/]/.test(file))
  return caller && `${caller.file}:${caller.line}`
}
