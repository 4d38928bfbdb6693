// An app that configures tracing in code:  node --import ./tracing.mjs app.mjs
import { createServer } from 'node:http'
import { withSpan } from 'spanwright'

const server = createServer((_request, response) => {
  const greeting = withSpan('greet', () => 'good morning')
  response.end(greeting)
})

server.listen(0, '127.0.0.1', async () => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`)
  console.log(response.status, await response.text())
  server.close()
})
