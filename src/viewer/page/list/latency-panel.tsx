import { computed, signal } from '@preact/signals'
import type { JSX, TargetedPointerEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { TraceRow } from '../../serve/wire.js'
import { colourIndex, readColour, readColours } from '../parts/colours.js'
import { clockTime, duration, grouped } from '../parts/format.js'
import { isNarrow } from '../parts/screen.js'
import { rows } from '../state/live.js'
import { amend, go, location } from '../state/location.js'
import { withDurations } from '../state/query-text.js'
import { theme } from '../state/theme.js'
import { DifferencePanel } from './difference-panel.js'
import { binned, logScale, percentile } from './scales.js'
import { durationOf } from './shown-rows.js'

const HEIGHT = 110
const BINS = 40
/** On a telephone the list comes first. */
const isOpen = signal<boolean | undefined>(undefined)

const answered = computed(() => rows.value.filter((row) => durationOf(row) !== undefined))
const scale = computed(() => logScale(answered.value.map((row) => durationOf(row) ?? 0)))

export function LatencyPanel(): JSX.Element {
  const isShown = isOpen.value ?? !isNarrow.value
  return (
    <section class="latency" aria-labelledby="latency-title">
      <h2 id="latency-title">
        <button
          type="button"
          aria-expanded={isShown}
          onClick={() => {
            isOpen.value = !isShown
          }}
        >
          Latency <span aria-hidden="true">{isShown ? '▾' : '▸'}</span>
        </button>
        <Percentiles />
      </h2>
      {isShown && (
        <div class="charts">
          <Scatter />
          <Histogram />
        </div>
      )}
      {isShown && <DifferencePanel />}
    </section>
  )
}

function Percentiles(): JSX.Element {
  const sorted = answered.value.map((row) => durationOf(row) ?? 0).sort((a, b) => a - b)
  const parts = ([50, 95, 99] as const).flatMap((share) => {
    const value = percentile(sorted, share / 100)
    return value === undefined ? [] : [`p${share} ${duration(value)}`]
  })
  const [least] = sorted
  const most = sorted.at(-1)
  if (parts.length === 0 && least !== undefined && most !== undefined)
    parts.push(`${duration(least)} – ${duration(most)}`)
  return <small>{parts.length > 0 ? `${parts.join(' · ')} of ${grouped(sorted.length)}` : ''}</small>
}

/** Each trace a dot: when it began, and how long it took. A rectangle that is drawn filters the list. */
function Scatter(): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(600)
  const [drag, setDrag] = useState<readonly [number, number, number, number]>()
  const [near, setNear] = useState<TraceRow>()
  const points = answered.value
  const { value: axis } = scale
  const from = points.reduce((least, { startMicros }) => Math.min(least, startMicros), Infinity)
  const to = points.reduce((most, { startMicros }) => Math.max(most, startMicros), -Infinity)
  const span = Math.max(to - from, 1)
  const left = 44
  const bottom = 18
  const x = (micros: number): number => left + 6 + ((micros - from) / span) * (width - left - 14)
  const y = (micros: number): number => 6 + (1 - axis.place(micros)) * (HEIGHT - bottom - 12)
  const timeAt = (px: number): number => from + ((px - left - 6) / (width - left - 14)) * span
  const durationAt = (py: number): number => axis.value(1 - (py - 6) / (HEIGHT - bottom - 12))

  useEffect(() => {
    const element = canvas.current?.parentElement
    if (!element) return
    const observer = new ResizeObserver(() => {
      setWidth(element.clientWidth)
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [])

  const { brush } = location.value
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    const ratio = window.devicePixelRatio
    element.width = width * ratio
    element.height = HEIGHT * ratio
    context.scale(ratio, ratio)
    const ink = readColour('--muted')
    const line = readColour('--line')
    const failed = readColour('--error')
    const services = readColours()
    context.font = '11px system-ui, sans-serif'
    context.textBaseline = 'middle'
    const every = Math.ceil(axis.ticks.length / 5)
    axis.ticks.forEach((tick, index) => {
      if (index % every !== 0) return
      context.strokeStyle = line
      context.beginPath()
      context.moveTo(left, Math.round(y(tick)) + 0.5)
      context.lineTo(width, Math.round(y(tick)) + 0.5)
      context.stroke()
      context.fillStyle = ink
      context.textAlign = 'right'
      context.fillText(duration(tick), left - 4, y(tick))
    })
    if (points.length > 0) {
      context.fillStyle = ink
      context.textAlign = 'left'
      context.fillText(clockTime(from), left, HEIGHT - 7)
      context.textAlign = 'right'
      context.fillText(clockTime(to), width - 4, HEIGHT - 7)
    }
    for (const row of points) {
      const [px, py] = [x(row.startMicros), y(durationOf(row) ?? 0)]
      context.globalAlpha = !brush || (row.startMicros >= brush[0] && row.startMicros <= brush[1]) ? 0.85 : 0.2
      if (row.hasError) {
        context.strokeStyle = failed
        context.lineWidth = 2
        context.beginPath()
        context.moveTo(px - 3, py - 3)
        context.lineTo(px + 3, py + 3)
        context.moveTo(px + 3, py - 3)
        context.lineTo(px - 3, py + 3)
        context.stroke()
        context.lineWidth = 1
      } else {
        context.fillStyle = services[colourIndex(row.service)] ?? ink
        context.beginPath()
        context.arc(px, py, 2.5, 0, Math.PI * 2)
        context.fill()
      }
    }
    context.globalAlpha = 1
  })

  const nearest = (px: number, py: number): TraceRow | undefined => {
    let best: TraceRow | undefined
    let distance = 10
    for (const row of points) {
      const away = Math.hypot(x(row.startMicros) - px, y(durationOf(row) ?? 0) - py)
      if (away < distance) [best, distance] = [row, away]
    }
    return best
  }
  const release = (): void => {
    if (!drag) return
    const [x0, y0, x1, y1] = drag
    setDrag(undefined)
    if (Math.hypot(x1 - x0, y1 - y0) < 5) {
      const row = nearest(x1, y1)
      if (row) go({ view: { name: 'trace', traceId: row.traceId, part: 'waterfall' } })
      else amend({ brush: undefined, query: withDurations(location.peek().query, undefined) })
      return
    }
    amend({
      brush: [timeAt(Math.min(x0, x1)), timeAt(Math.max(x0, x1))],
      query: withDurations(location.peek().query, [durationAt(Math.max(y0, y1)), durationAt(Math.min(y0, y1))]),
    })
  }
  return (
    <div
      class="scatter"
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        event.currentTarget.setPointerCapture(event.pointerId)
        const [px, py] = [event.clientX - box.left, event.clientY - box.top]
        setDrag([px, py, px, py])
      }}
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        const [px, py] = [event.clientX - box.left, event.clientY - box.top]
        if (drag) setDrag([drag[0], drag[1], px, py])
        else setNear(nearest(px, py))
      }}
      onPointerUp={release}
      onPointerCancel={() => {
        setDrag(undefined)
      }}
      onPointerLeave={() => {
        setNear(undefined)
      }}
      title={
        near && `${near.service} ${near.name} · ${duration(durationOf(near) ?? 0)} · ${clockTime(near.startMicros)}`
      }
    >
      <canvas
        ref={canvas}
        role="img"
        class={near ? 'near' : ''}
        aria-label={`Duration of ${grouped(points.length)} traces over time. The list below has the same figures.`}
        style={{ width: `${width}px`, height: `${HEIGHT}px` }}
        data-theme={theme.value}
      />
      {drag && (
        <div
          class="brush"
          style={{
            left: `${Math.min(drag[0], drag[2])}px`,
            top: `${Math.min(drag[1], drag[3])}px`,
            width: `${Math.abs(drag[2] - drag[0])}px`,
            height: `${Math.abs(drag[3] - drag[1])}px`,
          }}
        />
      )}
    </div>
  )
}

/** How many traces took how long. A drawn range filters the list by duration. */
function Histogram(): JSX.Element {
  const [drag, setDrag] = useState<readonly [number, number]>()
  const { value: axis } = scale
  const counts = binned(
    answered.value.map((row) => durationOf(row) ?? 0),
    axis,
    BINS,
  )
  const failed = binned(
    answered.value.filter(({ hasError }) => hasError).map((row) => durationOf(row) ?? 0),
    axis,
    BINS,
  )
  const most = Math.max(...counts, 1)
  const placeOf = (event: TargetedPointerEvent<SVGSVGElement>): number => {
    const box = event.currentTarget.getBoundingClientRect()
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1)
  }
  const release = (): void => {
    if (!drag) return
    setDrag(undefined)
    const [a, b] = [Math.min(...drag), Math.max(...drag)]
    const range = b - a < 0.01 ? undefined : ([axis.value(a), axis.value(b)] as const)
    amend({ query: withDurations(location.peek().query, range) })
  }
  return (
    <div class="histogram">
      <svg
        viewBox={`0 0 ${BINS} 100`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`How many of ${grouped(answered.value.length)} traces took how long`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrag([placeOf(event), placeOf(event)])
        }}
        onPointerMove={(event) => {
          if (drag) setDrag([drag[0], placeOf(event)])
        }}
        onPointerUp={release}
      >
        {counts.map((count, bin) => (
          <g key={bin}>
            <rect x={bin + 0.08} y={100 - (count / most) * 96} width={0.84} height={(count / most) * 96} class="bin" />
            <rect
              x={bin + 0.08}
              y={100 - ((failed[bin] ?? 0) / most) * 96}
              width={0.84}
              height={((failed[bin] ?? 0) / most) * 96}
              class="bin failed"
            />
          </g>
        ))}
        {drag && (
          <rect
            x={Math.min(...drag) * BINS}
            y={0}
            width={Math.abs(drag[1] - drag[0]) * BINS}
            height={100}
            class="brush"
          />
        )}
      </svg>
      <div class="ticks" aria-hidden="true">
        <span>{duration(axis.from)}</span>
        <span>{duration(Math.sqrt(axis.from * axis.to))}</span>
        <span>{duration(axis.to)}</span>
      </div>
    </div>
  )
}
