// What starting to trace costs an empty app: time, CPU time and memory at its first line, beside plain node and beside
// OpenTelemetry's own preload, in alternating rounds. Nothing is sent anywhere: the app leaves before a span is made.
// Each stands in a folder of its own as npm installs it; "one copy" is stock in this repository, where nothing is there twice.
//   npm run bench:boot            BENCH_ROUNDS=15 for more rounds
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9)
const DEMANDS = { millis: 0.25, rssMB: 0.4 }
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'boot-'))
const STOCK = ['@opentelemetry/api', '@opentelemetry/sdk-node', '@opentelemetry/auto-instrumentations-node']
const stock = ['--import', '@opentelemetry/auto-instrumentations-node/register']
const peers = {
  node: { cwd: root, flags: [] },
  stock: { cwd: installed('stock', STOCK), flags: stock },
  'stock, one copy': { cwd: root, flags: stock },
  spanwright: {
    cwd: installed('spanwright', [packed(), '@opentelemetry/api']),
    flags: ['--import', 'spanwright/register'],
  },
}
// What stock would start besides tracing is left out, the calls to metadata addresses too.
const env = {
  ...process.env,
  NODE_OPTIONS: '',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,process',
}

function packed() {
  const [{ filename }] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder))
  return join(folder, filename)
}

function installed(name, packages) {
  const cwd = join(folder, name)
  mkdirSync(cwd)
  writeFileSync(join(cwd, 'package.json'), '{}')
  npm(cwd, 'install', '--no-audit', '--no-fund', ...packages)
  return cwd
}

function npm(cwd, ...args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function start({ cwd, flags }, extension) {
  const app = join(folder, `empty.${extension}`)
  writeFileSync(
    app,
    `const { user, system } = process.cpuUsage()
const millis = performance.now()
console.log(JSON.stringify({ millis, cpuMillis: (user + system) / 1000, rssMB: process.memoryUsage.rss() / 1e6 }))
process.exit(0)`,
  )
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, app], { cwd, env, encoding: 'utf8' })
  if (stderr) throw new Error(stderr)
  return JSON.parse(stdout)
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

for (const extension of ['cjs', 'mjs']) {
  const seen = Object.fromEntries(Object.keys(peers).map((name) => [name, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, peer] of Object.entries(peers)) {
      const measured = start(peer, extension)
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
      'stock, one copy': Number(added('stock, one copy', figure).toFixed(1)),
      spanwright: Number(added('spanwright', figure).toFixed(1)),
      ratio: Number((added('spanwright', figure) / added('stock', figure)).toFixed(2)),
      'to one copy': Number((added('spanwright', figure) / added('stock, one copy', figure)).toFixed(2)),
      demand: DEMANDS[figure] ? `≤ ${DEMANDS[figure]}` : '',
    })),
  )
}
rmSync(folder, { recursive: true })
