import { isIP } from 'node:net'
import {
  LOOPBACK_HOSTS,
  OTLP_PORTS,
  PortTakenError,
  startReceiver,
  type Receiver,
  type ReceiverOptions,
} from '../../viewer/receive/receiver.js'
import type { ViewArguments } from './arguments.js'

const [HTTP_PORT = 4318] = OTLP_PORTS

/**
 * Opens the ports that senders know, or the one that was asked for. Where another program has the first of them, an app
 * that is run from here can be sent to any; others could not find it.
 *
 * @throws PortTakenError
 */
export async function openPorts(
  given: Pick<ViewArguments, 'port' | 'host' | 'command'>,
  options: Omit<ReceiverOptions, 'ports' | 'hosts' | 'isOpenToNetwork'>,
  say: (line: string) => void,
): Promise<Receiver> {
  const { port, host, command } = given
  const open = (ports: readonly number[]): Promise<Receiver> =>
    startReceiver({
      ...options,
      ports,
      hosts: host === undefined ? LOOPBACK_HOSTS : [host],
      allowedHosts: [...(options.allowedHosts ?? []), ...(host === undefined ? [] : [host])],
      isOpenToNetwork: isOpenToNetwork(host),
    })
  if (port !== undefined) return await open([port])
  try {
    return await open(OTLP_PORTS)
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error
    if (error.port !== HTTP_PORT) {
      say(`${error.message}: gRPC is received at ${HTTP_PORT}, as HTTP is`)
      return await open([HTTP_PORT])
    }
    if (command.length === 0) throw error
    say(`${error.message}: the app sends to another one`)
    return await open([0])
  }
}

/** Whether others than this machine can reach it. */
export function isOpenToNetwork(host: string | undefined): boolean {
  if (host === undefined || host === 'localhost' || host === '::1') return false
  return isIP(host) === 0 || !host.startsWith('127.')
}
