import { requireOwn } from '../../../internal/runtime/own-package.js'
import { readInstructions } from '../instructions.js'
import type { Starter } from '../process-report.js'
import type { InAppReport } from './report.js'
import { whoStarts } from './who-starts.js'

// Loaded by NODE_OPTIONS in every process that the doctor's app has. Whatever goes wrong here, the app must start.

const instructions = readInstructions()
if (instructions) {
  try {
    const starter = starterOf(instructions.starts)
    const { doctorsReport } = requireOwn('./doctor-report.cjs') as { doctorsReport: () => InAppReport }
    doctorsReport().startedBy(starter)
    if (starter === 'doctor') requireOwn('./register.cjs')
  } catch (error) {
    process.stderr.write(`spanwright doctor: this process can't be looked at: ${String(error)}\n`)
  }
}

function starterOf(mayStart: boolean): Starter {
  const starter = whoStarts()
  if (starter !== 'preload') return starter
  return mayStart ? 'doctor' : 'nobody'
}
