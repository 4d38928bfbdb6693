import { expect, test } from 'vitest'
import { ANSWERED, CALLED, CALLS_IN_COMMON_JS } from './calls.js'
import { installedApp } from './installed-app.js'
import { ranWith } from './table.js'

const SECOND_SDK = `
const { TracerProvider } = require('@opentelemetry/sdk-trace')
require('@opentelemetry/api').trace.setGlobalTracerProvider(new TracerProvider())
`
const SENTRY = `require('@sentry/node').init({ dsn: 'http://key@127.0.0.1:9/1', tracesSampleRate: 1 })\n`
const DATADOG = `require('dd-trace').init({ url: 'http://127.0.0.1:9', startupLogs: false })\n`
/** Neighbours keep a process alive as long as they can't send. */
const ENDS = `\nserver.on('close', () => setTimeout(() => process.exit(0), 100))\n`

test.for([
  [
    'a second OpenTelemetry SDK',
    '@opentelemetry/sdk-trace',
    '3.0.0',
    SECOND_SDK,
    /^spanwright: another OpenTelemetry SDK was started, .*\n$/,
  ],
  ['Sentry', '@sentry/node', '11', SENTRY, /^(spanwright: Sentry traces this app, too: .*\n)?$/],
  ['dd-trace', 'dd-trace', '6', DATADOG, /^(spanwright: dd-trace traces this app, too: .*\n)?$/],
] as const)(
  'beside %s in one process: each request is one trace here',
  async ([, packageName, version, start, said], context) => {
    const files = { 'app.cjs': start + CALLS_IN_COMMON_JS + ENDS }
    await using app = await installedApp(context, files, [`${packageName}@${version}`, 'express@5'])
    ranWith(context, await app.versions(packageName))
    const result = await app.traced({ args: ['--import', 'spanwright/register', 'app.cjs'] })
    expect(result).toMatchObject({ exitCode: 0, stdout: ANSWERED, tree: CALLED })
    expect(result.stderr).toMatch(said)
  },
)
