// A serverless function sends its spans before it is frozen:  node with-flush.mjs
import { startTracing, withFlush, withSpan } from 'spanwright'

const tracing = startTracing({ serviceName: 'greeter' })

export const handler = withFlush(async ({ name }) => {
  return withSpan('greet', () => `hello ${name}`)
})

// What the platform does:
console.log(await handler({ name: 'Ada' }))
console.log(tracing.ledger().exported, 'exported when the result is handed on')
