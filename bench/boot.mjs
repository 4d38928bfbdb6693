// What starting to trace costs an empty app: time, CPU time and memory at its first line, beside plain node and beside
// OpenTelemetry's own preload, in alternating rounds. Nothing is sent anywhere: the app leaves before a span is made.
//   npm run bench:boot            BENCH_ROUNDS=15 for more rounds
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9)
const DEMANDS = { millis: 0.25, rssMB: 0.4 }
const root = fileURLToPath(new URL('..', import.meta.url))
const peers = {
  node: [],
  stock: ['--import', '@opentelemetry/auto-instrumentations-node/register'],
  spanwright: ['--import', 'spanwright/register'],
}
// What stock would start besides tracing is left out, the calls to metadata addresses too.
const env = {
  ...process.env,
  NODE_OPTIONS: '',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,process',
}
const folder = mkdtempSync(join(tmpdir(), 'boot-'))

function start(flags, extension) {
  const app = join(folder, `empty.${extension}`)
  writeFileSync(
    app,
    `const { user, system } = process.cpuUsage()
const millis = performance.now()
console.log(JSON.stringify({ millis, cpuMillis: (user + system) / 1000, rssMB: process.memoryUsage.rss() / 1e6 }))
process.exit(0)`,
  )
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, app], { cwd: root, env, encoding: 'utf8' })
  if (stderr) throw new Error(stderr)
  return JSON.parse(stdout)
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

for (const extension of ['cjs', 'mjs']) {
  const seen = Object.fromEntries(Object.keys(peers).map((name) => [name, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, flags] of Object.entries(peers)) {
      const measured = start(flags, extension)
      // The first round warms the file cache.
      if (round > 0) seen[name].push(measured)
    }
  }
  const added = (name, figure) =>
    median(seen[name].map((one) => one[figure])) - median(seen.node.map((one) => one[figure]))
  console.log(`\nadded to plain node at the first line of an empty .${extension} app, medians of ${ROUNDS}`)
  console.table(
    ['millis', 'cpuMillis', 'rssMB'].map((figure) => ({
      figure,
      stock: Number(added('stock', figure).toFixed(1)),
      spanwright: Number(added('spanwright', figure).toFixed(1)),
      ratio: Number((added('spanwright', figure) / added('stock', figure)).toFixed(2)),
      demand: DEMANDS[figure] ? `≤ ${DEMANDS[figure]}` : '',
    })),
  )
}
rmSync(folder, { recursive: true })
