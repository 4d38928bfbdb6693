import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const QUIET_MILLIS = 300
const LONGEST_QUIET_WAIT_MILLIS = 6_000

/** Starts the sink. A lane is a backend of its own, opened where it is first asked for. */
export async function startBackend(librariesFolder) {
  const env = { ...process.env, NODE_OPTIONS: '', BENCH_LIBRARIES: librariesFolder }
  const child = fork(join(import.meta.dirname, 'sink.mjs'), { env })
  await once(child, 'message')
  const waiting = new Map()
  const urls = new Map()
  let last = 0
  child.on('message', ({ id, answer }) => waiting.get(id)(answer))
  const ask = (order, ...args) =>
    new Promise((resolve) => {
      waiting.set(++last, resolve)
      child.send({ id: last, order, args })
    })
  const quiet = async (lane) => {
    const deadline = performance.now() + LONGEST_QUIET_WAIT_MILLIS
    let before = -1
    for (
      let now = await ask('bytes', lane);
      now !== before && performance.now() < deadline;
      now = await ask('bytes', lane)
    ) {
      before = now
      await sleep(QUIET_MILLIS)
    }
  }
  return {
    async url(lane) {
      if (!urls.has(lane)) urls.set(lane, `http://127.0.0.1:${await ask('open', lane)}`)
      return urls.get(lane)
    },
    setMode: (lane, mode) => ask('mode', lane, mode),
    forget: (lane) => ask('forget', lane),
    /** How many spans have arrived, once nothing more does; one that arrives again is not counted. */
    async arrived(lane) {
      await quiet(lane)
      return ask('count', lane)
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
