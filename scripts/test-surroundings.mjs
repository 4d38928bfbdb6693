// Runs the tests once in each surrounding that a developer, a container or a CI machine may have:
//
//   npm run test:surroundings                                    all of them: as many times the suite's time
//   npm run test:surroundings -- umask-000 private-folder        these
//   npm run test:surroundings -- umask-000+locale-c              several at once, in one run
//   npm run test:surroundings -- umask-000 -- test/export        … and only these tests
//
// A surrounding that can't be had here (another user without root, a network namespace) is skipped by name.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '..')
const PLAIN_USER = 65_534
const isRoot = process.getuid?.() === 0

const folders = []
/** A folder of its own, deleted at the end. */
function newFolder(name, mode) {
  const parent = mkdtempSync(join(tmpdir(), 'surroundings-'))
  folders.push(parent)
  chmodSync(parent, 0o755)
  const folder = join(parent, name)
  mkdirSync(folder, { mode })
  chmodSync(folder, mode)
  return folder
}

/** The repository, copied with its node_modules: a link would lead out of the surrounding. */
function copyTo(folder) {
  const copy = join(folder, 'repository')
  const left = [join(repository, '.git'), join(repository, 'dist')]
  cpSync(repository, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !left.includes(path) })
  return copy
}

const canRun = (...command) => spawnSync(command[0], command.slice(1)).status === 0
const withUmask = (umask) => ({ before: ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'] })
const WITHOUT_IPV6 = ['unshare', '-n', 'sh', '-c']
const withoutIpv6 = (command) => [
  ...WITHOUT_IPV6,
  `echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && ip link set lo up && ${command}`,
  'sh',
]

/** `before`: what the command is started by. `needs`: in words, why it can't be had here; undefined where it can. */
const SURROUNDINGS = {
  'as-it-is': () => ({}),
  'private-folder': () => ({ cwd: copyTo(newFolder('a private folder, with späces', 0o700)) }),
  'path-with-spaces': () => ({ cwd: copyTo(newFolder('a path – with späces', 0o755)) }),
  'plain-user': () => {
    if (!isRoot) return { needs: 'root, to become another user (without root, as-it-is is a plain user)' }
    const folder = newFolder('plain user', 0o755)
    const cwd = copyTo(folder)
    if (!canRun('chown', '-R', `${PLAIN_USER}:${PLAIN_USER}`, folder)) return { needs: 'chown' }
    const before = ['setpriv', `--reuid=${PLAIN_USER}`, `--regid=${PLAIN_USER}`, '--clear-groups']
    return canRun(...before, 'true') ? { cwd, before, env: { HOME: folder } } : { needs: 'setpriv' }
  },
  tmpdir: () => ({ env: { TMPDIR: newFolder('temporary files, elsewhere', 0o700) } }),
  'umask-077': () => withUmask('077'),
  'umask-000': () => withUmask('000'),
  'locale-turkish': () => ({ env: { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' } }),
  'locale-german': () => ({ env: { LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' } }),
  'locale-c': () => ({ env: { LC_ALL: 'C', LANG: 'C' } }),
  'time-zone-kathmandu': () => ({ env: { TZ: 'Asia/Kathmandu' } }),
  'time-zone-newfoundland': () => ({ env: { TZ: 'America/St_Johns' } }),
  'without-ipv6': () =>
    canRun(...withoutIpv6('true')) ? { before: withoutIpv6('exec "$@"') } : { needs: 'root, unshare and ip' },
  load: () => ({ burners: 2 * availableParallelism() }),
}

const separator = process.argv.indexOf('--', 2)
const [names, tests] =
  separator < 0 ? [process.argv.slice(2), []] : [process.argv.slice(2, separator), process.argv.slice(separator + 1)]
const unknown = names.flatMap((name) => name.split('+')).filter((name) => !Object.hasOwn(SURROUNDINGS, name))
if (unknown.length > 0) {
  console.error(`there is no surrounding ${unknown.join(', ')}; there are ${Object.keys(SURROUNDINGS).join(', ')}`)
  process.exit(2)
}

function run({ cwd = repository, before = [], env = {}, burners = 0 }) {
  const burning = Array.from({ length: burners }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  const vitest = join(cwd, 'node_modules', 'vitest', 'vitest.mjs')
  const [command, ...args] = [...before, process.execPath, vitest, 'run', ...tests]
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' })
    child.on('error', () => resolve('could not be started'))
    child.on('close', (code, signal) => resolve(code === 0 ? 'passed' : `failed (${signal ?? code})`))
  }).finally(() => burning.forEach((burner) => burner.kill('SIGKILL')))
}

/** Several surroundings as one: each starts the command of the next. Of two folders the last one holds. */
function combined(names) {
  return names
    .map((name) => SURROUNDINGS[name]())
    .reduce((all, next) => ({
      ...all,
      ...next,
      before: [...(all.before ?? []), ...(next.before ?? [])],
      env: { ...all.env, ...next.env },
    }))
}

const outcomes = []
for (const name of names.length > 0 ? names : Object.keys(SURROUNDINGS)) {
  console.log(`\n=== ${name}`)
  const surrounding = combined(name.split('+'))
  const outcome = surrounding.needs === undefined ? await run(surrounding) : `skipped: it needs ${surrounding.needs}`
  outcomes.push([name, outcome])
  for (const folder of folders.splice(0)) if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
}
console.log('')
for (const [name, outcome] of outcomes) console.log(`${name.padEnd(24)} ${outcome}`)
process.exitCode = outcomes.every(([, outcome]) => !outcome.startsWith('failed') && !outcome.startsWith('could'))
  ? 0
  : 1
