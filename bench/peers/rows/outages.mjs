import { setTimeout as sleep } from 'node:timers/promises'
import { lostPercent, reasonOf, start } from '../run.mjs'

const MODES = ['down', 'unavailable', 'hangs']
const BAD_SECONDS = 30
const MAKE_SECONDS = 35
const LIVE_SECONDS = 60
/** So many runs at once: they wait most of the time. */
const START_APART_MILLIS = 400

const none = { none: 'sends nothing' }

export const outages = {
  key: 'outages',
  title: 'Outages of the backend',
  text:
    `Spans lost where the backend is bad for the first ${BAD_SECONDS} s of a program that makes 100 spans a second for ` +
    `${MAKE_SECONDS} s, lives for ${LIVE_SECONDS} s and then shuts its tracer down: a closed port, answers of 503, no answer until the connections break.`,
  rounds: 1,
  figures: [
    { key: 'downPercent', label: 'lost, port closed', unit: '%', isLessBetter: true, isHeadline: true },
    { key: 'unavailablePercent', label: 'lost, 503', unit: '%', isLessBetter: true },
    { key: 'hangsPercent', label: 'lost, no answer', unit: '%', isLessBetter: true },
  ],
  dashes: none,
  async measure(context) {
    const samples = {}
    const dashes = {}
    for (let round = 0; round < context.rounds; round++) {
      const runs = context.peers
        .filter(({ name }) => !none[name])
        .flatMap((peer) => MODES.map((mode) => ({ peer, mode })))
        .map(async ({ peer, mode }, i) => {
          await sleep(i * START_APART_MILLIS)
          return { name: peer.name, mode, lost: await oneRun(context, peer, mode).catch(reasonOf) }
        })
      for (const { name, mode, lost } of await Promise.all(runs)) {
        if (typeof lost === 'string') dashes[name] = lost
        else ((samples[name] ??= [])[round] ??= {})[`${mode}Percent`] = lost
      }
    }
    return { samples, dashes }
  },
}

async function oneRun(context, peer, mode) {
  const lane = `${peer.name} ${mode}`
  await context.backend.url(lane)
  await context.backend.setMode(lane, mode)
  const { message, ended } = await start(context, peer, 'trickle.cjs', [MAKE_SECONDS, LIVE_SECONDS], { lane })
  await message()
  const result = message()
  await sleep(BAD_SECONDS * 1_000)
  await context.backend.setMode(lane, 'ok')
  const { made } = await result
  await ended
  return lostPercent(context, lane, made)
}
