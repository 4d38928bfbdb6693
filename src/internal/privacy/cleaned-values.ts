import type { AnyValue, Attributes } from '@opentelemetry/api'
import { sanitizedQuery } from '../sql/sanitized-query.js'
import { withoutQueryValues } from '../sql/values-in-text.js'
import { redactedPath, redactedQuery, redactedUrl } from './redacted-url.js'
import { redactedArguments, redactedCommandLine } from './secret-arguments.js'
import { redactedText } from './secret-text.js'

type Cleaner = (text: string) => string

/** By the names that the semantic conventions have, and had, for what holds secrets; for all others that come here, URLs. */
const CLEANERS: Readonly<Record<string, Cleaner>> = {
  'url.query': redactedQuery,
  'url.fragment': redactedQuery,
  'url.path': redactedPath,
  'process.command_line': redactedCommandLine,
}
const ERROR_TEXTS: ReadonlySet<string> = new Set(['exception.message', 'exception.stacktrace', 'error.message'])
const QUERIES: ReadonlySet<string> = new Set(['db.query.text', 'db.statement'])

/** The value of an attribute that may hold a secret, without it. Lists are of texts: arguments of a command, values of a header. */
export function cleanedValue(key: string, value: AnyValue, others: Attributes, sanitizesQueries: boolean): AnyValue {
  if (key === 'process.command_args') return Array.isArray(value) ? redactedArguments(value.map(String)) : value
  if (Array.isArray(value)) return value.map((each: AnyValue) => (typeof each === 'string' ? redactedUrl(each) : each))
  if (typeof value !== 'string') return value
  if (ERROR_TEXTS.has(key)) return cleanedErrorText(value, sanitizesQueries)
  if (!QUERIES.has(key)) return (CLEANERS[key] ?? redactedUrl)(value)
  const system = others['db.system.name'] ?? others['db.system']
  return sanitizesQueries ? sanitizedQuery(value, typeof system === 'string' ? system : '') : value
}

/** The frames of a stack hold no values, and are most of it. */
const FIRST_FRAME = /\n\s{1,8}at /
/** Between the frames stand the messages of causes. */
const NO_FRAME = /^(?!\s{0,16}at )[^\n]+$/gm

/** What an error says, and its stack. */
export function cleanedErrorText(text: string, sanitizesQueries: boolean): string {
  const clean = (message: string): string => {
    const redacted = redactedText(message)
    return sanitizesQueries ? withoutQueryValues(redacted) : redacted
  }
  const end = FIRST_FRAME.exec(text)?.index ?? text.length
  return clean(text.slice(0, end)) + text.slice(end).replace(NO_FRAME, clean)
}
