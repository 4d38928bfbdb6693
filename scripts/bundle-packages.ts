import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Options } from 'tsup'

// What the main file does without has a file for each package of OpenTelemetry, in dist/packages, which loads when it is first
// needed: an instrumentation with the package that it traces, an exporter where it is asked for. An app installs none of them.

const SCOPE = '@opentelemetry/'
/** They share state or classes, so each exists once and is not copied into those that use it. */
const SHARED = [
  'instrumentation',
  'otlp-exporter-base',
  'otlp-grpc-exporter-base',
  'otlp-transformer',
  'sdk-logs',
  'sdk-metrics',
]
const MORE = /^(configuration|exporter-.+|instrumentation-.+|propagator-.+|resource-detector-.+)$/
/** In files of their own already: scripts/files-apart.ts. */
const OF_BUILT_INS: ReadonlySet<string> = new Set(
  ['dns', 'http', 'net', 'undici'].map((name) => `instrumentation-${name}`),
)

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const require = createRequire(import.meta.url)

/** The file in dist of a package that is in none of ours; undefined for any other package. */
export function packageFile(name: string): string | undefined {
  const short = name.startsWith(SCOPE) ? name.slice(SCOPE.length) : ''
  return isApart(short) ? `./packages/${short}.cjs` : undefined
}

const isApart = (short: string): boolean => SHARED.includes(short) || (MORE.test(short) && !OF_BUILT_INS.has(short))

/** Entries for the build: all packages that this project depends on, and what they share. */
export function packageEntries(): Record<string, string> {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: Record<string, string> }
  const names = Object.keys(manifest.devDependencies).filter((name) => packageFile(name) !== undefined)
  const shared = SHARED.map((short) => SCOPE + short)
  return Object.fromEntries(
    [...new Set([...names, ...shared])].map((name) => [`packages/${name.slice(SCOPE.length)}`, sourceOf(name)]),
  )
}

/** The ECMAScript modules of a package, of which what is not used can be left out. */
function sourceOf(name: string): string {
  const required = require.resolve(name)
  const folder =
    required.slice(0, required.indexOf(join('node_modules', ...name.split('/')))) +
    join('node_modules', ...name.split('/'))
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const imported = exports?.['.']?.default?.default
  return imported === undefined ? required : join(folder, imported)
}

interface Manifest {
  readonly exports?: Readonly<Record<string, { readonly default?: { readonly default?: string } }>>
}

/** An esbuild plugin: what packages share is required from the file beside, and what must exist once from the app's node_modules. */
export function packagesApart(): Plugin {
  return {
    name: 'packages-apart',
    setup(build) {
      build.onResolve({ filter: /^@opentelemetry\// }, ({ path, kind }) => {
        const file = kind === 'entry-point' ? undefined : packageFile(path)
        return file === undefined ? undefined : { path: file.replace('/packages/', '/'), external: true }
      })
      // The second is for the app to have.
      build.onResolve({ filter: /^(import-in-the-middle|@opentelemetry\/winston-transport)/ }, ({ path }) => ({
        path,
        external: true,
      }))
    },
  }
}

/**
 * An esbuild plugin, for what the ECMAScript modules of packages have otherwise than their CommonJS: they require a dependency
 * by a function that esbuild does not see through, so that it would be missing, and classes have names with `$1`.
 */
export function asInCommonJs(): Plugin {
  return {
    name: 'as-in-commonjs',
    setup(build) {
      build.onLoad({ filter: /@opentelemetry[\\/].*\.mjs$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8'))
          .replaceAll(' __require(', ' require(')
          .replaceAll(/\b(\w+)\$1 = class(?= (extends|\{))/g, '$1$$1 = class $1'),
      }))
    },
  }
}
