import {
  registerInstrumentations,
  type Instrumentation,
  type InstrumentationConfig,
} from '@opentelemetry/instrumentation'
import { trace, type TracerProvider } from '@opentelemetry/api'
import * as dns from '@opentelemetry/instrumentation-dns'
import * as http from '@opentelemetry/instrumentation-http'
import * as net from '@opentelemetry/instrumentation-net'
import * as undici from '@opentelemetry/instrumentation-undici'
import { isBuiltin, syncBuiltinESMExports } from 'node:module'
import { warnOnce } from '../internal/diagnostics.js'
import { processWide } from '../internal/process-wide.js'
import { requireOwn } from '../internal/require.js'
import { packageOf, type CatalogueEntry } from './catalogue.js'
import { packageNameOf } from './package-name.js'
import { nameFastifyRoutes } from './fastify-routes.js'
import { withHttpHooks } from './http-hooks.js'
import { LateLoads } from './late-load.js'
import { leaveTraceFieldsToAdapter } from './log-correlation.js'
import { onModuleResolved } from './module-hooks.js'
import { onlyInTraces } from './only-in-traces.js'
import { selectInstrumentations, type InstrumentationChoice } from './selection.js'

interface Installed {
  hooksAreSet: boolean
  readonly started: { readonly instrumentation: Instrumentation; readonly entry: CatalogueEntry }[]
}

const installed = processWide('instrumentations', (): Installed => ({ hooksAreSet: false, started: [] }))

/**
 * Installs the wanted instrumentations, each as late as can be: those of built-ins now, those of packages just before the
 * package is first loaded, by `require` or by `import`. What the app does not use costs nothing.
 */
export function installInstrumentations(choice: InstrumentationChoice): void {
  // A second start, after a shutdown: hooks and patches are in place, and a second set would make each span twice.
  if (installed.hooksAreSet) {
    for (const { instrumentation, entry } of installed.started) {
      instrumentation.setTracerProvider(providerFor(entry))
      instrumentation.setConfig({ enabled: true, ...configFor(entry, choice) })
    }
    return
  }
  installed.hooksAreSet = true
  const wanted = selectInstrumentations(choice)
  const packages = new Map<string, CatalogueEntry>()
  for (const entry of wanted) {
    for (const module of entry.modules) if (!isBuiltin(module)) packages.set(module, entry)
  }

  const started = new Set<CatalogueEntry>()
  const start = (entry: CatalogueEntry): void => {
    if (started.has(entry)) return
    started.add(entry)
    startInstrumentation(entry, choice)
  }

  const late = new LateLoads(new Set(packages.keys()))
  late.lookAtLoaded(packageNameOf)
  onModuleResolved(packages, { resolved: start, ranUnseen: (name) => late.found(name) })
  const builtIns = wanted.filter(({ modules }) => modules.every((module) => isBuiltin(module)))
  for (const entry of builtIns) start(entry)
  patchBuiltIns(builtIns)
  nameFastifyRoutes()
}

type InstrumentationModule = Readonly<Record<string, new (config: InstrumentationConfig) => Instrumentation>>

/** Wanted by nearly every app, so the build has them in its one file; what is not used is not evaluated there either. */
const OF_BUILT_INS: Readonly<Record<string, object>> = { dns, http, net, undici }

function startInstrumentation(entry: CatalogueEntry, choice: InstrumentationChoice): void {
  const packageName = packageOf(entry)
  try {
    const exported = (OF_BUILT_INS[entry.name] ?? requireOwn(packageName)) as InstrumentationModule
    const Instrumentation = exported[entry.className]
    if (!Instrumentation) throw new Error(`${packageName} has no ${entry.className}`)
    const instrumentation = new Instrumentation(configFor(entry, choice))
    registerInstrumentations({ instrumentations: [instrumentation], tracerProvider: providerFor(entry) })
    leaveTraceFieldsToAdapter(instrumentation)
    installed.started.push({ instrumentation, entry })
  } catch (error) {
    warnOnce(
      `start ${packageName}`,
      `${packageName} could not be started, ${entry.name} is not traced: ${String(error)}`,
    )
  }
}

/** What a request is made of, and what is nothing by itself. */
const DETAILS: ReadonlySet<string> = new Set(['dns', 'net'])

function providerFor({ name }: CatalogueEntry): TracerProvider {
  const provider = trace.getTracerProvider()
  return DETAILS.has(name) ? onlyInTraces(provider) : provider
}

const LOGGERS: ReadonlySet<string> = new Set(['bunyan', 'pino', 'winston'])

function configFor(
  entry: CatalogueEntry,
  { config, logsAreOn, onResponse }: InstrumentationChoice,
): InstrumentationConfig {
  // Without a logs exporter, a copy of each log record would be made for nobody.
  const unsent = LOGGERS.has(entry.name) && !logsAreOn ? { disableLogSending: true } : {}
  return withHttpHooks(entry.name, { ...unsent, ...config[packageOf(entry)] }, onResponse)
}

/**
 * Built-ins may have been imported before tracing started. Requiring one runs its patch, in place; the sync then carries
 * the patched functions to whoever has imported them by name.
 */
function patchBuiltIns(entries: readonly CatalogueEntry[]): void {
  for (const { modules } of entries) for (const module of modules) requireOwn(module)
  syncBuiltinESMExports()
}
