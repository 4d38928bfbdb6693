import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const FILE = './local-delivery.cjs'
const NAMESPACE = 'local-delivery'

/**
 * An esbuild plugin: delivery works in a thread, from a file of its own. That it can work in the main thread, too, is needed
 * where there can be no thread, and should cost a start nothing: it is in a file beside, loaded when it is called. The
 * name is written out, so that bundlers of apps take the file along.
 */
export function localDeliveryApart(): Plugin {
  return {
    name: 'local-delivery-apart',
    setup(build) {
      build.onResolve({ filter: /^\.\/local-delivery\.(js|cjs)$/ }, ({ path, importer }) => {
        if (path === FILE) return { path, external: true }
        return importer.endsWith('local-courier.ts') ? { path: FILE, namespace: NAMESPACE } : undefined
      })
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, () => ({
        contents: `exports.localDelivery = (...args) => require('${FILE}').localDelivery(...args)`,
      }))
    },
  }
}
