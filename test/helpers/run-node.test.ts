import { afterEach, expect, test, vi } from 'vitest'
import { runNode, startNode } from './run-node.js'

afterEach(() => vi.unstubAllEnvs())

const run = (code: string): { args: string[] } => ({ args: ['-e', code] })
const SERVER = `
  const server = require('node:http').createServer().listen(0, () => console.log('port ' + server.address().port))
  process.on('SIGTERM', () => { console.error('bye'); process.exit(3) })
  process.on('SIGUSR2', () => console.log('asked'))`

test('collects output, exit code and the input', async () => {
  const code =
    'process.stdin.on("data", (text) => console.log("got " + text)); console.error("x"); process.exitCode = 4'
  const result = await runNode({ ...run(code), input: 'hello' })
  expect(result).toMatchObject({ stdout: 'got hello\n', stderr: 'x\n', exitCode: 4, signal: null, timedOut: false })
  expect(result.tookMillis).toBeGreaterThan(1)
})

test('keeps the variables of the test runner and of telemetry from the child, and adds those asked for', async () => {
  vi.stubEnv('NODE_OPTIONS', '--no-such-option')
  vi.stubEnv('OTEL_SERVICE_NAME', 'leaked')
  vi.stubEnv('SPANWRIGHT_X', 'leaked')
  vi.stubEnv('KEPT', 'yes')
  const { stdout } = await runNode({ ...run('console.log(JSON.stringify(process.env))'), env: { OTEL_A: 'b' } })
  const env = JSON.parse(stdout) as Record<string, string>
  expect(env).toMatchObject({ KEPT: 'yes', OTEL_A: 'b' })
  expect(Object.keys(env).filter((name) => /^(NODE_OPTIONS|NODE_ENV|OTEL_|SPANWRIGHT_|VITEST)/.test(name))).toEqual([
    'OTEL_A',
  ])
})

test('sends the signal once a line matches', async () => {
  const result = await runNode({ ...run(SERVER), signalAfter: { pattern: /^port/, signal: 'SIGTERM' } })
  expect(result).toMatchObject({ exitCode: 3, stderr: 'bye\n', timedOut: false })
})

test('kills a process whose time is up, though a grandchild holds its output open', async () => {
  const code = `
    require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 10_000)'], { stdio: 'inherit' })
    setInterval(() => {}, 1000)`
  const result = await runNode({ ...run(code), timeoutMillis: 300 })
  expect(result).toMatchObject({ signal: 'SIGKILL', exitCode: null, timedOut: true })
  expect(result.tookMillis).toBeLessThan(6_000)
})

test('rejects when the folder to start in is not there', async () => {
  await expect(runNode({ ...run(''), cwd: '/does/not/exist' })).rejects.toThrow('ENOENT')
})

test('a server is ready when its line is there, and stops by SIGTERM', async () => {
  await using server = await startNode({ ...run(SERVER), ready: /^port (\d+)$/ })
  const response = fetch(`http://127.0.0.1:${server.ready[1] ?? ''}`, { signal: AbortSignal.timeout(50) })
  await expect(response).rejects.toThrow('timeout')
  process.kill(server.pid, 'SIGUSR2')
  expect((await server.waitForLine(/ask(.*)/))[1]).toBe('ed')
  expect(await server.stop()).toMatchObject({ exitCode: 3, stderr: 'bye\n', timedOut: false })
  expect((await server.stop()).exitCode).toBe(3)
})

test('stopping kills a server that ignores the signal', async () => {
  const code = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")'
  const server = await startNode({ ...run(code), ready: /up/ })
  expect(await server.stop({ timeoutMillis: 100 })).toMatchObject({ signal: 'SIGKILL', timedOut: true })
})

test.each([
  ['ends', 'console.error("no luck"); process.exit(1)', /before the process ended \(1\)[^]*no luck/],
  ['says nothing', 'setInterval(() => {}, 1000)', /in 300 ms/],
])('a server that %s instead is told of', async (_what, code, message) => {
  await expect(startNode({ ...run(code), ready: /port/, timeoutMillis: 300 })).rejects.toThrow(message)
})
