export const VIEW_HELP = `Usage: spanwright view [options] [FILE...] [-- command]

Receives traces by OTLP, shows them on a page of this machine, and says what is wrong with them. Nothing leaves the machine.

  spanwright view                             receives at 4318 and 4317; the page is http://127.0.0.1:4318/
  spanwright view -- npm run dev              runs the app as well, with everything set
  spanwright view trace.json                  opens files: OTLP JSON (also by lines), Jaeger JSON, Zipkin v2
  spanwright view --text --fail-on n+1 -- npm test    runs, prints what was found, and fails where it was an N+1

Receiving
  --port N            listen at this port alone, for HTTP and gRPC, instead of 4318 and 4317
  --host ADDRESS      listen at this address instead of loopback; then everything needs a token
  --token TOKEN       what senders and the page need; made up where --host needs one and none is given
  --allow-host NAME   a host name that requests may be addressed to, besides localhost
  --allow-origin URL  an origin whose pages may send spans, besides those of this machine
  --logs FILE         show a log's JSON lines beside the spans whose ids they carry
  --max-spans N       keep so many spans (250000), the newest traces
  --max-mb N          keep so many megabytes (512)
  --store FILE        keep traces in a file, over restarts
  --save FILE         write what arrives to a file, as OTLP JSON lines

Instead of the page, at the end
  --text              print findings and operations
  --json              print one JSON object; what the app prints goes to stderr
  --traces            each trace, too: all waterfalls, or what --json has of each
  --query QUERY       look only at traces that match: 'service:orders duration>200ms'
  --fail-on IDS       end with status 1 where a finding of such an id or level was found: n+1,error or warning
  --limit ID.FIELD=N  from when on a finding counts: n+1.count=10, slow-query.duration=200ms
  --baseline FILE     findings in this output of --json are known, and do not fail
  --github            write annotations for GitHub, too
  --allow-empty       with --fail-on: no span at all is no failure

For coding agents
  --mcp               speak the Model Context Protocol on stdin and stdout

  -h, --help          this text

Exit status: 0 fine, 1 --fail-on found something, 2 a wrong command line or a port that is taken, 3 no span arrived though
--fail-on was given, else the command's own.
`
