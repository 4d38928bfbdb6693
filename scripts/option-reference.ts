// docs/reference/options.md: what the table of options (src/config/options.ts) and the doc comments of their types say.
// `npm run docs:options` has a test write it, which fails where the page is not current.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import prettier from 'prettier'
import ts from 'typescript'
import { OPTIONS } from '../src/config/options.js'
import type { AnyTable, OptionRow } from '../src/internal/checks/option-table.js'

const ROOT = join(import.meta.dirname, '..')
export const OPTION_REFERENCE: string = join(ROOT, 'docs/reference/options.md')

/** Where the configuration file has what is no number of the table. */
const FILE_KEYS: Readonly<Record<string, string>> = {
  serviceName: 'resource.attributes, service.name',
  serviceVersion: 'resource.attributes, service.version',
  environment: 'resource.attributes, deployment.environment.name',
  resourceAttributes: 'resource.attributes',
  traceExporter: 'tracer_provider.processors[].batch.exporter',
  spanProcessors: 'tracer_provider.processors',
  sampler: 'tracer_provider.sampler',
  propagators: 'propagator.composite',
}
const GROUPS_IN_FILE: Readonly<Record<string, string>> = {
  batch: 'tracer_provider.processors[].batch',
  spanLimits: 'tracer_provider.limits',
}
/** Variables that environment.ts reads into parts. */
const MORE_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  serviceName: ['OTEL_SERVICE_NAME'],
  serviceVersion: ['OTEL_RESOURCE_ATTRIBUTES'],
  environment: ['OTEL_RESOURCE_ATTRIBUTES'],
  resourceAttributes: ['OTEL_RESOURCE_ATTRIBUTES'],
  traceExporter: ['OTEL_TRACES_EXPORTER'],
  instrumentations: ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'],
}

interface Documented {
  readonly type: string
  readonly text: string
  readonly since: string
}

/** The page, as it should be. */
export async function optionReference(): Promise<string> {
  const rows = rowsOf(OPTIONS, documentedOptions(), '')
  const page = `# Options

Made from the table in the code by \`npm run docs:options\`: every option of \`startTracing()\`, its variables, and its key in the file of
\`OTEL_CONFIG_FILE\`. An option in code takes precedence; then the file alone, or, without one, the variables, of which the first that is
set counts; then the default. Variables without an option in code (endpoints, headers, log level, …), and what each takes in
words: [configuration](../configuration.md). What a wrong one does: [errors](errors.md).

| option | what it does | type | default | variables | key in the file | since |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`
  const options = await prettier.resolveConfig(OPTION_REFERENCE)
  return prettier.format(page, { ...options, parser: 'markdown' })
}

function rowsOf(table: AnyTable, documented: ReadonlyMap<string, Documented>, prefix: string): string[] {
  return Object.entries(table).flatMap(([key, row]) => {
    const name = `${prefix}${key}`
    if (row.table) return rowsOf(row.table, documented, `${name}.`)
    const { type, text, since } = documented.get(name) ?? missing(name)
    const variables = row.variables ?? MORE_VARIABLES[name] ?? []
    const read = [variables.map(code).join(', '), fileKeyOf(name, row)]
    const cells = [code(name), text, code(type), defaultOf(row), ...read, since]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
}

const code = (text: string): string => `\`${text}\``

function missing(name: string): never {
  throw new Error(`${name} of the table is no option of TracingOptions`)
}

function defaultOf(row: OptionRow): string {
  const value = row.default
  if (value === undefined) return ''
  if (typeof value === 'number') return value === Infinity ? 'no limit' : value.toLocaleString('en-US')
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : (row.format?.(value) ?? code(value.map(String).join(', ')))
  return typeof value === 'boolean' || typeof value === 'string' ? code(String(value)) : ''
}

function fileKeyOf(name: string, { fileKey }: OptionRow): string {
  const [group = ''] = name.split('.')
  const key = fileKey === undefined ? FILE_KEYS[name] : `${GROUPS_IN_FILE[group] ?? missing(name)}.${fileKey}`
  return key === undefined ? '' : code(key)
}

/** Type and comment of each option, also of those within another one, by its name in code. */
function documentedOptions(): ReadonlyMap<string, Documented> {
  const file = join(ROOT, 'src/config/options.ts')
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    ROOT,
  )
  const program = ts.createProgram([file], options)
  const checker = program.getTypeChecker()
  const declaration = program.getSourceFile(file)?.statements.find(isTracingOptions)
  if (!declaration) throw new Error('there is no TracingOptions')
  const found = new Map<string, Documented>()
  collect(checker, checker.getTypeAtLocation(declaration), OPTIONS, found)
  return found
}

const isTracingOptions = (statement: ts.Statement): boolean =>
  ts.isInterfaceDeclaration(statement) && statement.name.text === 'TracingOptions'

/** @param within what these are in: the beginning of their names, and its comment for those that have none */
function collect(
  checker: ts.TypeChecker,
  type: ts.Type,
  table: AnyTable,
  into: Map<string, Documented>,
  { prefix, comment }: { prefix: string; comment: string } = { prefix: '', comment: '' },
): void {
  for (const property of type.getProperties()) {
    const row = table[property.name]
    const node = property.valueDeclaration
    if (!row || !node) continue
    const name = `${prefix}${property.name}`
    const own = checker.getNonNullableType(checker.getTypeOfSymbol(property))
    const text = commentOf(property, checker) || comment
    if (row.table) collect(checker, own, row.table, into, { prefix: `${name}.`, comment: text })
    const since = property.getJsDocTags(checker).find((tag) => tag.name === 'since')
    into.set(name, {
      type:
        ts.isPropertySignature(node) && node.type
          ? node.type.getText().replaceAll(/\s+/g, ' ')
          : checker.typeToString(own),
      text,
      since: since ? ts.displayPartsToString(since.text) : '0.1.0',
    })
  }
}

/** OpenTelemetry's comments begin with the name. */
function commentOf(property: ts.Symbol, checker: ts.TypeChecker): string {
  const text = ts.displayPartsToString(property.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ').trim()
  const [beginning] = /^\w+ is (the )?(?=\w)/.exec(text.startsWith(property.name) ? text : '') ?? ['']
  const rest = text.slice(beginning.length)
  return rest.charAt(0).toUpperCase() + rest.slice(1)
}
