import { summarize } from './query-summary.js'
import { sqlTokens, type SqlDialect } from './sql-tokens.js'

export interface Statement {
  /** Without values; undefined where the language is not one we read. */
  readonly text?: string | undefined
  readonly summary?: string | undefined
  readonly operation?: string | undefined
}

/** Reading takes time, and a longer text is of no use; what was cut off counts as a value. */
const LONGEST_STATEMENT = 8_192
/** Parameterised statements are few and come again; others are all different, and must not fill the memory. */
const MOST_STATEMENTS_REMEMBERED = 200
const MOST_SYSTEMS_REMEMBERED = 20

/** By the system, then by the text: to join the two costs more than to look them up. */
const known = new Map<string, Map<string, Statement>>()

/** The values of `db.system.name` for SQL databases that quote identifiers by the standard: `"text"`. */
const STANDARD_QUOTES =
  /^(postgres|cockroachdb|redshift|aws\.redshift|yugabyte|timescale|oracle|ibm\.db2|db2|derby|h2|hsqldb|firebird|trino|presto|snowflake|duckdb|teradata|sap\.|vertica|microsoft\.sql_server|mssql|cassandra|actian)/
/** Databases where it may be a string: to be safe, those count as values. */
const MAYBE_STRINGS = /^(mysql|mariadb|sqlite|other_sql|tidb|clickhouse|gcp\.spanner|spanner|hive|databricks|bigquery)/
/** `COMMAND key value`: the first word is the operation, and nothing else is recorded. */
const COMMANDS = /^(redis|valkey|memcached|keydb|dragonfly)/

export function readStatement(statement: string, system: string): Statement {
  let ofSystem = known.get(system)
  const found = ofSystem?.get(statement)
  if (found !== undefined) return found
  const result = read(statement, system.toLowerCase())
  if (statement.length > LONGEST_STATEMENT) return result
  if (ofSystem === undefined || ofSystem.size >= MOST_STATEMENTS_REMEMBERED) {
    if (known.size >= MOST_SYSTEMS_REMEMBERED) known.clear()
    ofSystem = new Map()
    known.set(system, ofSystem)
  }
  ofSystem.set(statement, result)
  return result
}

function read(statement: string, system: string): Statement {
  if (isCommand(system)) return command(statement)
  const dialect = dialectOf(system)
  if (dialect === undefined) return {}
  const tokens = sqlTokens(statement.slice(0, LONGEST_STATEMENT), dialect)
  const text = tokens.map((token) => token.text).join('')
  return { text: collapseLists(text).trim(), ...summarize(tokens) }
}

export function isCommand(system: string): boolean {
  return COMMANDS.test(system)
}

function command(statement: string): Statement {
  return { operation: /^\s*([a-z][\w.]{0,63})(?=\s|$)/i.exec(statement)?.[1] }
}

export function dialectOf(system: string): SqlDialect | undefined {
  const isStandard = STANDARD_QUOTES.test(system)
  if (!isStandard && !MAYBE_STRINGS.test(system)) return undefined
  return {
    doubleQuotedStrings: !isStandard,
    hashComments: /^(mysql|mariadb|tidb|bigquery)/.test(system),
    bracketIdentifiers: /^(microsoft\.sql_server|mssql)/.test(system),
  }
}

/** A list says how many values there were, and makes as many texts of one query. */
function collapseLists(text: string): string {
  return text.replace(/\bIN\s*\(\s*\?(?:\s*,\s*\?)*\s*\)/gi, (list) => list.replace(/\(.*\)/s, '(?)'))
}
