/** Why items are dropped for which there is no room, each with the bound that was met and what raises it. */
export interface NoRoom {
  /** As they came. */
  readonly queue: string
  /** Chosen among those that waited. */
  readonly outageBuffer: string
}

/** @param most spans that may wait for an exporter */
export function noRoomInQueue(most: number): NoRoom {
  const queue = `the queue of ${most} spans is full. Raise OTEL_BSP_MAX_QUEUE_SIZE (batch.maxQueueSize), or keep fewer traces.`
  return { queue, outageBuffer: queue }
}

interface BufferBounds {
  readonly outageBufferBytes: number
  /** Undefined where there is no spool. */
  readonly spoolMaxBytes: number | undefined
}

const RAISE_BUFFER = 'SPANWRIGHT_OUTAGE_BUFFER_BYTES (batch.outageBufferBytes)'

export function noRoomInBuffer({ outageBufferBytes, spoolMaxBytes }: BufferBounds): NoRoom {
  const buffer = `the outage buffer of ${bytesInWords(outageBufferBytes)}`
  return {
    queue: `they come faster than they are sent, and ${buffer} is full. Raise ${RAISE_BUFFER}.`,
    outageBuffer:
      spoolMaxBytes === undefined
        ? `${buffer} is full. Raise ${RAISE_BUFFER}, or let a folder take them: SPANWRIGHT_SPOOL_DIR (batch.spoolDirectory).`
        : `${buffer} is full, and the spool of ${bytesInWords(spoolMaxBytes)} takes no more. ` +
          `Raise SPANWRIGHT_SPOOL_MAX_BYTES (batch.spoolMaxBytes), or ${RAISE_BUFFER}.`,
  }
}

const MIB = 1_024 * 1_024

function bytesInWords(bytes: number): string {
  return `${Number((bytes / MIB).toFixed(1))} MiB`
}
