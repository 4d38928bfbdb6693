// One service of the shop as a process of its own. One flag traces it.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const START_TIMEOUT_MILLIS = 20_000
const STOP_TIMEOUT_MILLIS = 5_000

/** Starts a service. `url` resolves as soon as it listens, `stop` ends it by SIGTERM; each entry that it logs goes to `addLog`. */
export function startService(file, env, addLog) {
  const name = file.split('.')[0]
  const child = spawn(process.execPath, ['--import', 'spanwright/register', file], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...withoutTracingVariables(process.env), ...env, PORT: '0', OTEL_SERVICE_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => child.kill())
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)))

  const url = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${name} did not listen in time`)), START_TIMEOUT_MILLIS).unref()
    exited.then((how) => reject(new Error(`${name} ended at its start (${how})`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line)
      addLog(entry)
      if (entry.msg === 'listening') resolve(`http://127.0.0.1:${entry.port}`)
    })
  })

  const stop = async () => {
    child.kill('SIGTERM')
    const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MILLIS)
    const how = await exited
    clearTimeout(impatient)
    if (how === 'SIGKILL') throw new Error(`${name} did not end within ${STOP_TIMEOUT_MILLIS} ms of SIGTERM`)
  }
  return { url, stop }
}

/** The demo is the same whatever tracing the shell it is run from has been set up for. */
function withoutTracingVariables(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(OTEL|SPANWRIGHT)_/.test(name)))
}
