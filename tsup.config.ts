import type { Options } from 'tsup'
import { BANNER, requireBuiltIns } from './scripts/built-ins.js'
import { packageEntries, packagesApart, asInCommonJs } from './scripts/bundle-packages.js'
import { bundleSdk } from './scripts/bundle-sdk.js'
import { filesApart } from './scripts/files-apart.js'
import { leftOut } from './scripts/left-out.js'
import { PINNED_NAMES } from './scripts/pinned-globals.js'

const DOORS = { index: 'src/index.ts', register: 'src/register.ts' }
/** Besides the doors, what Node.js needs a file for. */
const ENTRIES = {
  ...DOORS,
  'in-process-delivery': 'src/export/worker/in-process-delivery.ts',
  'built-in-instrumentations': 'src/instrumentation/built-in-instrumentations.ts',
  'package-instrumentations': 'src/instrumentation/package-instrumentations.ts',
  'library-instrumentations': 'src/instrumentation/library-instrumentations.ts',
  'span-conventions': 'src/internal/conventions/span-conventions.ts',
  'graphql-spans': 'src/instrumentation/channels/graphql-spans.ts',
  'undici-spans': 'src/instrumentation/http-client/undici-spans.ts',
  'known-secrets': 'src/internal/privacy/known-secrets.ts',
  'vendor-propagators': 'src/propagation/vendor-propagators.ts',
  redaction: 'src/internal/privacy/redaction.ts',
  'pattern-check': 'src/internal/privacy/pattern-check.ts',
  'console-processors': 'src/console/console-processors.ts',
  'span-debugging': 'src/spans/span-debugging.ts',
  waterfall: 'src/console/drawing/waterfall.ts',
  'findings-in-spans': 'src/viewer/findings-in-spans.ts',
  cli: 'src/cli/main.ts',
  view: 'src/cli/view/view.ts',
  'view-preload': 'src/cli/view/preload.ts',
  'doctor-preload': 'src/cli/doctor/in-app/preload.ts',
  'doctor-report': 'src/cli/doctor/in-app/report.ts',
}
/** For the delivery thread, which shares nothing with the app, not even the API. */
const THREAD_ENTRIES = {
  'delivery-thread': 'src/export/worker/worker.ts',
  'otlp-grpc': 'src/export/transport/grpc/otlp-grpc.ts',
}

// One implementation, in CommonJS; scripts/write-module-entries.mjs adds the ECMAScript modules that pass its exports on.
const common: Options = {
  format: ['cjs'],
  outExtension: () => ({ js: '.cjs' }),
  // What tracing needs is newer; but in an older Node.js the files must still parse, and leave the app in peace.
  target: 'node18',
  platform: 'node',
  removeNodeProtocol: false,
  splitting: false,
  silent: true,
  esbuildOptions(options) {
    // createRequire takes a path too, and a path can hold any character; tsup's own shim makes a URL of it by hand.
    options.define = {
      ...options.define,
      ...PINNED_NAMES,
      'import.meta.url': 'spanwrightFile',
      spanwrightPackages: '"./packages"',
    }
    options.banner = { js: BANNER }
  },
  plugins: [requireBuiltIns()],
  noExternal: [/^@opentelemetry\//, '@grpc/grpc-js', 'redos-detector', 'regjsparser'],
}

const builds: Options[] = [
  {
    ...common,
    entry: ENTRIES,
    dts: { entry: DOORS },
    // Of the types alone, which scripts/inline-types.mjs puts in.
    external: [/^@opentelemetry\//],
    esbuildPlugins: [
      bundleSdk(),
      asInCommonJs(),
      {
        name: 'register-shares-the-index',
        setup(build) {
          build.onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: './index.cjs', external: true }))
          build.onResolve({ filter: /^\.\/instrumentation-base\.cjs$/ }, ({ path }) => ({ path, external: true }))
        },
      },
      filesApart(),
    ],
  },
  {
    ...common,
    entry: { 'instrumentation-base': 'src/instrumentation/instrumentation-base.ts' },
    noExternal: [/^(?!@opentelemetry\/api$)/],
    esbuildPlugins: [leftOut()],
  },
  {
    ...common,
    entry: packageEntries(),
    noExternal: [/^(?!@opentelemetry\/api$)/],
    esbuildPlugins: [packagesApart(), asInCommonJs(), leftOut()],
  },
  {
    ...common,
    entry: THREAD_ENTRIES,
    esbuildPlugins: [bundleSdk({ isAlone: true }), asInCommonJs(), leftOut(), filesApart()],
  },
]

export default builds
