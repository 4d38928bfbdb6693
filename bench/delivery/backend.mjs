import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const QUIET_MILLIS = 400
const LONGEST_QUIET_WAIT_MILLIS = 8_000

/** Starts the sink, and is told what arrives there. */
export async function startBackend() {
  const child = fork(join(import.meta.dirname, 'sink.mjs'), { env: { ...process.env, NODE_OPTIONS: '' } })
  const [{ ports }] = await once(child, 'message')
  const ask = async (order, value) => {
    child.send({ order, value })
    return (await once(child, 'message'))[0].answer
  }
  const quiet = async () => {
    const deadline = performance.now() + LONGEST_QUIET_WAIT_MILLIS
    let before = -1
    for (let now = await ask('received'); now !== before && performance.now() < deadline; now = await ask('received')) {
      before = now
      await sleep(QUIET_MILLIS)
    }
  }
  return {
    ports,
    setMode: (mode) => ask('mode', mode),
    forget: () => ask('forget'),
    /** What has arrived, once nothing more does: by the names of the spans, and how many were there already. */
    async arrived() {
      await quiet()
      return ask('count')
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** All spans that arrived, whatever their name. */
export function totalOf({ arrived }) {
  return Object.values(arrived).reduce((sum, count) => sum + count, 0)
}
