import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

/** STATUS_CONTROL_C_EXIT, as far as a status has room here. */
const OF_WINDOWS = 0xc000_013a & 0xff

test.concurrent.each([
  ['windows', 'SIGINT', OF_WINDOWS, 'http/protobuf'],
  ['windows', 'SIGHUP', OF_WINDOWS, 'http/protobuf'],
  // Here the flush waits for the event loop.
  ['windows', 'SIGHUP', OF_WINDOWS, 'off'],
  ['refused', 'SIGTERM', 128 + constants.signals.SIGTERM, 'off'],
] as const)(
  'on %s %s ends with the status it has there, once everything is sent',
  async (where, signal, exitCode, how) => {
    const { spans, ...result } = await runTracedApp('leaving/elsewhere.cjs', {
      args: [where],
      env: how === 'off' ? { SPANWRIGHT_EXPORT_THREAD: 'off' } : {},
      signalAfter: { pattern: /ready/, signal },
    })
    expect(result).toMatchObject({ exitCode, signal: null, stdout: 'ready\n', stderr: '' })
    expect(spans.map(({ name }) => name)).toEqual(['last'])
  },
)
