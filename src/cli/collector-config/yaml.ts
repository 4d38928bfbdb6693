/** What a YAML file is made of: lines to put as they are, or mappings of them. A key that begins with # is a comment. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml | undefined }

/** A part with comments: in YAML as people write it, two spaces a level. */
export function toYaml(value: Yaml, indent = ''): string {
  if (typeof value !== 'object') return ` ${scalar(value)}\n`
  if (isList(value)) return listInYaml(value, indent)
  const entries = Object.entries(value).filter((entry): entry is [string, Yaml] => entry[1] !== undefined)
  if (entries.length === 0) return ' {}\n'
  const lines = entries.map(([key, item]) => {
    if (key.startsWith('#')) return comment(typeof item === 'string' ? item : '', indent)
    return `${indent}${key}:${typeof item === 'object' ? nested(item, indent) : toYaml(item)}`
  })
  return lines.join('')
}

const isList = (value: Yaml): value is readonly Yaml[] => Array.isArray(value)

function nested(value: Exclude<Yaml, string | number | boolean>, indent: string): string {
  // What is short stands on the line.
  if (isList(value) && value.every((item) => typeof item !== 'object')) return ` [${value.map(scalar).join(', ')}]\n`
  const text = toYaml(value, `${indent}  `)
  return text.startsWith(' {}') ? text : `\n${text}`
}

function listInYaml(items: readonly Yaml[], indent: string): string {
  return items.map((item) => `${indent}- ${toYaml(item, `${indent}  `).trimStart()}`).join('')
}

const comment = (text: string, indent: string): string =>
  text
    .split('\n')
    .map((line) => `${indent}# ${line}\n`)
    .join('')

/** Quoted where YAML would take it for something else. */
function scalar(value: Yaml): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  const isPlain =
    /^(?:[A-Za-z_/][\w./:-]*|\d+(?:ms|s)|\$\{env:[^}]*\}\S*)$/.test(value) &&
    !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(value)
  return isPlain && !value.endsWith(':') ? value : `'${value.replaceAll("'", "''")}'`
}
