// Loaded before the app:  node --import ./tracing.mjs app.mjs
// Imported by the app itself, it would trace Node's built-ins all the same, but no package that the app imports, too.
import { startTracing } from 'spanwright'

export const tracing = startTracing({ serviceName: 'greeter', traceExporter: 'console' })
