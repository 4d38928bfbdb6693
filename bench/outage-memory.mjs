// Memory and stalls of an app that makes 5,000 spans of 3 KB a second while its backend is away:
//
//   npm run bench:outage-memory [-- --seconds 30]
import { parseArgs } from 'node:util'
import { startBackend } from './delivery/backend.mjs'
import { resultOf } from './delivery/launch.mjs'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' } } })
const PER_SECOND = 5_000
const MIB = 1_024 * 1_024
const REPOSITORY = new URL('..', import.meta.url).pathname

const backend = await startBackend()
const traced = (boundMib) => ({
  NODE_OPTIONS: '--import spanwright/register',
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${backend.ports.http}`,
  OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
  SPANWRIGHT_OUTAGE_BUFFER_BYTES: String(boundMib * MIB),
})
const RUNS = [
  ['not traced', 'ok', { NODE_OPTIONS: '' }],
  ['all is well', 'ok', traced(64)],
  ['port closed', 'down', traced(64)],
  ['port closed, bound of 16 MiB', 'down', traced(16)],
  ['hangs', 'hangs', traced(64)],
  ['port closed, without a thread', 'down', { ...traced(64), SPANWRIGHT_EXPORT_THREAD: 'off' }],
]

const rows = []
for (const [name, mode, env] of RUNS) {
  await backend.setMode(mode)
  const isTraced = env.NODE_OPTIONS !== ''
  const args = [PER_SECOND, values.seconds, isTraced ? 'traced' : '']
  const { p99, longest, residentBytes, ledger } = await resultOf({ cwd: REPOSITORY, env }, 'outage-memory.mjs', args)
  rows.push({
    backend: name,
    'resident at most': `${(residentBytes / MIB).toFixed(0)} MiB`,
    'delay of the event loop, p99': `${p99.toFixed(1)} ms`,
    longest: `${longest.toFixed(1)} ms`,
    dropped: isTraced ? String(ledger.droppedOutageBuffer + ledger.droppedQueueFull) : '',
  })
}
await backend.setMode('ok')
await backend.stop()
console.table(rows)
