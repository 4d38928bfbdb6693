import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Packages that the build does without, and what stands in for each. No `require` of them is left, which bundlers of apps would follow. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  // It writes to stderr where the app's own DEBUG is set.
  debug: 'module.exports = () => () => {}',
  // grpc-js would serve its own statistics by it, for which nobody asks.
  '@grpc/proto-loader': `exports.loadSync = () => { throw new Error('channelz is not in this build of grpc-js') }`,
}

const NAMESPACE = 'left-out'

/** An esbuild plugin: see {@link LEFT_OUT}. */
export function leftOut(): Plugin {
  return {
    name: 'left-out',
    setup(build) {
      build.onResolve({ filter: /^(debug|@grpc\/proto-loader)$/ }, ({ path }) => ({ path, namespace: NAMESPACE }))
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({ contents: LEFT_OUT[path] ?? '' }))
    },
  }
}
