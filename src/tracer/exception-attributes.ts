import type { Attributes, Exception } from '@opentelemetry/api'
import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions'

/** Semantic conventions, "Exceptions"; empty where there is neither a type nor a message to tell, or none can be read. */
export function exceptionAttributes(exception: Exception | null | undefined): Attributes {
  try {
    return attributesOf(exception)
  } catch {
    return {}
  }
}

function attributesOf(exception: Exception | null | undefined): Attributes {
  if (!exception) return {}
  if (typeof exception === 'string') return { [ATTR_EXCEPTION_MESSAGE]: exception }
  const { code, name, message, stack } = exception
  const type = code ? code.toString() : name
  if (!type && !message) return {}
  return {
    ...(type && { [ATTR_EXCEPTION_TYPE]: type }),
    ...(message && { [ATTR_EXCEPTION_MESSAGE]: message }),
    ...(stack && { [ATTR_EXCEPTION_STACKTRACE]: stack }),
  }
}
