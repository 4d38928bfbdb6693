import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appFolder, type AppFolder } from '../../helpers/app-folder.js'
import { OTLP_MESSAGE, protobufRequest } from '../../viewer/receive/encoded.js'
import { runView, startView } from './run-view.js'

const REQUEST_ITSELF = `
  const server = http.createServer((request, response) => response.end('ok')).listen(0, '127.0.0.1', async () => {
    await (await fetch('http://127.0.0.1:' + server.address().port)).text()
    server.close()
    console.log('the app is done')
    process.exitCode = Number(process.env.STATUS ?? 0)
  })`

let folder: AppFolder
beforeAll(async () => {
  folder = await appFolder({
    name: 'an app (with spaces)',
    files: {
      'package.json': '{ "name": "shop", "scripts": { "start": "node app.cjs" } }',
      'app.cjs': `const http = require('node:http')\n${REQUEST_ITSELF}`,
      'app.mjs': `import http from 'node:http'\n${REQUEST_ITSELF}`,
      'starts-itself.mjs': `import { startTracing } from 'spanwright'
        startTracing({ serviceName: 'by-itself' })
        const { default: http } = await import('node:http')\n${REQUEST_ITSELF}`,
      'goes-elsewhere.mjs': `import { startTracing, withSpan } from 'spanwright'
        startTracing({ traceExporter: 'console' })
        withSpan('work', () => undefined)`,
      'waits.cjs': `
        process.on('SIGTERM', () => { console.log('the app heard SIGTERM'); process.exit(7) })
        setInterval(() => {}, 1000)
        console.log('the app waits')`,
    },
  })
})
afterAll(() => folder[Symbol.asyncDispose]())

describe('view -- command', () => {
  test.each([
    ['CommonJS', ['node', 'app.cjs']],
    ['ECMAScript modules', ['node', 'app.mjs']],
    ['the flag on the command line', ['node', '--import', 'spanwright/register', 'app.mjs']],
    ['a start in its own code', ['node', 'starts-itself.mjs']],
    ['npm in between', ['npm', 'start']],
  ])('receives the spans of an app, and passes its output and status on: %s', async (_how, command) => {
    const { exitCode, stdout, stderr } = await runView(['--port', '0', '--', ...command], {
      cwd: folder.path,
      env: {
        STATUS: '3',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/nowhere',
        OTEL_TRACES_EXPORTER: 'none',
      },
    })
    expect(stdout).toContain('the app is done')
    expect(stderr).toContain('the app ended with status 3; 2 spans of 1 trace arrived')
    expect(exitCode).toBe(3)
  })

  test('says what takes precedence where the app sends its spans elsewhere', async () => {
    const { stdout, stderr } = await runView(['--port', '0', '--', 'node', 'goes-elsewhere.mjs'], { cwd: folder.path })
    expect(stdout).toContain('work')
    expect(stderr).toMatch(/0 spans of 0 traces arrived\n.*exporter or endpoint in the app's code takes precedence/)
  })

  test('a signal goes on to the app, whose status it ends with', async () => {
    await using viewer = await startView(['--port', '0', '--', 'node', 'waits.cjs'], { cwd: folder.path })
    await viewer.waitForLine(/the app waits/)
    const { exitCode, stdout } = await viewer.stop({ signal: 'SIGTERM' })
    expect(stdout).toContain('the app heard SIGTERM')
    expect(exitCode).toBe(7)
  })

  test('an app that is ended by a signal, or not found, has the status that a shell would give it', async () => {
    const killed = await runView(['--port', '0', '--', 'node', '-e', 'process.kill(process.pid, "SIGKILL")'])
    expect(killed.exitCode).toBe(137)
    const missing = await runView(['--port', '0', '--', 'no-such-program'])
    expect(missing).toMatchObject({ exitCode: 127 })
    expect(missing.stderr).toContain('the app could not be started: spawn no-such-program ENOENT')
  })
})

test('view --host ADDRESS -- command sends the app to that address, with the token', async () => {
  const { exitCode, stderr } = await runView(['--port', '0', '--host', '127.0.0.2', '--', 'node', 'app.cjs'], {
    cwd: folder.path,
  })
  expect(stderr).toMatch(/http:\/\/127\.0\.0\.2:\d+\//)
  expect(stderr).toContain('2 spans of 1 trace arrived')
  const open = await runView(['--port', '0', '--host', '0.0.0.0', '--', 'node', 'app.cjs'], { cwd: folder.path })
  expect(open.stderr).toContain('2 spans of 1 trace arrived')
  expect([exitCode, open.exitCode]).toEqual([0, 0])
})

describe('view alone', () => {
  test('receives until it is asked to end', async () => {
    await using viewer = await startView(['--port', '0'])
    const answer = await fetch(`http://localhost:${viewer.ready[1]}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Uint8Array.from(protobufRequest(OTLP_MESSAGE)),
    })
    expect(answer.status).toBe(200)
    expect(await viewer.stop({ signal: 'SIGINT' })).toMatchObject({ exitCode: 0, stdout: '' })
  })

  test('says whose port it wanted, with status 2, and an app is sent elsewhere', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const result = await runView(['--port', String(port)])
    expect(result).toMatchObject({ exitCode: 2, stdout: '' })
    expect(result.stderr).toContain(`port ${port} of 127.0.0.1 is taken by another program`)
    expect(result.stderr).toContain('--port N')
    other.close()
  })

  test('a file that cannot be read, or is no trace, is named with status 2', async () => {
    const result = await runView(['--port', '0', 'package.json', 'no such file.json'], { cwd: folder.path })
    expect(result).toMatchObject({ exitCode: 2, stdout: '' })
    expect(result.stderr).toMatch(/package\.json: holds no trace/)
    expect(result.stderr).toContain("'no such file.json'")
  })

  test('on another address than loopback it asks for a token, which it makes up', async () => {
    await using viewer = await startView(['--port', '0', '--host', '0.0.0.0'])
    const [, token] = await viewer.waitForLine(/\?token=([0-9a-f]{32})/)
    const send = (headers: Record<string, string>): Promise<Response> =>
      fetch(`http://127.0.0.1:${viewer.ready[1]}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{}',
      })
    expect((await send({})).status).toBe(401)
    expect((await send({ authorization: `Bearer ${token}` })).status).toBe(200)
  })
})

test('view --help says what there is', async () => {
  const result = await runView(['--help'])
  expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  expect(result.stdout).toMatch(/^Usage: spanwright view[^]*Exit status/)
})
