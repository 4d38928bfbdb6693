import { dialectOf, isCommand, readStatement } from './statement.js'

/**
 * The text of a query without the values in it, nor its comments: for `db.query.text`. Redis and its like get the command, since
 * their arguments are keys and values. Queries in JSON stay as they are: MongoDB's instrumentation leaves values out by itself.
 */
export function sanitizedQuery(text: string, system: string): string {
  const name = system.toLowerCase()
  if (isCommand(name)) return sanitizedCommand(text)
  if (dialectOf(name) === undefined && name !== '') return text
  return readStatement(text, name === '' ? 'other_sql' : name).text ?? ''
}

/** `SET user:7 [1 other arguments]`, as the instrumentations write it. */
function sanitizedCommand(text: string): string {
  const [, command = '', rest = '', more = ''] = /^\s*(\S{1,64})([^]*?)(\[\d+ other arguments\])?\s*$/.exec(text) ?? []
  return [command, rest.trim() === '' ? '' : '?', more].filter(Boolean).join(' ')
}
