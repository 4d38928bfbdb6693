import { inRounds, lostPercent, resultOf } from '../run.mjs'

export const spanCost = {
  key: 'span',
  title: 'What a span costs',
  text:
    'CPU time of a span with five attributes, made with the tracer’s own API in traces of five, from its start until the backend ' +
    'has it. Sampled out: the tracer is set to keep no trace.',
  rounds: 2,
  figures: [
    { key: 'mainNanos', label: 'main thread', unit: 'ns', isLessBetter: true, isAdded: true, isHeadline: true },
    { key: 'allNanos', label: 'all threads', unit: 'ns', isLessBetter: true, isAdded: true },
    { key: 'outMainNanos', label: 'sampled out, main thread', unit: 'ns', isLessBetter: true, isAdded: true },
    { key: 'lostPercent', label: 'lost', unit: '%', isLessBetter: true, isShownForNone: false },
  ],
  measure: (context) =>
    inRounds(context, async (peer) => {
      const { made, ...sampled } = await resultOf(context, peer, 'closed-loop.cjs')
      const lost = peer.name === 'none' ? {} : { lostPercent: await lostPercent(context, peer.name, made) }
      const out = await resultOf(context, peer, 'closed-loop.cjs', [], { more: peer.sampledOut })
      return { ...sampled, outMainNanos: out.mainNanos, ...lost }
    }),
}
