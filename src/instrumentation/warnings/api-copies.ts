import { diag } from '@opentelemetry/api'
import { join, sep } from 'node:path'
import {
  apiGlobals,
  apiCopyAt,
  API_PACKAGE,
  canRead,
  ONE_COPY,
  ownApi,
  ownApiFile,
} from '../../internal/otel-api/api-version.js'
import { PREFIX, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { findings } from '../../internal/diagnostics/findings.js'
import { packageFolderOf } from '../../internal/runtime/source-locations.js'

/**
 * Warns of other copies of the OpenTelemetry API. Copies that fit share what is registered; one that does not fit makes no
 * spans, without a message. Costs one comparison for each module that is resolved.
 */
export class ApiCopies {
  /** Folders of copies, ours among them. */
  readonly #seen = new Set<string>()

  /** Looks for copies among the paths of what has been required, or imported and is CommonJS. */
  lookAt(paths: readonly string[]): void {
    const files = new Map<string, string>()
    for (const path of paths) {
      const start = path.lastIndexOf(API_FOLDER)
      if (start !== -1) files.set(path.slice(0, start), path)
    }
    // The only one is ours: to ask Node.js for it costs a start a millisecond.
    const own = packageFolderOf(files.size > 1 ? ownApiFile() : (files.values().next().value ?? ''))
    if (own) this.#seen.add(own.folder)
    for (const path of files.values()) this.resolved(path)
  }

  /** Something of a copy is about to load, or has been. */
  resolved(pathOrUrl: string): void {
    const folder = packageFolderOf(pathOrUrl)?.folder
    if (folder === undefined || this.#seen.has(folder)) return
    this.#seen.add(folder)
    const copy = apiCopyAt(pathOrUrl)
    const own = ownApi()
    const inUse = apiGlobals()?.version ?? own?.version
    if (!copy || inUse === undefined) return
    const ours = own ? `${own.version} in ${own.folder}` : inUse
    const both = `${copy.version} in ${copy.folder}, beside ${ours}`
    if (canRead(copy.version, inUse)) {
      diag.info(`${PREFIX}there is another copy of ${API_PACKAGE}, which works: ${both}`)
      return
    }
    findings.strandedApis.push(copy)
    warnOnce(
      `api copy ${folder}`,
      `a copy of ${API_PACKAGE} does not fit the one that spanwright uses: code that calls it makes no spans: ` +
        `${both}. ${ONE_COPY}`,
    )
  }
}

const API_FOLDER = join('@opentelemetry', 'api', sep)
