import { describe, expect, test } from 'vitest'
import { runNode } from '../helpers/run-node.js'
import { FLAG } from '../helpers/served-app.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

const NO_HOOKS = `data:text/javascript,import module from 'node:module';module.registerHooks = () => { throw new Error('hooks are not allowed here') }`

const SAID = 'spanwright: tracing could not start, the app is not traced: '

describe('a start that fails', () => {
  test('never throws into the app, is logged once, and leaves nothing half-started behind', async () => {
    const { stdout, stderr, exitCode } = await runNode({
      args: [fixture('failed-start/app.mjs')],
      cwd: REPOSITORY,
      env: { OTEL_METRICS_EXPORTER: 'console', OTEL_TRACES_EXPORTER: 'none' },
    })
    expect({ said: stderr.split('\n').at(-2), exitCode }).toEqual({ said: `${SAID}no meter today`, exitCode: 0 })
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toEqual({
      hasRun: true,
      isRecording: false,
      listenersAreSame: true,
      hasProvider: false,
      started: 0,
      hasSdk: true,
      undone: expect.arrayContaining(['processor shut down', 'sampler closed']) as string[],
      secondIsRecording: true,
    })
  })

  test('by the flag is logged in one line', async () => {
    const args = [
      '--import',
      NO_HOOKS,
      ...FLAG,
      '--eval',
      `require('spanwright').startTracing(); console.log('app ran')`,
    ]
    const result = await runNode({ args, cwd: REPOSITORY })
    expect(result).toMatchObject({ exitCode: 0, stdout: 'app ran\n', stderr: `${SAID}hooks are not allowed here\n` })
  })
})
