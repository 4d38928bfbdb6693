import { readEnv } from '../../../internal/runtime/env.js'
import { isLauncher } from './launcher.js'
import { fileOf, startsItself } from './starts-itself.js'

/**
 * Who starts tracing in this process: a flag, the app's own code, nobody (it only launches the app), or else the caller that
 * preloaded the caller. An app that starts tracing itself is left to it: started before, its options would count for nothing.
 */
export function whoStarts(): 'flag' | 'code' | 'nobody' | 'preload' {
  const preloads = preloaded()
  if (preloads.some((specifier) => isRegister(specifier))) return 'flag'
  const [, main] = process.argv
  if (isLauncher(main)) return 'nobody'
  const files = [...(main === undefined ? [] : [main]), ...preloads].flatMap((file) => fileOf(file, process.cwd()))
  return startsItself(files) ? 'code' : 'preload'
}

/** What `--import` and `--require` name, on the command line and in NODE_OPTIONS. */
function preloaded(): string[] {
  const words = [...process.execArgv, ...(readEnv('NODE_OPTIONS') ?? '').split(/\s+/)]
  return words.flatMap((word, index) => {
    const inOne = /^(?:--import|--require|-r)=(.+)$/.exec(word)?.[1]
    if (inOne !== undefined) return inOne
    return /^(--import|--require|-r)$/.test(word) ? (words[index + 1] ?? []) : []
  })
}

function isRegister(specifier: string): boolean {
  return specifier === 'spanwright/register' || /spanwright.*[\\/]register\.[cm]js$/.test(specifier)
}
