import { basename } from 'node:path'
import { isSupportedRuntime, logUnsupportedRuntime } from './internal/runtime/node.js'

/**
 * Package managers inherit NODE_OPTIONS with the flag, and are not what should be traced: each `npm run` would start tracing
 * for nothing, and requests to a registry would stand under the app's name. What they run inherits it, too, and is traced.
 */
const PACKAGE_MANAGER = /^(npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)(-cli)?(-\d[^/]*)?(\.[cm]?js)?$/

/** The command of this package traces apps, and not itself: the viewer would show what it does to show it. */
const OWN_COMMAND = /(^|[\\/])spanwright([\\/]dist[\\/]cli\.cjs)?$/

/** In a workspace, NODE_OPTIONS and the command line may each lead to a copy of their own. */
const running = (globalThis as Record<symbol, { readonly running?: unknown } | undefined>)[
  Symbol.for('spanwright.tracing')
]?.running

// Loaded by `node --import spanwright/register`, before the app. Whatever goes wrong here, the app must start.
const main = process.argv[1] ?? ''
if (!PACKAGE_MANAGER.test(basename(main)) && !OWN_COMMAND.test(main) && !running) {
  try {
    if (isSupportedRuntime()) {
      // Only here, since loading it is what costs; and by a call that bundlers see.
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it where nothing is traced
      const { startTracing } = require('./index.js') as typeof import('./index.js')
      startTracing()
    } else logUnsupportedRuntime()
  } catch (error) {
    // Its first line: what stands below is where it looked for a file, or a stack.
    const [message] = String(error).split('\n')
    console.error('spanwright: tracing could not start, the app is not traced:', message)
  }
}
