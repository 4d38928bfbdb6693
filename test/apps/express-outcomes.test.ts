import { expect, test } from 'vitest'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { serveAndAsk } from '../helpers/served-app.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

const REQUESTS = ['/value', '/missing', '/failed', '/text', '/thrown', '/rejected', '/recorded']

const outcome = ({ attributes, status, events }: ReceivedSpan): string => {
  const exceptions = events.map((event) => event.attributes['exception.message'] as string)
  return [attributes['http.route'] as string, status.code, status.message, ...exceptions].join(' ')
}

test.each([
  ['Express 5', 'express', {}, '500'],
  // With metrics, requests are upstream's alone.
  ['Express 4', 'json-server/node_modules/express', { OTEL_METRICS_EXPORTER: 'console' }, '503'],
])(
  'handlers of %s are errors where the response is one, and end before their server span',
  async (_, path, env, rejected) => {
    const args = [fixture('apps/express-outcomes.cjs'), `${REPOSITORY}/node_modules/${path}`]
    const run = await serveAndAsk({ args, cwd: REPOSITORY, env: { NODE_ENV: 'test', ...env }, requests: REQUESTS })

    expect(run.answers.map((answer) => answer.slice(0, 3))).toEqual([
      '200',
      '404',
      '500',
      '500',
      '500',
      rejected,
      '200',
    ])
    const handlers = run.spans.filter(({ name }) => name.startsWith('request handler'))
    expect(handlers.map(outcome)).toEqual([
      '/value UNSET ',
      '/missing UNSET ',
      '/failed ERROR failed failed',
      '/text ERROR a text',
      '/thrown ERROR thrown thrown',
      // Express 4 does not look at what becomes of promises.
      rejected === '500' ? '/rejected ERROR rejected rejected' : '/rejected UNSET ',
      '/recorded UNSET  handled',
    ])
    const servers = run.spans.filter(({ kind }) => kind === 'SERVER')
    expect(servers.map(({ name, status }) => `${name} ${status.code}`)).toEqual([
      'GET /value UNSET',
      'GET /missing UNSET',
      'GET /failed ERROR',
      'GET /text ERROR',
      'GET /thrown ERROR',
      'GET /rejected ERROR',
      'GET /recorded UNSET',
    ])
    for (const span of run.spans) {
      const server = servers.find(({ spanId }) => spanId === span.parentSpanId)
      if (server) expect(span.endUnixNano, span.name).toBeLessThanOrEqual(server.endUnixNano)
    }
    expect(run.stderr).not.toContain('after the end')
  },
)
