import { flatText } from '../../attributes.js'
import type { ReceivedResource } from '../../../model/received-span.js'

/** What tells the processes of a store apart. */
export function processKeyOf({ service, attributes }: ReceivedResource): string {
  const parts = ['service.instance.id', 'host.id', 'host.name', 'container.id', 'process.pid'].map((key) => {
    const value = attributes[key]
    return value === undefined ? '' : flatText(value)
  })
  return [service, ...parts].join('\n')
}
