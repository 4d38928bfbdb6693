import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { CODE, failure, isObject, type MessageId, type Response } from './json-rpc.js'

const LONGEST_LINE = 4_000_000

/** Answers one message: a server here, or a viewer that runs elsewhere. `undefined` where there is nothing to answer. */
export type Answer = (message: unknown, signal: AbortSignal) => Promise<Response | undefined>

/**
 * Speaks the Model Context Protocol over a pair of streams, one message a line, until the input ends. Requests are
 * answered as soon as each is ready. Nothing but messages may be written to the output.
 */
export async function serveStdio(answer: Answer, input: Readable, output: Writable): Promise<void> {
  const running = new Map<MessageId, AbortController>()
  const waiting = new Set<Promise<void>>()
  // An agent that has ended reads no answer; that is no reason to fail.
  output.on('error', () => undefined)

  const take = async (line: string): Promise<void> => {
    const message = parse(line)
    if (message === undefined) {
      write(output, failure(null, CODE.parse, 'this line is no JSON'))
      return
    }
    const id = isObject(message) ? (message.id as MessageId | undefined) : undefined
    cancelNamed(message, running)
    const controller = new AbortController()
    if (id !== undefined) running.set(id, controller)
    const response = await answer(message, controller.signal).catch((error: unknown) => {
      return id === undefined ? undefined : failure(id, CODE.internal, messageOf(error))
    })
    if (id !== undefined && running.get(id) === controller) running.delete(id)
    if (response !== undefined && !controller.signal.aborted) write(output, response)
  }
  for await (const line of linesOf(input)) {
    const one = take(line).finally(() => waiting.delete(one))
    waiting.add(one)
  }
  for (const controller of running.values()) controller.abort()
  await Promise.all(waiting)
}

function cancelNamed(message: unknown, running: ReadonlyMap<MessageId, AbortController>): void {
  if (!isObject(message) || message.method !== 'notifications/cancelled' || !isObject(message.params)) return
  running.get(message.params.requestId as MessageId)?.abort()
}

async function* linesOf(input: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of input as AsyncIterable<Buffer>) {
    rest += decoder.write(chunk)
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield line
    if (rest.length > LONGEST_LINE) rest = ''
  }
  if (rest.trim() !== '') yield rest
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function write(output: Writable, response: Response): void {
  output.write(`${JSON.stringify(response)}\n`)
}
