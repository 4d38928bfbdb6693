import protobuf, { type Field, type Type } from 'protobufjs'

type ReportProblem = (problem: string) => void

/** The fields that OTLP/JSON writes in hex, where ProtoJSON has base64 for every `bytes`. */
const HEX_FIELDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId'])

/** Like JSON.parse, but an integer too large for a number is kept exactly, as a string. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    const inexact = typeof value === 'number' && !Number.isSafeInteger(value)
    return inexact && context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value
  })
}

/**
 * Turns OTLP/JSON into the ProtoJSON that a protobuf library reads, and checks the rules in which OTLP is stricter.
 * A key that no field has is only reported: OTLP asks receivers to ignore it.
 *
 * Specification: OTLP, "JSON Protobuf Encoding".
 */
export function canonicalJson(type: Type, json: unknown, report: ReportProblem, path: string = type.name): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error(`${path} must be an object`)
  const known: [string, unknown][] = []
  for (const [key, value] of Object.entries(json)) {
    const field = type.fields[key]
    if (field === undefined) report(`unknown key ${path}.${key}`)
    else if (value !== null) known.push([key, canonicalField(field.resolve(), value, report, `${path}.${key}`)])
  }
  return Object.fromEntries(known)
}

function canonicalField(field: Field, value: unknown, report: ReportProblem, path: string): unknown {
  if (!field.repeated) return canonicalValue(field, value, report, path)
  if (!Array.isArray(value)) throw new Error(`${path} must be an array`)
  return value.map((item: unknown, index) => canonicalValue(field, item, report, `${path}[${index}]`))
}

function canonicalValue(field: Field, value: unknown, report: ReportProblem, path: string): unknown {
  if (field.resolvedType instanceof protobuf.Type) return canonicalJson(field.resolvedType, value, report, path)
  if (field.resolvedType instanceof protobuf.Enum && typeof value !== 'number') {
    throw new Error(`${path} must be an integer, got ${JSON.stringify(value)}`)
  }
  return HEX_FIELDS.has(field.name) ? base64FromHex(value, path) : value
}

function base64FromHex(value: unknown, path: string): string {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/i.test(value)) {
    throw new Error(`${path} must be hex, got ${JSON.stringify(value)}`)
  }
  return Buffer.from(value, 'hex').toString('base64')
}
