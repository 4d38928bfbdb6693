import { readEnv } from '../../../internal/runtime/env.js'
import { requireOwn } from '../../../internal/runtime/own-package.js'
import { readInstructions } from '../instructions.js'
import type { Starter } from '../process-report.js'
import { isLauncher } from './launcher.js'
import { fileOf, startsItself } from './starts-itself.js'
import type { InAppReport } from './report.js'

// Loaded by NODE_OPTIONS in every process that the doctor's app has. Whatever goes wrong here, the app must start.

const instructions = readInstructions()
if (instructions) {
  try {
    const starter = whoStarts(instructions.starts)
    const { doctorsReport } = requireOwn('./doctor-report.cjs') as { doctorsReport: () => InAppReport }
    doctorsReport().startedBy(starter)
    if (starter === 'doctor') requireOwn('./register.cjs')
  } catch (error) {
    process.stderr.write(`spanwright doctor: this process can't be looked at: ${String(error)}\n`)
  }
}

/** An app that starts tracing itself is left to it: started before, its options would count for nothing. */
function whoStarts(mayStart: boolean): Starter {
  const preloads = preloaded()
  if (preloads.some((specifier) => isRegister(specifier))) return 'flag'
  const [, main] = process.argv
  if (isLauncher(main)) return 'nobody'
  const files = [...(main === undefined ? [] : [main]), ...preloads].flatMap((file) => fileOf(file, process.cwd()))
  if (startsItself(files)) return 'code'
  return mayStart ? 'doctor' : 'nobody'
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
