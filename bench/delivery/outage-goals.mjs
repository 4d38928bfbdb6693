import { setTimeout as sleep } from 'node:timers/promises'
import { startBackend, totalOf } from './backend.mjs'
import { resultOf } from './launch.mjs'
import { tracerPeers } from './peers.mjs'

const MODES = ['down', 'unavailable', 'throttled', 'hangs']
const BAD_SECONDS = 30
const PER_SECOND = 100
const MAKE_SECONDS = 40
const LIVE_SECONDS = 75
const RUNS = [
  { name: 'stock', protocol: 'grpc' },
  { name: 'stock', protocol: 'http/protobuf' },
  { name: 'spanwright', protocol: 'grpc' },
  { name: 'spanwright', protocol: 'http/protobuf' },
]

/** What arrives where the backend is bad at first. All runs go side by side: they wait most of the time. */
export async function outageGoals() {
  return Promise.all(MODES.map(async (mode) => goal(mode, await Promise.all(RUNS.map((run) => oneRun(mode, run))))))
}

async function oneRun(mode, { name, protocol }) {
  const backend = await startBackend()
  await backend.setMode(mode)
  const peer = tracerPeers(backend.ports, protocol)[name]
  const result = resultOf(peer, 'trickle.mjs', [name, PER_SECOND, MAKE_SECONDS, LIVE_SECONDS])
  await sleep(BAD_SECONDS * 1_000)
  await backend.setMode('ok')
  const { made } = await result
  const counts = await backend.arrived()
  await backend.stop()
  return { made, arrived: totalOf(counts), twice: counts.twice }
}

function goal(mode, [stockGrpc, stockHttp, ...ours]) {
  const show = ({ made, arrived, twice }) =>
    `${((100 * arrived) / made).toFixed(0)} %${twice > 0 ? `, ${twice} twice` : ''}`
  // Who hangs may have taken what it did not acknowledge.
  const isKept = ({ made, arrived, twice }) => arrived === made && (twice === 0 || mode === 'hangs')
  return {
    goal: `arrived, backend ${mode} for ${BAD_SECONDS} s (gRPC / HTTP)`,
    demand: 'all, once',
    stock: `${show(stockGrpc)} / ${show(stockHttp)}`,
    'dd-trace': '',
    spanwright: ours.map(show).join(' / '),
    'min..max': '',
    holds: ours.every(isKept) ? 'yes' : 'NO',
  }
}
