import { setTimeout as sleep } from 'node:timers/promises'
import work from './apps/work.cjs'
import { totalOf } from './backend.mjs'
import { usedCpu } from './cpu.mjs'
import { differences, median, percent, row, uncertainty } from './figures.mjs'
import { inTurn, launch } from './launch.mjs'
import { load, warmUp } from './load.mjs'
import { preloadPeers } from './peers.mjs'

const WORK_MICROS = 2_000
/** Until the compiler has seen enough of all that is called once a request. */
const WARM_UP_REQUESTS = 20_000
const BLOCKS = 10
/** Until what has been made has also been sent: five seconds in all of these. */
const SENT_MILLIS = 6_000
const SHAPES = { plain: { name: 'plain http', most: 0.5 }, express: { name: 'Express', most: 1 } }
/** As fast as it answers, and at a rate that leaves it idle more than half of the time: each request then finds cold caches. */
const LOADS = {
  full: { name: 'under full load', requests: 300, run: (port, requests) => warmUp(port, requests) },
  rate: { name: 'at 200 a second', requests: 100, run: (port, requests) => load(port, { requests, perSecond: 200 }) },
}

/**
 * CPU time that tracing adds to a service. The machine's speed varies by more than that, from second to second. So the
 * services live side by side and are loaded in short blocks, in turn. And what each request needs is told in units of its
 * own work, measured in the same moment: the speed cancels. The work itself, in which there is nothing to trace, adds no
 * noise, as it is left out.
 */
export async function serviceGoals({ backend, rounds }) {
  const turns = calibrate()
  const goals = []
  for (const [shape, { name, most }] of Object.entries(SHAPES)) {
    const seen = { full: {}, rate: {} }
    for (let round = 0; round < rounds; round++) {
      for (const [load, shares] of Object.entries(await oneRound(backend, shape, turns))) {
        for (const [peer, share] of Object.entries(shares)) (seen[load][peer] ??= []).push(share)
      }
    }
    for (const [load, shares] of Object.entries(seen)) {
      goals.push(goal(`CPU added to 2 ms of work a request, ${name} ${LOADS[load].name}`, most, shares))
    }
  }
  return goals
}

function goal(name, most, shares) {
  const added = (peer) => differences(shares[peer], shares.none)
  const told = (peer) => `${percent(median(added(peer)))} ± ${uncertainty(added(peer)).toFixed(2)}`
  return {
    ...row({
      goal: name,
      most,
      show: percent,
      stock: told('stock'),
      peer: shares['dd-trace'] && told('dd-trace'),
      values: added('spanwright'),
    }),
    spanwright: told('spanwright'),
  }
}

/** How many turns are 2 ms. The fastest of many tries: no other was less disturbed. */
function calibrate() {
  const TURNS = 1_000_000
  const tries = Array.from({ length: 50 }, () => {
    const before = usedCpu().main
    work(TURNS)
    return usedCpu().main - before
  })
  return Math.round((TURNS * WORK_MICROS) / Math.min(...tries))
}

/** What each service needed besides the work, in percent of the work, under each load. */
async function oneRound(backend, shape, turns) {
  const peers = Object.entries(preloadPeers(backend.ports))
  const services = await Promise.all(
    peers.map(async ([name, peer]) => ({ name, ...(await start(peer, shape, turns)) })),
  )
  for (const { port } of services) await warmUp(port, WARM_UP_REQUESTS)
  const shares = {}
  for (const [name, one] of Object.entries(LOADS)) shares[name] = await sharesUnder(one, backend, services)
  for (const { child } of services) child.kill('SIGKILL')
  return shares
}

async function sharesUnder({ requests, run }, backend, services) {
  await sleep(SENT_MILLIS)
  await backend.forget()
  for (const { child } of services) child.send('measure')
  for (let block = 0; block < BLOCKS; block++) {
    for (const { port } of inTurn(services, block)) await run(port, requests)
  }
  await sleep(SENT_MILLIS)
  await checkArrived(backend, BLOCKS * requests)
  const shares = {}
  for (const { name, child, message } of services) {
    child.send('tell')
    const { workMicros, otherMicros } = await message()
    shares[name] = (100 * otherMicros) / workMicros
  }
  return shares
}

/** A span at least for each request of the two that send OTLP: what is not sent costs nothing. */
async function checkArrived(backend, requests) {
  const counts = await backend.arrived()
  const spans = totalOf(counts) - (counts.arrived.dd ?? 0)
  if (spans < 2 * requests) throw new Error(`only ${spans} spans of the services arrived`)
}

async function start(peer, shape, turns) {
  const { child, message } = launch(peer, 'service.cjs', [shape, turns])
  const { port } = await message()
  return { child, message, port }
}
