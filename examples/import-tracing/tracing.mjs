// Imported first, at the top of the app: what is loaded after this line is traced.
import { startTracing } from 'spanwright'

export const tracing = startTracing({ serviceName: 'greeter', traceExporter: 'console' })
