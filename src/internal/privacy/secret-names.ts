/**
 * What a secret is called, as a query parameter, a flag of a command, a field: the one list for all of them. The parameters that
 * the semantic conventions name for `url.full` are among these.
 */
const EXACT: ReadonlySet<string> = new Set(
  (
    'auth authorization assertion bearer code cookie credential credentials jwt otp pass passwd pwd samlresponse secret ' +
    'sess session sid sig signature ticket token'
  ).split(' '),
)

/** Within longer names: `db_password`, `X-Amz-Security-Token`, `AWSAccessKeyId`. Not `max_tokens`, nor `postcode`. */
const PARTS =
  /password|passwd|passphrase|secret|apikey|accesskey|privatekey|(token|signature|credentials?|sessionid|sessionkey|authcode|authkey|connectionstring|jwt)$/

const MOST_REMEMBERED = 1_000
const known = new Map<string, boolean>()

/** Whether the value of this name is to be kept secret. In any case, however its words are joined. */
export function isSecretName(name: string): boolean {
  let isSecret = known.get(name)
  if (isSecret === undefined) {
    const letters = name.toLowerCase().replace(/[^a-z\d]/g, '')
    isSecret = EXACT.has(letters) || PARTS.test(letters)
    if (known.size >= MOST_REMEMBERED) known.clear()
    known.set(name, isSecret)
  }
  return isSecret
}

/** Semantic conventions, `url.full`: what stands in for a secret. */
export const REDACTED = 'REDACTED'
