import { startTracing } from './index.js'

// Loaded by `node --import spanwright/register`, before the app. Whatever goes wrong here, the app must start.
try {
  startTracing()
} catch (error) {
  console.error('spanwright: tracing could not start, the app is not traced:', error)
}
