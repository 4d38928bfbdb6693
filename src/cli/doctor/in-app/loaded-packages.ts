import { isBuiltin, registerHooks } from 'node:module'
import { isRequireInTheMiddle, packageNameOf } from '../../../instrumentation/loading/package-name.js'
import { processWide } from '../../../internal/runtime/process-wide.js'

/** Packages that this process has asked for; `byApp`: from a file outside of node_modules. */
export interface LoadedPackages {
  readonly all: ReadonlySet<string>
  readonly byApp: ReadonlySet<string>
}

/** Begins to take notes, once a process. */
export function noteLoadedPackages(): LoadedPackages {
  return processWide('doctor.loaded-packages', () => {
    const all = new Set<string>()
    const byApp = new Set<string>()
    // A Node.js that is too old has none; that is logged elsewhere.
    if (typeof (registerHooks as unknown) !== 'function') return { all, byApp }
    registerHooks({
      resolve(specifier, context, nextResolve) {
        const resolved = nextResolve(specifier, context)
        const { parentURL = '' } = context
        if (!parentURL.startsWith('file:') || isBuiltin(specifier) || !isPackage(specifier)) return resolved
        const name = packageNameOf(specifier) ?? ''
        all.add(name)
        if (!parentURL.includes('/node_modules/') && !isRequireInTheMiddle(parentURL)) byApp.add(name)
        return resolved
      },
    })
    return { all, byApp }
  })
}

function isPackage(specifier: string): boolean {
  return /^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(\/|$)/i.test(specifier) || specifier.includes('/node_modules/')
}
