// What is loaded with the first value that may hold a secret, from a file apart.
export { readStatement, type Statement } from '../sql/statement.js'
export { cleanedErrorText, cleanedValue } from './cleaned-values.js'
export { redactedQuery, redactedUrl } from './redacted-url.js'
