import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, type TestContext } from 'vitest'
import { appFolder } from '../helpers/app-folder.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode, type NodeResult } from '../helpers/run-node.js'
import { spanTree } from '../helpers/span-tree.js'
import { REPOSITORY } from '../helpers/traced-app.js'

const run = promisify(execFile)
const INSTALL_MILLIS = 240_000
// Package managers choose by the Node.js that runs them.
const env = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  npm_config_fund: 'false',
}

/** An app into which the packed package was installed, with others from a registry. */
export interface InstalledApp extends AsyncDisposable {
  readonly path: string
  /** Runs Node.js in it, and returns how that ended and the tree of the spans that arrived. */
  traced(options: TracedOptions): Promise<NodeResult & { readonly tree: readonly string[] }>
  /** `name version`, of packages that are installed. */
  versions(...names: string[]): Promise<string>
}

interface TracedOptions {
  readonly args: readonly string[]
  readonly env?: Record<string, string>
  /** Another Node.js than the one that runs the tests. */
  readonly node?: string
}

/** What runs where the app's folder holds `spanwright.tgz`, and gives it packages. */
export type Installer = (folder: string, packages: readonly string[]) => Promise<unknown>

export const byNpm: Installer = (folder, packages) => inFolder(folder, 'npm', ['install', '--no-audit', ...packages])

/** Runs a program in a folder, with the environment of the tests; rejects with its output where it fails. */
export function inFolder(
  folder: string,
  program: string,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  return run(program, [...args], { cwd: folder, env: { ...env, ...more }, timeout: INSTALL_MILLIS })
}

/** Skips the test, with a line that says why, where a package can't be had: without a network, say. */
export async function installedApp(
  context: TestContext,
  files: Readonly<Record<string, string>>,
  packages: readonly string[],
  install: Installer = byNpm,
): Promise<InstalledApp> {
  const app = await appFolder({ files: { 'package.json': '{"name":"app","private":true}', ...files }, linked: false })
  await copyFile(await packed(), join(app.path, 'spanwright.tgz'))
  try {
    await install(app.path, ['./spanwright.tgz', ...packages])
  } catch (error) {
    await app[Symbol.asyncDispose]()
    cannotBeHad(context, packages.join(', '), error)
  }
  return {
    path: app.path,
    traced: (options) => traced(app.path, options),
    versions,
    [Symbol.asyncDispose]: app[Symbol.asyncDispose],
  }

  async function versions(...names: string[]): Promise<string> {
    const texts = names.map(async (name) => {
      const text = await readFile(join(app.path, 'node_modules', name, 'package.json'), 'utf8')
      return `${name} ${(JSON.parse(text) as { version: string }).version}`
    })
    return (await Promise.all(texts)).join(', ')
  }
}

export function cannotBeHad(context: TestContext, what: string, error: unknown): never {
  const { stderr, message } = error as Error & { stderr?: string }
  const lines = (stderr ?? message).split('\n').filter((line) => /err/i.test(line))
  context.skip(`${what} can't be had: ${(lines[0] ?? message).slice(0, 120)}`)
}

export async function traced(
  path: string,
  { args, env = {}, node }: TracedOptions,
): ReturnType<InstalledApp['traced']> {
  await using sink = await otlpSink()
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_SERVICE_NAME: 'app', ...env }
  const result = await runNode({
    args,
    cwd: path,
    env: settings,
    timeoutMillis: 60_000,
    ...(node !== undefined && { node }),
  })
  return { ...result, tree: spanTree(sink.spans().filter(({ name }) => !/^(tcp\.connect|dns\.lookup)$/.test(name))) }
}

let archive: Promise<string> | undefined
const packed = (): Promise<string> => (archive ??= pack())

async function pack(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'spanwright-packed-')))
  process.once('exit', () => void rm(folder, { recursive: true, force: true }))
  await inFolder(REPOSITORY, 'npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder])
  const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'))
  expect(name).toBeDefined()
  return join(folder, name ?? '')
}

/** The Node.js of npm's package `node`, or another runtime of npm, in a folder of its own. */
export async function runtime(
  context: TestContext,
  name: string,
  version: string,
): Promise<AsyncDisposable & { file: string }> {
  const folder = await appFolder({ files: { 'package.json': '{"private":true}' }, linked: false })
  try {
    await byNpm(folder.path, [`${name}@${version}`])
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    cannotBeHad(context, `${name}@${version}`, error)
  }
  return { file: join(folder.path, 'node_modules', '.bin', name), [Symbol.asyncDispose]: folder[Symbol.asyncDispose] }
}
