// One trace in a hundred, but every one that fails, whole:  node keep-errors.mjs
import { errorBiasedSampler, keep, startTracing, withSpan } from 'spanwright'

startTracing({
  serviceName: 'shop',
  traceExporter: 'console',
  sampler: errorBiasedSampler({ ratio: 0.01, slowMillis: 1_000 }),
})

const order = (id, isPaid) =>
  withSpan('POST /orders', (root) => {
    if (id === 'for the boss') keep(root) // whatever becomes of it
    withSpan('SELECT stock', () => 'enough')
    withSpan('charge card', () => {
      if (!isPaid) throw new Error('card declined')
    })
  })

for (let id = 1; id <= 100; id++) order(id, true) // about one of these is seen
order('for the boss', true)
try {
  order('unlucky', false) // this one is, with all its spans
} catch {
  console.log('the order failed, and its trace is kept')
}
