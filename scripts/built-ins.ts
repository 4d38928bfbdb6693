import { isBuiltin } from 'node:module'
import type { Options } from 'tsup'
import { declarePinned } from './pinned-globals.js'

type Plugin = NonNullable<Options['plugins']>[number]

/**
 * The first line of each file. In a bundle that is one ECMAScript module there is neither `__filename` nor `require`; and there
 * `import.meta.url` would be no help, since other bundlers put the path of the build machine in its place.
 */
export const BANNER = `'use strict'; const spanwrightFile = typeof __filename === 'string' ? __filename : process.cwd() + '/bundle.js'; \
const spanwrightRequire = (typeof __filename === 'string' ? require('module') : process.getBuiltinModule('module')).createRequire(spanwrightFile)`

/**
 * A tsup plugin: Node.js's own modules are required by a function that bundlers don't look into. What esbuild makes of the
 * others in an ECMAScript module is "Dynamic require of "node:util" is not supported". The pinned globals are declared.
 */
export function requireBuiltIns(): Plugin {
  return {
    name: 'require-built-ins',
    renderChunk: (code) => ({
      code: code
        .replaceAll(/\brequire\("([^"]+)"\)/g, (call, name: string) =>
          isBuiltin(name) ? `spanwrightRequire("${name}")` : call,
        )
        .replace(BANNER, () => `${BANNER}; ${declarePinned(code)}`),
    }),
  }
}
