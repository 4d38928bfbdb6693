import { readFile } from 'node:fs/promises'
import type { Options } from 'tsup'
import { packageFile } from './bundle-packages.js'

// An esbuild plugin: puts what every start needs of OpenTelemetry into the one file of the build, and has the rest evaluated
// when it is first used. As published, NodeSDK loads 868 modules, every exporter of every signal among them.
// Outside stay the API, which must exist once in a process, and what most apps never use: that has files beside
// (scripts/bundle-packages.ts).

/** In the file, evaluated at the start. */
const EAGER = /^@opentelemetry\/(sdk-node|sdk-trace|core|resources|context-async-hooks|semantic-conventions)$/
/** Has a file of the build for what it passes on. */
const PASSES_ON = /[\\/]transport[\\/]grpc[\\/]otlp-grpc\.ts$/
/** In the file, evaluated when first used. */
const LAZY =
  /^@opentelemetry\/(exporter-trace-otlp-(proto|http)|otlp-exporter-base(\/.*)?|otlp-transformer|instrumentation-(http|undici|net|dns))$/
/** In files beside, and loaded when first used. */
const LAZY_OUTSIDE =
  /^@opentelemetry\/(instrumentation|exporter-(logs|metrics)-.*|exporter-(prometheus|zipkin|trace-otlp-grpc)|otlp-grpc-exporter-base|sdk-metrics|sdk-logs|configuration|propagator-(b3|aws-xray))$/

/**
 * OpenTelemetry's OTLP is in the file of the delivery thread, which sends by it. In the main file it is for what hardly anybody asks
 * for: NodeSDK would make exporters of it that we hand over, and JSON is written by its serializer.
 */
const OTLP = /^@opentelemetry\/(exporter-trace-otlp|otlp)-/
const HARDLY_USES_OTLP = /[\\/](@opentelemetry[\\/]sdk-node|src[\\/]export[\\/](otlp|metrics))[\\/]/

/** Node's own modules that cost a start something, and that it does not need. */
const LAZY_BUILT_IN =
  /^(node:)?(child_process|crypto|dns|dns\/promises|fs\/promises|http|http2|https|net|tls|worker_threads|zlib)$/

/** What all instrumentations stand on. */
const HOOKS = '@opentelemetry/instrumentation'

/** Marks a path that this plugin has already decided on. */
const INSIDE = 'inside'
/** What stands in for a package that stays outside, wherever it is imported from. */
const OUTSIDE = 'lazy-outside'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** @param isAlone whether the files run apart from the app, so that they need not share the API with it */
export function bundleSdk({ isAlone }: { isAlone: boolean } = { isAlone: false }): Plugin {
  const isInside = (path: string, importer: string): boolean =>
    EAGER.test(path) || LAZY.test(path) || PASSES_ON.test(importer) || (isAlone && path === '@opentelemetry/api')
  return {
    name: 'bundle-sdk',
    setup(build) {
      build.onResolve(
        { filter: /^@opentelemetry\// },
        async ({ path, importer, resolveDir, namespace, pluginData }) => {
          if (pluginData === INSIDE) return undefined
          if (namespace === OUTSIDE) return { path: packageFile(path) ?? path, external: true }
          if (OTLP.test(path) && HARDLY_USES_OTLP.test(importer)) {
            return { path, namespace: OUTSIDE, pluginData: resolveDir }
          }
          const lazily = LAZY.test(path) || LAZY_OUTSIDE.test(path)
          if (lazily && namespace !== 'lazy' && !PASSES_ON.test(importer))
            return { path, namespace: 'lazy', pluginData: resolveDir }
          if (isInside(path, importer)) {
            return build.resolve(path, { kind: 'import-statement', resolveDir, importer, pluginData: INSIDE })
          }
          return { path: packageFile(path) ?? path, external: true }
        },
      )
      build.onResolve({ filter: LAZY_BUILT_IN }, ({ path, kind, namespace, resolveDir }) =>
        kind === 'require-call' || namespace === 'lazy'
          ? { path, external: true }
          : { path, namespace: 'lazy', pluginData: resolveDir },
      )
      // We register instrumentations ourselves; to register none loads all that instrumentations stand on.
      build.onLoad({ filter: /@opentelemetry\/sdk-node\/dist\/sdk\.mjs$/ }, async ({ path }) => ({
        contents: replaced(
          await readFile(path, 'utf8'),
          /registerInstrumentations\(\{/,
          'if (this._instrumentations.length > 0) registerInstrumentations({',
        ),
      }))
      // An IP address is no server name for TLS: Node.js warns of it, on the app's stderr. The certificate is checked against the host.
      build.onLoad({ filter: /grpc-js\/build\/src\/channel-credentials\.js$/ }, async ({ path }) => ({
        contents: replaced(
          await readFile(path, 'utf8'),
          /(?=connectionOptions\.servername = remoteHost;)/,
          'if (!require("net").isIP(remoteHost)) ',
        ),
      }))
      build.onLoad({ filter: /.*/, namespace: 'lazy' }, standIn)
      build.onLoad({ filter: /.*/, namespace: OUTSIDE }, standIn)
    },
  }
}

/** A module with the names of another one, which is loaded when one of them is read. */
async function standIn({ path, pluginData }: { path: string; pluginData: unknown }): Promise<Loaded> {
  const names = Object.keys((await import(path)) as object).filter((name) => name !== 'default')
  // Names are read with every call, so the module is kept: to require it is to resolve it anew.
  const load = `let loaded\nconst load = () => (loaded ??= ${path === HOOKS ? REQUIRE_HOOKS : `require(${JSON.stringify(path)})`})`
  const getters = names.map((name) => `get ${name}() { return load().${name} }`)
  return {
    contents: `${load}\nmodule.exports = { __esModule: true, ${getters.join(', ')} }`,
    resolveDir: pluginData as string,
  }
}

/**
 * Hidden from bundlers, since it must exist once. Where an app is one file and runs alone, its place is taken by a copy with
 * import-in-the-middle in it: what bundlers make of that depends on their conditions (rollup takes its part for browsers).
 */
const REQUIRE_HOOKS = `(() => {
  try {
    return spanwrightRequire(${JSON.stringify(packageFile(HOOKS))})
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    return require('./instrumentation-base.cjs')
  }
})()`

interface Loaded {
  readonly contents: string
  readonly resolveDir: string
}

/** An upgrade that changes what is to be replaced must not go unseen. */
function replaced(source: string, pattern: RegExp, replacement: string): string {
  if (!pattern.test(source)) throw new Error(`nothing matches ${pattern}: look at how the package does it now`)
  return source.replace(pattern, replacement)
}
