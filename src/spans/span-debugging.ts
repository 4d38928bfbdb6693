// What is for development, and is in a file apart.
export { codeLocationProcessor } from './code-location.js'
export { unendedSpansProcessor } from './unended-spans.js'
