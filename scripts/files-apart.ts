import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const NAMESPACE = 'files-apart'

/** What few starts need is in files beside, each loaded when one of its names is first read. By who imports them: */
const APART: readonly { readonly file: string; readonly importer: RegExp; readonly names: readonly string[] }[] = [
  // Delivery works in a thread, from a file of its own; in the main thread only where there can be none.
  { file: 'in-process-delivery', importer: /[\\/]in-process-client\.ts$/, names: ['inProcessDelivery'] },
  // 75 kB that an app needs only once it uses a built-in that is traced.
  {
    file: 'built-in-instrumentations',
    importer: /[\\/]instrumentation[\\/]install\.ts$/,
    names: ['dns', 'http', 'net', 'undici'],
  },
  // What patches of packages need; for those of built-ins it is loaded in vain.
  {
    file: 'package-instrumentations',
    importer: /[\\/]instrumentation[\\/](extensions|loading[\\/](guarded-patches|running-patch))\.ts$/,
    names: [
      'guardedPackage',
      'guardWrapper',
      'withExpressLayers',
      'withGenericPoolCallers',
      'withConnectLayers',
      'withIoredisCommands',
      'withMysqlPools',
      'withMysql2Callers',
      'withPgCallers',
      'withQueryErrors',
      'withRedisCallers',
    ],
  },
  // Of libraries that OpenTelemetry has no instrumentation of.
  {
    file: 'library-instrumentations',
    importer: /[\\/]instrumentation[\\/]install\.ts$/,
    names: ['libraryInstrumentation'],
  },
  // Of GraphQL.js 17, which few apps have; without state.
  { file: 'graphql-spans', importer: /[\\/]channels[\\/]graphql\.ts$/, names: ['traceGraphql'] },
  // Few processes print their traces.
  {
    file: 'console-processors',
    importer: /[\\/]console[\\/]console-exporter\.ts$/,
    names: ['ConsoleExporter', 'ConsoleSpanProcessor'],
  },
  // Of requests that `fetch`, or undici, sends; what has state is handed to it.
  {
    file: 'undici-spans',
    importer: /[\\/]http-client[\\/]undici\.ts$/,
    names: ['requestCreated', 'requestDone', 'requestFailed', 'requestSent', 'responseStarted'],
  },
  // Drawing is for development; it is without state, and loaded with the first trace that is printed.
  { file: 'waterfall', importer: /[\\/]console[\\/]printer\.ts$/, names: ['waterfall'] },
  // Loaded with the first package that is traced and whose spans are not by the current conventions. It reads SQL, too.
  { file: 'span-conventions', importer: /[\\/]conventions[\\/]for-scope\.ts$/, names: ['spanConventions'] },
  // For the first query, the first error, the first URL that may hold a secret.
  {
    file: 'known-secrets',
    importer:
      /[\\/](spans[\\/](db|http)-span|server-span[\\/]incoming-request|privacy[\\/]span-values|libraries[\\/]queries)\.ts$/,
    names: ['cleanedErrorText', 'cleanedValue', 'readStatement', 'redactedQuery', 'redactedUrl'],
  },
  // Of the propagators those that few apps name.
  {
    file: 'vendor-propagators',
    importer: /[\\/]propagation[\\/]by-name\.ts$/,
    names: ['datadogPropagator', 'jaegerPropagator'],
  },
  // For development.
  {
    file: 'span-debugging',
    importer: /[\\/]start-tracing\.ts$/,
    names: ['codeLocationProcessor', 'unendedSpansProcessor'],
  },
  // For those who ask for it.
  {
    file: 'redaction',
    importer: /[\\/]privacy[\\/]redact-option\.ts$/,
    names: ['checkRules', 'createRedaction', 'formatRules'],
  },
  // 70 kB, of redos-detector, for those who ask for patterns.
  {
    file: 'pattern-check',
    importer: /[\\/]privacy[\\/](redact-rules|redaction)\.ts$/,
    names: ['canExplode', 'patternNeeds'],
  },
  // What receives and shows traces is for its command alone.
  { file: 'view', importer: /[\\/]cli[\\/]main\.ts$/, names: ['view'] },
  // What the viewer knows of traces is for tests, when they ask.
  { file: 'findings-in-spans', importer: /[\\/]testing[\\/]findings\.ts$/, names: ['findingsInSpans'] },
  // As published, 138 modules that take a thread 60 ms of CPU time and 10 MB more than the one file does.
  {
    file: 'otlp-grpc',
    importer: /[\\/]grpc-(transport|channel)\.ts$/,
    names: ['createEmptyMetadata', 'createInsecureCredentials', 'createOtlpGrpcExportDelegate', 'createSslCredentials'],
  },
]

/** An esbuild plugin. The names of the files are written out where they are required, so that bundlers of apps take them along. */
export function filesApart(): Plugin {
  return {
    name: 'files-apart',
    setup(build) {
      for (const { file, importer, names } of APART) {
        const built = `./${file}.cjs`
        build.onResolve({ filter: new RegExp(`^\\.{1,2}/(.+/)?${file}\\.(js|cjs)$`) }, (wanted) => {
          if (wanted.path === built) return { path: built, external: true }
          return importer.test(wanted.importer) ? { path: file, namespace: NAMESPACE } : undefined
        })
        const load = `let loaded\nconst load = () => (loaded ??= require('${built}'))`
        const getters = names.map((name) => `get ${name}() { return load().${name} }`)
        const contents = `${load}\nmodule.exports = { __esModule: true, ${getters.join(', ')} }`
        build.onLoad({ filter: new RegExp(`^${file}$`), namespace: NAMESPACE }, () => ({ contents }))
      }
    },
  }
}
