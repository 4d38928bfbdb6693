// Puts the types that dist/index.d.cts has of OpenTelemetry's packages into it: an app has none of them but the API, and its
// TypeScript may check the types of its libraries as well (skipLibCheck: false).
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const TYPES = 'dist/index.d.cts'
// Tests build without types.
if (!existsSync(TYPES)) process.exit(0)

const configObjectFullPath = `${process.cwd()}/api-extractor.json`
const configObject = ExtractorConfig.loadFile(configObjectFullPath)
configObject.bundledPackages = [
  '@opentelemetry/instrumentation',
  '@opentelemetry/instrumentation-*',
  '@opentelemetry/sdk-*',
  '@opentelemetry/core',
  '@opentelemetry/resources',
  'aws-lambda',
  '@types/aws-lambda',
]
configObject.apiReport.enabled = false
configObject.dtsRollup = { enabled: true, untrimmedFilePath: `<projectFolder>/${TYPES}` }
configObject.messages = {
  extractorMessageReporting: { default: { logLevel: 'none' } },
  tsdocMessageReporting: { default: { logLevel: 'none' } },
}

const { succeeded } = Extractor.invoke(
  ExtractorConfig.prepare({ configObject, configObjectFullPath, packageJsonFullPath: `${process.cwd()}/package.json` }),
  {
    showVerboseMessages: false,
  },
)
if (!succeeded) throw new Error('the types could not be put into one file')

const PG = /^import \* as pgTypes from 'pg';$/m
const types = await readFile(TYPES, 'utf8')
if (!PG.test(types)) throw new Error('the types of pg are used in another way: look at it')
// Of pg, what its instrumentation hands to a hook of the user's.
const pg = `declare namespace pgTypes {
    interface FieldDef { name: string; tableID: number; columnID: number; dataTypeID: number; dataTypeSize: number; dataTypeModifier: number; format: string }
    interface QueryResultBase { command: string; rowCount: number | null; oid: number; fields: FieldDef[] }
    interface QueryResult<R = any> extends QueryResultBase { rows: R[] }
    interface QueryArrayResult<R = any[]> extends QueryResultBase { rows: R[] }
}`
await writeFile(TYPES, types.replace(PG, pg))
const left = [...types.matchAll(/^import .* from '([^'.][^']*)';$/gm)].map(([, name]) => name)
const known = /^(node:.+|@opentelemetry\/api|pg|fs|http|https|net|tls|stream|events|url)$/
const others = left.filter((name) => !known.test(name))
if (others.length > 0) throw new Error(`the types import ${others.join(', ')}, which an app does not have`)
