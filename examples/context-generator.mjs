// A generator runs in the context of who asks for its next step:  node context-generator.mjs
import { bindContext, currentSpan, startTracing, withSpan } from 'spanwright'

startTracing({ serviceName: 'shop', traceExporter: 'none' })

async function* pages(how, request) {
  for (let page = 1; page <= 2; page++) {
    await Promise.resolve(page) // a query, whose span would be a child of the request
    console.log(`${how}: page ${page} ${currentSpan() === request ? 'in its trace' : 'in no trace'}`)
    yield page
  }
}

// The request makes it, and something else consumes it later: a framework that streams the body, say.
const [plain, bound] = withSpan('GET /report', (request) => [
  pages('without bindContext', request),
  bindContext(pages('with bindContext', request)),
])
await Array.fromAsync(plain)
await Array.fromAsync(bound)
