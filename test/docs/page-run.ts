import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { appFolder, linkPackage, type AppFolder } from '../helpers/app-folder.js'
import { freePort } from '../helpers/free-port.js'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { cleanEnv } from '../helpers/run-node/clean-env.js'
import { REPOSITORY } from '../helpers/traced-app.js'
import { comparable, commandsOf, fileNameOf, type Block } from './blocks.js'

const LANGUAGES_THAT_RUN = new Set(['js', 'mjs', 'cjs', 'ts'])
const PACKAGES = /(?:from|import|require)[ (]*'((?:@[\w.-]+\/)?[\w-][\w.-]*)/g
const LONGEST_COMMAND_MILLIS = 20_000
/** Sent from here, since not each machine has it. */
const CURL = /^curl (?:-H '([^:]+): ([^']+)' )?(http\S+)$/

/**
 * A reader who does what a page says, in a folder of his own: writes its files, runs its commands, and looks at what they
 * write. Port 3000 of the page is a free one, and port 4318 that of a receiver.
 */
export class PageRun implements AsyncDisposable {
  readonly sink: OtlpSink
  readonly #folder: AppFolder
  readonly #port: number
  readonly #running: { child: ChildProcess; hasEnded: Promise<unknown> }[] = []
  /** What the last command has written, and what it has answered. */
  #output = ''

  private constructor(folder: AppFolder, sink: OtlpSink, port: number) {
    this.#folder = folder
    this.sink = sink
    this.#port = port
  }

  static async start(blocks: readonly Block[]): Promise<PageRun> {
    const imported = blocks.flatMap(({ code }) => [...code.matchAll(PACKAGES)].map(([, name = '']) => name))
    const packages = new Set(imported.filter((name) => !name.startsWith('node:') && name !== 'spanwright'))
    const files = { 'package.json': '{ "name": "shop", "private": true }\n' }
    const folder = await appFolder({ files, packages: ['@opentelemetry/api'] })
    for (const name of packages) if (name !== '@opentelemetry/api') await linkPackage(folder.path, name)
    await mkdir(join(folder.path, 'node_modules/.bin'))
    await symlink(join(REPOSITORY, 'dist/cli.cjs'), join(folder.path, 'node_modules/.bin/spanwright'))
    return new PageRun(folder, await otlpSink(), await freePort())
  }

  async write(name: string, code: string): Promise<void> {
    const path = join(this.#folder.path, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, this.#here(code))
  }

  /** Modules that stand for themselves, one after the other in one process. */
  async runModules(blocks: readonly Block[]): Promise<void> {
    const names = blocks.map(({ language, line }) => `line-${line}.${language === 'ts' ? 'mts' : 'mjs'}`)
    for (const [index, block] of blocks.entries()) await this.write(names[index] ?? '', block.code)
    await this.write('all.mjs', names.map((name) => `await import('./${name}')\n`).join(''))
    await this.#run('node --import spanwright/register all.mjs')
  }

  async runShell(block: Block): Promise<void> {
    for (const command of commandsOf(block)) await this.#run(command)
  }

  /** Settles as soon as everything that the page shows has been written. */
  async hasWritten(block: Block): Promise<void> {
    const wanted = comparable(block.code).filter((line) => line !== '…')
    const missing = (): string[] => {
      const written = new Set(comparable(this.#output))
      return wanted.filter((line) => !written.has(line))
    }
    for (let tries = 0; missing().length > 0 && tries < 100; tries++) await delay(50)
    if (missing().length > 0) {
      throw new Error(`${block.page}:${block.line}: not written: ${missing().join('\n')}\nbut:\n${this.#output}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopServers()
    await this.sink[Symbol.asyncDispose]()
    await this.#folder[Symbol.asyncDispose]()
  }

  async #run(command: string): Promise<void> {
    const [curl, header, value, url = ''] = CURL.exec(this.#here(command)) ?? []
    if (curl !== undefined) {
      const response = await fetch(url, header === undefined ? {} : { headers: { [header]: value ?? '' } })
      this.#output += `${await response.text()}\n`
      return
    }
    await this.#stopServers()
    this.#output = ''
    const bin = [join(this.#folder.path, 'node_modules/.bin'), join(REPOSITORY, 'node_modules/.bin')]
    const child = spawn('sh', ['-c', this.#here(command).replace(/\bnpx\s+/g, '')], {
      cwd: this.#folder.path,
      // A group of its own: what the shell starts is stopped with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnv({
        OTEL_EXPORTER_OTLP_ENDPOINT: this.sink.httpUrl,
        OTEL_BSP_SCHEDULE_DELAY: '100',
        PATH: [...bin, dirname(process.execPath), process.env.PATH].join(delimiter),
        PORT: String(this.#port),
      }),
    })
    const append = (chunk: Buffer): void => void (this.#output += String(chunk))
    child.stdout.on('data', append)
    child.stderr.on('data', append)
    let exitCode: number | null | undefined
    const hasEnded = once(child, 'close').then(([code]) => void (exitCode = code as number | null))
    this.#running.push({ child, hasEnded })
    const goesOn = await this.#endsOrListens(() => exitCode !== undefined)
    if (goesOn) return
    if (exitCode !== 0) throw new Error(`"${command}" ended with ${exitCode}:\n${this.#output}`)
  }

  /** @returns whether it goes on, as a server does */
  async #endsOrListens(hasEnded: () => boolean): Promise<boolean> {
    const until = performance.now() + LONGEST_COMMAND_MILLIS
    while (!hasEnded()) {
      if (await this.#isListening()) return true
      if (performance.now() > until) throw new Error(`neither ends nor listens:\n${this.#output}`)
      await delay(25)
    }
    return false
  }

  async #isListening(): Promise<boolean> {
    const socket = connect(this.#port, 'localhost')
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    return isOpen
  }

  async #stopServers(): Promise<void> {
    for (const { child, hasEnded } of this.#running.splice(0)) {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
      await hasEnded
    }
  }

  #here(code: string): string {
    return code
      .replace(/\b3000\b/g, String(this.#port))
      .replace(/http:\/\/(localhost|127\.0\.0\.1):4318/g, this.sink.httpUrl)
  }
}

export async function doAsThePageSays(run: PageRun, blocks: readonly Block[]): Promise<void> {
  const alone: Block[] = []
  for (const block of blocks) {
    if (block.words.includes('fragment') || block.words.includes('example')) continue
    const name = fileNameOf(block)
    if (block.words.includes('output')) await run.hasWritten(block)
    else if (name !== undefined) await run.write(name, block.code)
    else if (block.language === 'sh') await run.runShell(block)
    else if (LANGUAGES_THAT_RUN.has(block.language)) alone.push(block)
  }
  if (alone.length > 0) await run.runModules(alone)
}
