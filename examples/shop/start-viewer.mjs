// `spanwright view` as the shop's trace backend: it receives what the services export, and shows it on a page.
import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

const COMMAND = join(dirname(createRequire(import.meta.url).resolve('spanwright/package.json')), 'dist/cli.cjs')

/** Starts the viewer at a free port. The log's lines are shown beside the spans whose ids they carry. */
export async function startViewer() {
  const folder = mkdtempSync(join(tmpdir(), 'spanwright-shop-'))
  const log = join(folder, 'shop.log')
  appendFileSync(log, '')
  const viewer = spawn(process.execPath, [COMMAND, 'view', '--port', '0', '--logs', log], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  process.once('exit', () => viewer.kill())
  const ended = new Promise((resolve) => viewer.once('exit', resolve))
  const url = await new Promise((resolve, reject) => {
    const said = []
    ended.then(() => reject(new Error(`the viewer ended at its start: ${said.join('; ')}`)))
    createInterface({ input: viewer.stderr }).on('line', (line) => {
      said.push(line)
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
      if (found) resolve(found)
    })
  })
  return {
    url,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url },
    addLog: (entry) => appendFileSync(log, `${JSON.stringify(entry)}\n`),
    ended,
    stop: async () => {
      viewer.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
