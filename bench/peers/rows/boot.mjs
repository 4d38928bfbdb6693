import { inRounds, resultOf, start } from '../run.mjs'

export const boot = {
  key: 'boot',
  title: 'Boot',
  text:
    'What the tracer adds until an empty program comes to its first line, and until a service of Express, pg and pino listens. ' +
    '@vercel/otel loads no instrumentation but that of `fetch`.',
  rounds: 5,
  figures: [
    { key: 'readyMillis', label: 'first line', unit: 'ms', isLessBetter: true, isAdded: true, isHeadline: true },
    { key: 'cpuMillis', label: 'CPU time at the first line', unit: 'ms', isLessBetter: true, isAdded: true },
    { key: 'listenMillis', label: 'service listens', unit: 'ms', isLessBetter: true, isAdded: true },
  ],
  measure: (context) =>
    inRounds(context, async (peer) => {
      const empty = await resultOf(context, peer, 'empty.cjs')
      const { child, message } = await start(context, peer, 'service.cjs', ['service', 0, 0])
      const { readyMillis: listenMillis } = await message()
      child.kill('SIGKILL')
      return { ...empty, listenMillis }
    }),
}
