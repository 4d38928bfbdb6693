// Headers that are made to be expensive, each as a list of lines.

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN_ID = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`

export const PLAIN = [
  ['traceparent', TRACEPARENT],
  ['tracestate', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
  ['baggage', 'tenant=acme,user=ann'],
]

/** The piece, made with numbers from 0, as often as there is room for it. */
function filled(room, piece, between = '') {
  const pieces = []
  let length = 0
  for (let i = 0; ; i++) {
    const next = piece(i)
    length += next.length + between.length
    if (length > room) return pieces.join(between)
    pieces.push(next)
  }
}

/** Newer versions of Node take no more. */
const MOST_LINES = 950

/** As many lines as there is room for, and Node takes. */
function lines(room, line) {
  const made = []
  let length = 0
  for (let i = 0; made.length < MOST_LINES; i++) {
    const [name, value] = line(i)
    length += name.length + value.length + 4
    if (length > room) break
    made.push([name, value])
  }
  return made
}

/** By name, for so many bytes of headers. */
export function hostileHeaders(room) {
  const trace = ['traceparent', TRACEPARENT]
  const of = (name, value) => [trace, [name, value]]
  return {
    'baggage: many members': of(
      'baggage',
      filled(room, (i) => `k${i}=v`, ','),
    ),
    'baggage: one key again and again': of(
      'baggage',
      filled(room, () => 'k=v', ','),
    ),
    'baggage: many properties': of('baggage', `k=v;${filled(room, (i) => `p${i}=v`, ';')}`),
    'baggage: members with properties': of(
      'baggage',
      filled(room, (i) => `k${i}=v;${'p;'.repeat(56)}p`, ','),
    ),
    'baggage: at its limit': of(
      'baggage',
      filled(8_192, (i) => `k${String(i).padStart(3, '0')}=${'v'.repeat(121)}`, ','),
    ),
    'baggage: at its limit, encoded': of(
      'baggage',
      filled(8_192, (i) => `k${String(i).padStart(3, '0')}=${'%C3%A4'.repeat(20)}`, ','),
    ),
    'baggage: percent signs': of(
      'baggage',
      filled(8_190, (i) => `k${i}=${'%'.repeat(120)}`, ','),
    ),
    'baggage: commas': of('baggage', ','.repeat(room)),
    'baggage: semicolons': of('baggage', `k=v${';'.repeat(room)}`),
    'baggage: blanks': of('baggage', `k=v,${' '.repeat(room)},a=b`),
    'baggage: blanks between': of(
      'baggage',
      filled(room, () => ' \t', ','),
    ),
    'baggage: illegal members': of(
      'baggage',
      filled(room, (i) => `"${i}"`, ','),
    ),
    'baggage: one long value': of('baggage', `k=${'v'.repeat(room)}`),
    'baggage: one long key': of('baggage', `${'k'.repeat(room)}=v`),
    'baggage: repeated headers': [trace, ...lines(room, (i) => ['baggage', `k${i}=v`])],
    'tracestate: many members': of(
      'tracestate',
      filled(room, (i) => `k${i}=v`, ','),
    ),
    'tracestate: long members': of(
      'tracestate',
      filled(Math.min(room, 16_000), (i) => `k${i}=${'v'.repeat(250)}`, ','),
    ),
    'tracestate: commas': of('tracestate', ','.repeat(room)),
    'tracestate: blanks between': of(
      'tracestate',
      filled(room, () => ' \t', ','),
    ),
    'tracestate: blanks': of('tracestate', `a=b,${' '.repeat(room)},c=d`),
    'tracestate: repeated headers': [trace, ...lines(room, (i) => ['tracestate', `k${i}=v`])],
    'tracestate: fields of ot': of(
      'tracestate',
      `ot=${'a:b;'.repeat(60)}th:8,${filled(room - 400, (i) => `k${i}=v`, ',')}`,
    ),
    'traceparent: long': [['traceparent', `01-${TRACE_ID}-${SPAN_ID}-01-${'a'.repeat(room)}`]],
    'traceparent: commas': [['traceparent', `01-${TRACE_ID}-${SPAN_ID}-01-${filled(room, () => ' 0', ',')}`]],
    'traceparent: blanks': [['traceparent', `${TRACEPARENT}x${' '.repeat(room)}x`]],
    'traceparent: repeated headers': lines(room, () => trace),
    'b3: hex digits': [['b3', 'a'.repeat(room)]],
    'b3: ids without an end': [['b3', filled(room, () => `${'a'.repeat(32)}-`)]],
    'x-b3-traceid: hex digits': [
      ['x-b3-traceid', 'a'.repeat(room / 2)],
      ['x-b3-spanid', 'A'.repeat(room / 2 - 100)],
      ['x-b3-sampled', '1'],
    ],
    'jaeger: colons': [['uber-trace-id', ':'.repeat(room)]],
    'jaeger: encoded colons': [['uber-trace-id', '%3a'.repeat(room / 3)]],
    'jaeger: long parent': [['uber-trace-id', `${TRACE_ID}:${SPAN_ID}:${'a'.repeat(room)}:01`]],
    'jaeger: baggage': [trace, ...lines(room, (i) => [`uberctx-${i}`, 'v'])],
    'jaeger: baggage at its limit': [trace, ...lines(9_000, (i) => [`uberctx-k${i}`, '%C3%A4'.repeat(19)])],
    'x-ray: semicolons': [['x-amzn-trace-id', ';'.repeat(room)]],
    'x-ray: roots': [
      ['x-amzn-trace-id', filled(room, () => `Root=1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)}`, ';')],
    ],
    'x-ray: blanks': [['x-amzn-trace-id', filled(room, () => '  ', ';')]],
    'datadog: origin': [
      ['x-datadog-trace-id', '1'],
      ['x-datadog-parent-id', '2'],
      ['x-datadog-sampling-priority', '1'],
      ['x-datadog-origin', ';'.repeat(room)],
    ],
    'datadog: tags': [
      ['x-datadog-trace-id', '1'],
      ['x-datadog-parent-id', '2'],
      ['x-datadog-tags', filled(512, (i) => `_dd.p.${i}=1`, ',')],
    ],
    'datadog: long tags': [
      ['x-datadog-trace-id', '1'],
      ['x-datadog-parent-id', '2'],
      ['x-datadog-tags', filled(room, (i) => `_dd.p.${i}=1`, ',')],
    ],
    'datadog: digits': [
      ['x-datadog-trace-id', '1'.repeat(room / 2)],
      ['x-datadog-parent-id', '2'.repeat(room / 2 - 100)],
    ],
    'many headers': [trace, ...lines(room, (i) => [`x-${i}`, 'v'])],
    'host: labels': [trace, ['host', `${filled(room, () => 'a', '.')}.1`]],
    'host: long': [trace, ['host', 'a'.repeat(room)]],
    'x-forwarded-host: labels': of(
      'x-forwarded-host',
      filled(room, () => 'a', '.'),
    ),
    'x-forwarded-for: commas': of('x-forwarded-for', ','.repeat(room)),
    'x-forwarded-for: addresses': of(
      'x-forwarded-for',
      filled(room, (i) => `10.0.0.${i % 256}`, ','),
    ),
    'x-forwarded-proto: long': of('x-forwarded-proto', 'a'.repeat(room)),
    'forwarded: pairs': of(
      'forwarded',
      filled(room, (i) => `for=10.0.0.${i % 256};proto=http`, ','),
    ),
    'forwarded: semicolons': of('forwarded', `for=a${';for=a'.repeat(room / 6)}`),
    'forwarded: quotes': of('forwarded', `for="${'\\"'.repeat(room / 2)}"`),
    'user-agent: long': of('user-agent', 'Mozilla/5.0 ('.repeat(room / 13)),
  }
}
