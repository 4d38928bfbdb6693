import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readEnv } from '../internal/runtime/env.js'

/** Name and version in the app's package.json. */
export interface AppPackage {
  readonly name: string
  readonly version: string | undefined
  readonly file: string
}

/** What a process was started with, as far as the app's folder follows from it. */
export interface ProcessStart {
  /** Node.js makes it absolute; undefined, or an argument of the app's, where there is no main script. */
  readonly main: string | undefined
  readonly execArgv: readonly string[]
  readonly execPath: string
  readonly cwd: () => string
}

const MOST_FOLDERS = 50
const MOST_BYTES = 1_000_000
/** With these, what follows on the command line are arguments, and no script. */
const WITHOUT_SCRIPT = /^(-e|-p|-pe|--eval(=.*)?|--print(=.*)?|-i|--interactive|-)$/
/** Where tools are that start an app: npm's folders, and those of Yarn without node_modules. */
const INSTALLED = /^(.*?)[\\/](?:node_modules|\.yarn)[\\/]/

let found: { readonly app: AppPackage | undefined } | undefined

/** Of this process: the package.json nearest above the main script that has a name. Read once; never throws. */
export function appPackage(): AppPackage | undefined {
  const { execArgv, execPath } = process
  // PM2 starts a script of its own, and runs the app's in it.
  const main = readEnv('pm_exec_path') ?? process.argv[1]
  found ??= { app: packageOf({ main, execArgv, execPath, cwd: () => process.cwd() }) }
  return found.app
}

/** @see appPackage */
export function packageOf(start: ProcessStart): AppPackage | undefined {
  try {
    const folder = folderOf(start)
    return folder === undefined ? undefined : nearestPackage(folder)
  } catch {
    return undefined
  }
}

function folderOf({ main, execArgv, execPath, cwd }: ProcessStart): string | undefined {
  // A function's own folder: its main script is the runtime's.
  const task = readEnv('LAMBDA_TASK_ROOT')
  if (task !== undefined) return task
  if (main === undefined || main === execPath || execArgv.some((flag) => WITHOUT_SCRIPT.test(flag))) return undefined
  const real = attempt(() => realpathSync(main)) ?? main
  const root = INSTALLED.exec(real)?.[1]
  // `node .` names a folder.
  if (root === undefined) return attempt(() => statSync(real).isDirectory()) ? real : dirname(real)
  // A tool that starts the app: of a workspace below its root, or of the folder for which npx keeps it elsewhere.
  const here = attempt(cwd)
  const isToolOfApp = here !== undefined && (isWithin(here, root) || /[\\/]_npx$/.test(dirname(root)))
  return isToolOfApp ? here : dirname(real)
}

function isWithin(folder: string, root: string): boolean {
  return folder === root || folder.startsWith(`${root}/`) || folder.startsWith(`${root}\\`)
}

function nearestPackage(folder: string): AppPackage | undefined {
  let place = folder
  for (let count = 0; count < MOST_FOLDERS; count++) {
    // A package.json in node_modules itself belongs to no app.
    const file = join(place, 'package.json')
    const app = basename(place) === 'node_modules' ? undefined : attempt(() => readPackage(file))
    if (app) return app
    if (dirname(place) === place) return undefined
    place = dirname(place)
  }
  return undefined
}

/** Undefined where it has no name: a package.json in a folder of the build often has a `type` alone. */
function readPackage(file: string): AppPackage | undefined {
  const stats = statSync(file)
  if (!stats.isFile() || stats.size > MOST_BYTES) return undefined
  const { name, version } = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as Record<string, unknown>
  if (typeof name !== 'string' || name.trim() === '') return undefined
  return { name: name.trim(), version: typeof version === 'string' && version !== '' ? version : undefined, file }
}

function attempt<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}
