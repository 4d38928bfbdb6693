import { isSecretName, REDACTED } from './secret-names.js'
import { redactedText } from './secret-text.js'

/**
 * The arguments of a command without the values of flags that are called like a secret (`--password=x`, `--api-key x`), nor
 * what else in them is one by its form: credentials in a URL, `TOKEN=x`, `Authorization: x`.
 */
export function redactedArguments(args: readonly string[]): string[] {
  return args.map((argument, index) => {
    const flag = FLAG.exec(args[index - 1] ?? '')?.[1]
    const isValue = flag !== undefined && isSecretName(flag) && !/^--?[a-z]/i.test(argument)
    return isValue ? REDACTED : redactedArgument(argument)
  })
}

const FLAG = /^--?([\w.-]+)$/
const FLAG_WITH_VALUE = /^(--?([\w.-]+)[=:])[^]+$/

function redactedArgument(argument: string): string {
  const [, start = '', name = ''] = FLAG_WITH_VALUE.exec(argument) ?? []
  return isSecretName(name) ? `${start}${REDACTED}` : redactedText(argument)
}

/** The same for a whole command line, as far as one can tell where its arguments end. */
export function redactedCommandLine(line: string): string {
  return redactedArguments(line.split(/ (?=(?:[^"]*"[^"]*")*[^"]*$)/)).join(' ')
}
