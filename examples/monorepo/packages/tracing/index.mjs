// What all services share: each is started by  node --import @bakery/tracing app.mjs
// Its name is that of the service's own package.json, unless OTEL_SERVICE_NAME says otherwise.
import { startTracing } from 'spanwright'

startTracing({ resourceAttributes: { 'service.namespace': 'bakery' } })
