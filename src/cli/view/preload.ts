import { requireOwn } from '../../internal/runtime/own-package.js'
import { whoStarts } from '../doctor/in-app/who-starts.js'

// Loaded by NODE_OPTIONS in every process of the app that `spanwright view` runs. Whatever goes wrong here, the app must start.

try {
  if (whoStarts() === 'preload') requireOwn('./register.cjs')
} catch (error) {
  process.stderr.write(`spanwright view: this process can't be traced: ${String(error)}\n`)
}
