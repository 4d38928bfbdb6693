import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixture, REPOSITORY, runTracedApp } from '../helpers/traced-app.js'

const NETWORK = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []
const without = (said: readonly string[]): string[] => said.filter((line) => !/Warning|trace-warnings/.test(line))

test('with --permission and no threads, spans are sent, and one line says from where', async () => {
  const nodeArgs = ['--permission', '--allow-fs-read=*', ...NETWORK, '--import', 'spanwright/register']
  const { exitCode, said, spans } = await runTracedApp('permissions/app.cjs', { withoutFlag: true, nodeArgs })
  expect({ exitCode, said: without(said) }).toEqual({
    exitCode: 0,
    said: [
      expect.stringMatching(/^spanwright: no delivery thread can be started \(Access to this API .*\); spans are sent/),
    ],
  })
  expect(spans.map(({ name }) => name)).toEqual(['work'])
})

test('with --permission for a part of its files only, the app runs, and one line says why it is not traced', async () => {
  const readable = [join(REPOSITORY, 'package.json'), join(REPOSITORY, 'dist', 'register.cjs')]
  const app = fixture('permissions/app.cjs')
  const { exitCode, stdout, said } = await runTracedApp(app, {
    withoutFlag: true,
    nodeArgs: [
      '--permission',
      ...[...readable, app].map((path) => `--allow-fs-read=${path}`),
      '--require',
      join(REPOSITORY, 'dist', 'register.cjs'),
    ],
  })
  expect({ exitCode, stdout, said: without(said) }).toEqual({
    exitCode: 0,
    stdout: 'app ran\n',
    said: [expect.stringMatching(/^spanwright: tracing could not start, the app is not traced: Error: /)],
  })
})
