import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { MapEdge, MapNode } from '../../analysis/many/service-map.js'
import type { WireMap } from '../../serve/wire.js'
import { colourClass } from '../parts/colours.js'
import { counted, duration, grouped } from '../parts/format.js'
import { useKeys } from '../parts/keys.js'
import { isNarrow } from '../parts/screen.js'
import { SelectionNote, selectionPath } from '../parts/selection.js'
import { useAnswer } from '../parts/use-answer.js'
import { go, location } from '../state/location.js'
import { termOf } from '../state/query-text.js'
import type { Layout } from './layout.js'

/** Larger maps are tables: nobody finds anything in so many boxes. */
const MOST_NODES = 60

/** Who calls whom, over all traces that the filter leaves. */
export function MapView(): JSX.Element {
  useKeys({
    Escape: () => {
      go({ ...location.peek(), view: { name: 'list' } })
    },
    w: () => {
      go({ ...location.peek(), view: { name: 'list' } })
    },
    f: () => {
      go({ ...location.peek(), view: { name: 'flame' } })
    },
  })
  const { value, error } = useAnswer<WireMap>(selectionPath('map'))
  return (
    <section class="panel" tabIndex={0} aria-labelledby="map-title">
      <h1 id="map-title">Who calls whom</h1>
      {error !== undefined && <p class="level error">{error}</p>}
      {value && (
        <SelectionNote
          selection={value}
          what="Each line: calls, how many of them failed, and the median time that callers waited."
        />
      )}
      {value && <ServiceMapView map={value} />}
    </section>
  )
}

/** Who calls whom in one trace. */
export function MapPart({ traceId }: { readonly traceId: string }): JSX.Element {
  const { value } = useAnswer<WireMap>(`/api/traces/${traceId}/map`)
  return (
    <section class="panel" tabIndex={0} aria-label="Services of this trace">
      {value && <ServiceMapView map={value} />}
    </section>
  )
}

function ServiceMapView({ map }: { readonly map: WireMap }): JSX.Element {
  const isDrawn = !isNarrow.value && map.nodes.length <= MOST_NODES && map.nodes.length > 0
  return (
    <>
      {isDrawn && <Drawing map={map} />}
      <MapTable map={map} />
    </>
  )
}

function Drawing({ map }: { readonly map: WireMap }): JSX.Element | null {
  const [placed, setPlaced] = useState<Layout>()
  useEffect(() => {
    let isCurrent = true
    void import('./layout.js').then(({ layoutOf }) => {
      if (isCurrent) setPlaced(layoutOf(map, labelOf))
    })
    return () => {
      isCurrent = false
    }
  }, [map])
  if (!placed) return null
  const nodes = new Map(map.nodes.map((node) => [node.id, node]))
  const edges = new Map(map.edges.map((edge) => [`${edge.from}\n${edge.to}`, edge]))
  return (
    <div class="map-box">
      <svg
        class="map"
        width={placed.width}
        height={placed.height}
        viewBox={`0 0 ${placed.width} ${placed.height}`}
        role="img"
        aria-label={`${counted(map.nodes.length, 'node')} and ${counted(map.edges.length, 'connection')}. The table below has the same.`}
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="8"
            refY="4"
            markerUnits="userSpaceOnUse"
            markerWidth="9"
            markerHeight="9"
            orient="auto-start-reverse"
          >
            <path d="M0 0 L8 4 L0 8 z" class="arrow" />
          </marker>
        </defs>
        {placed.edges.map(({ from, to, points, labelX, labelY }) => {
          const edge = edges.get(`${from}\n${to}`)
          if (!edge) return null
          return (
            <g key={`${from} ${to}`} class={`edge ${edge.failed > 0 ? 'failed' : ''}`}>
              <path
                d={points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(' ')}
                style={{ strokeWidth: `${Math.min(1 + Math.log10(Math.max(edge.weighted, 1)), 5)}px` }}
                marker-end="url(#arrow)"
              />
              <text x={labelX} y={labelY + 4}>
                {labelOf(edge)}
              </text>
            </g>
          )
        })}
        {placed.nodes.map(({ id, x, y, width, height }) => {
          const node = nodes.get(id)
          return (
            node && (
              <g
                key={id}
                class={`node ${node.kind} ${node.kind === 'service' ? colourClass(node.name) : ''}`}
                transform={`translate(${x - width / 2} ${y - height / 2})`}
                onClick={() => {
                  showTraces(node)
                }}
              >
                <rect width={width} height={height} rx={node.kind === 'service' ? 4 : 16} />
                <text x={width / 2} y={18} class="title">
                  {node.name}
                </text>
                <text x={width / 2} y={34} class="subtitle">
                  {node.kind === 'service' ? counted(node.spans, 'span') : node.kind}
                </text>
              </g>
            )
          )
        })}
      </svg>
    </div>
  )
}

/** `24 · 2 ✗ · 8 ms`: calls, of which failed, and the median; below five calls from least to most. */
function labelOf({ calls, weighted, failed, durations }: MapEdge): string {
  const count = Math.round(weighted) === calls ? grouped(calls) : `≈ ${grouped(weighted)}`
  const { p50Micros, minMicros, maxMicros } = durations
  const time =
    p50Micros !== undefined
      ? duration(p50Micros)
      : minMicros === maxMicros
        ? duration(minMicros)
        : `${duration(minMicros)}–${duration(maxMicros)}`
  return [count, ...(failed > 0 ? [`${grouped(failed)} ✗`] : []), time].join(' · ')
}

function showTraces(node: MapNode): void {
  if (node.kind === 'service') go({ view: { name: 'list' }, query: termOf('service', ':', node.name) })
}

function MapTable({ map }: { readonly map: WireMap }): JSX.Element {
  const names = new Map(map.nodes.map((node) => [node.id, node]))
  if (map.edges.length === 0) return <p class="none">No service calls another one here.</p>
  return (
    <table class="map-table">
      <caption class="off-screen">Connections</caption>
      <thead>
        <tr>
          <th scope="col">from</th>
          <th scope="col">to</th>
          <th scope="col" class="figure">
            calls
          </th>
          <th scope="col" class="figure">
            failed
          </th>
          <th scope="col" class="figure">
            p50
          </th>
          <th scope="col" class="figure wide">
            p95
          </th>
          <th scope="col" class="figure wide">
            network
          </th>
        </tr>
      </thead>
      <tbody>
        {map.edges.map((edge) => {
          const { durations, network } = edge
          return (
            <tr key={`${edge.from} ${edge.to}`}>
              <th scope="row">{names.get(edge.from)?.name ?? edge.from}</th>
              <td>
                {names.get(edge.to)?.name ?? edge.to}{' '}
                {names.get(edge.to)?.kind !== 'service' && <small>{names.get(edge.to)?.kind}</small>}
              </td>
              <td class="figure">
                {Math.round(edge.weighted) === edge.calls
                  ? grouped(edge.calls)
                  : `≈ ${grouped(edge.weighted)} (${grouped(edge.calls)} kept)`}
              </td>
              <td class="figure">
                {edge.failed > 0 ? <span class="level error">{grouped(edge.failed)} ✗</span> : '0'}
              </td>
              <td class="figure">
                {durations.p50Micros === undefined
                  ? `${duration(durations.minMicros)} – ${duration(durations.maxMicros)}`
                  : duration(durations.p50Micros)}{' '}
                <small>of {grouped(durations.count)}</small>
              </td>
              <td class="figure wide">{durations.p95Micros === undefined ? '' : duration(durations.p95Micros)}</td>
              <td class="figure wide">{network?.p50Micros === undefined ? '' : duration(network.p50Micros)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
