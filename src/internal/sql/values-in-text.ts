import { sqlTokens } from './sql-tokens.js'

/** Strings may stand in either quotes. */
const ANY_DIALECT = { doubleQuotedStrings: true, hashComments: false, bracketIdentifiers: false }

/** The beginning of a statement, as it stands in messages. MariaDB's connector says where: the statement may be none. */
const STATEMENT =
  /(?<=(?:^|\n)sql: )|\b(?:select\s[^;]{0,4000}?\sfrom\s|insert\s+(?:ignore\s+)?into\s|replace\s+into\s|merge\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|with\s+\S+\s+as\s*\(|call\s+\S+\s*\(|exec(?:ute)?\s+\S+\s+['@])/i

/** What databases say of values, by the words around them. The last of each is the value. */
const QUOTED_VALUES: readonly RegExp[] = [
  /(\bnear )'.*'(?= at line )/gs,
  /(\bat or near )".*"/g,
  /(\bDuplicate entry )'.*'(?= for key )/g,
  /(\b(?:invalid input (?:syntax|value) for [^:\n]{1,200}|Incorrect [\w ]{1,40} value|Truncated incorrect [\w ]{1,40} value): )(?:"[^\n]*"|'.*?')/g,
  /(\([^()\n]{1,200}\)=)\([^\n]*?\)(?= already exists| is not present|$)/gm,
  /(\bgot invalid value )(?:"(?:[^"\\\n]|\\.)*"|[^;\n]+)/g,
  /(\bwith args beginning with: )[^\n]*/g,
  // The parameters of a statement, to the end: of MariaDB's connector, and of Drizzle.
  /( - parameters:)\[.*/gs,
  /((?:^|\n)params: ).+/gs,
]

/**
 * The message of an error without the values of a statement that it repeats. What follows a statement in a message is read as
 * a part of it, since nothing says where it ends.
 */
export function withoutQueryValues(message: string): string {
  const text = QUOTED_VALUES.reduce((rest, pattern) => rest.replace(pattern, '$1?'), message)
  const at = STATEMENT.exec(text)?.index ?? -1
  if (at === -1) return text
  // knex: the statement first, then what the database says of it.
  const end = text.lastIndexOf(' - ')
  const isEnd = end > at && isOutsideOfStrings(text.slice(at, end))
  const [statement, rest] = isEnd ? [text.slice(at, end), text.slice(end)] : [text.slice(at), '']
  const tokens = sqlTokens(statement, ANY_DIALECT)
  return `${text.slice(0, at)}${tokens.map((token) => token.text).join('')}${rest}`
}

/** Of the end of a statement: a dash in a string ends none. Where in doubt, it is in one. */
function isOutsideOfStrings(statement: string): boolean {
  const plain = statement.replace(/\\./gs, '')
  return [`'`, '"', '`'].every((quote) => plain.split(quote).length % 2 === 1)
}
