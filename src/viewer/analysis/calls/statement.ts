import { sqlTokens, type SqlToken } from '../../../internal/sql/sql-tokens.js'
import { dialectOf } from '../../../internal/sql/statement.js'

/** `control` neither reads nor writes data: transactions, settings, `SELECT 1`. `definition` is a change of the schema. */
export type Access = 'read' | 'write' | 'control' | 'definition' | 'other'

export interface Statement {
  /** The same for statements that differ in values, comments, white space, case, and the lengths of lists only. */
  readonly key: string
  /** The key as a person reads it: the list of columns left out, cut. */
  readonly label: string
  readonly access: Access
  /** Whether values are left out of the text, as placeholders, or by an earlier masking. */
  readonly hasPlaceholders: boolean
  /** Asked again it may answer something else: the time, a sequence, a lock. */
  readonly isVolatile: boolean
}

const LONGEST_STATEMENT = 8_192
const LONGEST_LABEL = 90
const LONGEST_COLUMNS = 16

const CONTROL =
  /^(begin|start|commit|rollback|savepoint|release|set|reset|discard|use|deallocate|listen|unlisten|notify|pragma|lock|unlock|prepare|end|abort)\b/
const DEFINITION = /^(create|alter|drop|truncate|grant|revoke|comment|vacuum|analyze|reindex)\b/
const WRITE = /^(insert|update|delete|merge|replace|upsert)\b/
const READ = /^(select|with|show|explain|values|table|describe|match)\b/
const VOLATILE =
  /\b(now|nextval|currval|lastval|random|rand|newid|uuid|gen_random_uuid|uuid_generate_v4|current_timestamp|current_date|localtimestamp|clock_timestamp|sysdate|getdate|last_insert_id|found_rows|row_count|pg_sleep|sleep|get_lock|release_lock|pg_\w*advisory\w*)\b|\bfor (no key )?(update|share)\b|\bfor key share\b/

/** Operations of databases that have no statements: MongoDB, DynamoDB, Elasticsearch. */
const READ_OPERATION =
  /^(find|get|query|scan|search|aggregate|count|distinct|read|list|fetch|batchget|mget|lookup|exists|select|msearch)/i
const WRITE_OPERATION =
  /^(insert|update|delete|remove|put|write|save|replace|upsert|create|index|bulk|batchwrite|findand|findone?and)/i

export function readStatement(text: string, system: string): Statement {
  const whole = text.slice(0, LONGEST_STATEMENT).trimStart()
  if (whole.startsWith('{') || whole.startsWith('[')) return readJson(whole)
  const tokens = sqlTokens(
    whole,
    dialectOf(system) ?? { doubleQuotedStrings: false, hashComments: false, bracketIdentifiers: false },
  )
  const key = tidy(tokens.map(shown).join(''))
  return {
    key,
    label: labelOf(key),
    access: accessOf(key),
    hasPlaceholders: tokens.some(isPlaceholder),
    isVolatile: VOLATILE.test(key),
  }
}

export function accessOfOperation(operation: string): Access {
  if (WRITE_OPERATION.test(operation)) return 'write'
  return READ_OPERATION.test(operation) ? 'read' : 'other'
}

function shown(token: SqlToken): string {
  return token.kind === 'literal' || isPlaceholder(token) ? '?' : token.text
}

/** A cast, `::date`, is read like a parameter that is named by a colon. */
function isPlaceholder({ kind, text }: SqlToken): boolean {
  return kind === 'parameter' && !text.startsWith('::')
}

function tidy(text: string): string {
  return text
    .replaceAll(/\(\s*\?(?:\s*,\s*\?)*\s*\)/g, '(?)')
    .replaceAll(/\(\?\)(?:\s*,\s*\(\?\))+/g, '(?)')
    .replaceAll(/\s+/g, ' ')
    .replace(/[\s;]+$/, '')
    .trim()
    .toLowerCase()
}

function labelOf(key: string): string {
  const label = key.replace(/^select (?!\?)(.{1,2000}?) from /, (whole, columns: string) =>
    columns.length > LONGEST_COLUMNS ? 'select … from ' : whole,
  )
  return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label
}

function accessOf(key: string): Access {
  if (CONTROL.test(key) || /^select (\?|version\(\)|current_\w+)$/.test(key)) return 'control'
  if (DEFINITION.test(key)) return 'definition'
  if (WRITE.test(key)) return 'write'
  if (!READ.test(key)) return 'other'
  return /^with\b/.test(key) && /\b(insert into|update \S+ set|delete from|merge into)\b/.test(key) ? 'write' : 'read'
}

/** MongoDB's instrumentation writes a query as JSON. */
function readJson(text: string): Statement {
  const key = text
    .replaceAll(/([:[,]\s*)(?:"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d[\d.eE+-]*|true|false|null)/g, '$1?')
    .replaceAll(/\s+/g, ' ')
  const label = key.length > LONGEST_LABEL ? `${key.slice(0, LONGEST_LABEL - 1)}…` : key
  return { key, label, access: 'other', hasPlaceholders: text.includes('?'), isVolatile: false }
}
