// Runs the programs that are measured: each peer in a process of its own, in rounds that alternate.
import { inTurn, launch } from '../delivery/launch.mjs'
import { launchable } from './peers.mjs'

const LIMIT_MILLIS = 90_000

/** Starts an app under a peer, sending to the backend in that lane. */
export async function start({ backend }, peer, app, args = [], { lane = peer.name, more } = {}) {
  const url = await backend.url(lane)
  await backend.forget(lane)
  return launch(launchable(peer, peer.folder, url, more), app, args)
}

/** Runs an app that sends one message, its result, and ends. */
export async function resultOf(context, peer, app, args, options) {
  const { child, message, ended } = await start(context, peer, app, args, options)
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MILLIS)
  try {
    const result = await message()
    await ended
    return result
  } finally {
    clearTimeout(limit)
  }
}

/** What share of the spans that an app made did not arrive. */
export async function lostPercent({ backend }, lane, made) {
  return (100 * (made - (await backend.arrived(lane)))) / made
}

/** What the page says of a peer that could not be measured. */
export function reasonOf({ message }) {
  return `failed: ${message.split('\n').slice(0, 3).join(' ').slice(0, 200)}`
}

/**
 * One sample of each peer a round. A peer that fails twice in a round has no samples: its place says why.
 * @returns `samples` by the names of the peers, and `dashes`
 */
export async function inRounds(context, sampleOf) {
  const samples = {}
  const dashes = {}
  for (let round = 0; round < context.rounds; round++) {
    for (const peer of inTurn(context.peers, round)) {
      if (dashes[peer.name]) continue
      try {
        ;(samples[peer.name] ??= []).push(await sampleOf(peer).catch(() => sampleOf(peer)))
      } catch (error) {
        dashes[peer.name] = reasonOf(error)
        delete samples[peer.name]
        console.error(`${peer.name} ${dashes[peer.name]}`)
      }
    }
  }
  return { samples, dashes }
}
