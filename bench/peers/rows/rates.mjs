import { inRounds, lostPercent, resultOf } from '../run.mjs'

const lost = { key: 'lostPercent', label: 'lost', unit: '%', isLessBetter: true, isShownForNone: false }

const measure = (app) => (context) =>
  inRounds(context, async (peer) => {
    const { made, ...figures } = await resultOf(context, peer, app)
    return peer.name === 'none' ? figures : { ...figures, lostPercent: await lostPercent(context, peer.name, made) }
  })

export const loop = {
  key: 'loop',
  title: 'Delay of the event loop',
  text: 'Added to the delay of the event loop while 10,000 spans a second are made and sent, a hundred every 10 ms.',
  rounds: 2,
  figures: [
    { key: 'p99Millis', label: '99th percentile', unit: 'ms', isLessBetter: true, isAdded: true, isHeadline: true },
    { key: 'maxMillis', label: 'longest', unit: 'ms', isLessBetter: true, isAdded: true },
    lost,
  ],
  measure: measure('steady-rate.cjs'),
}

export const bursts = {
  key: 'bursts',
  title: 'Bursts',
  text: '10,000 spans in one turn of the event loop, three times: how long the turn is, and the longest block in the second after it.',
  rounds: 1,
  figures: [
    { key: 'turnMillis', label: 'the turn', unit: 'ms', isLessBetter: true, isAdded: true },
    { key: 'afterMillis', label: 'longest block after it', unit: 'ms', isLessBetter: true, isAdded: true },
    { ...lost, isHeadline: true },
  ],
  measure: measure('burst.cjs'),
}
