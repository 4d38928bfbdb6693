/** An app of Express that calls itself once, in a span of its own. */
const CALLS = `
const app = express()
app.get('/items/:id', (_request, response) => response.send('ok'))
const server = app.listen(0, '127.0.0.1', () => {
  trace.getTracer('app').startActiveSpan('work', async (span) => {
    const answer = await fetch('http://127.0.0.1:' + server.address().port + '/items/7')
    console.log(answer.status, await answer.text())
    span.end()
    server.close()
    server.closeAllConnections()
  })
})
`

const REQUIRED = "const express = require('express')\nconst { trace } = require('@opentelemetry/api')\n"
export const CALLS_IN_COMMON_JS: string = REQUIRED.concat(CALLS)
const IMPORTED = "import express from 'express'\nimport { trace } from '@opentelemetry/api'\n"
export const CALLS_IN_MODULES: string = IMPORTED.concat(CALLS)

export const ANSWERED = '200 ok\n'
export const CALLED: readonly string[] = [
  'INTERNAL work (app)',
  '  CLIENT GET (app)',
  '    SERVER GET /items/:id (app)',
  '      INTERNAL request handler - /items/:id (app)',
]
