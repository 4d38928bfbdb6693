import { inRounds, lostPercent, start } from '../run.mjs'

const SPANS = 1_000
/** Of an app that doesn't end by itself. */
const LIMIT_MILLIS = 4_000
const WAYS = { end: 'at its end', exit: 'process.exit()', throw: 'uncaught throw', SIGTERM: 'SIGTERM' }

export const exits = {
  key: 'exits',
  title: 'Exits',
  text:
    `Spans lost of ${SPANS.toLocaleString('en')} that a program makes just before it leaves, in four ways, without a word to its ` +
    'tracer; ways in which the exit code or signal is another one than without tracing; and what the slowest of the ways takes longer.',
  rounds: 1,
  figures: [
    ...Object.entries(WAYS).map(([way, label]) => ({
      key: `${way}Percent`,
      label: `lost, ${label}`,
      unit: '%',
      isLessBetter: true,
      isShownForNone: false,
      isHeadline: way === 'SIGTERM',
    })),
    { key: 'changedWays', label: 'other exit code', unit: '', isLessBetter: true, isShownForNone: false },
    { key: 'addedMillis', label: 'slowest way', unit: 'ms', isLessBetter: true, isShownForNone: false },
  ],
  async measure(context) {
    const plain = {}
    for (const way of Object.keys(WAYS)) plain[way] = await leave(context, context.peers[0], way)
    return inRounds(context, async (peer) => {
      const sample = { changedWays: 0, addedMillis: 0 }
      for (const way of Object.keys(WAYS)) {
        const { status, millis } = await leave(context, peer, way)
        sample[`${way}Percent`] = await lostPercent(context, peer.name, SPANS)
        if (status !== plain[way].status) sample.changedWays += 1
        sample.addedMillis = Math.max(sample.addedMillis, millis - plain[way].millis)
      }
      return peer.name === 'none' ? {} : sample
    })
  },
}

async function leave(context, peer, way) {
  const { child, ended } = await start(context, peer, 'leave.cjs', [way])
  let madeAt = Infinity
  child.stdout.on('data', (chunk) => {
    if (!String(chunk).startsWith('made')) return
    madeAt = performance.now()
    if (way.startsWith('SIG')) child.kill(way)
    setTimeout(() => child.kill('SIGKILL'), LIMIT_MILLIS).unref()
  })
  const { status, printed } = await ended
  if (madeAt === Infinity)
    throw new Error(`leave.cjs ${way} ended with ${status} before its spans were made:\n${printed}`)
  return { status, millis: performance.now() - madeAt }
}
