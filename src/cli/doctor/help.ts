export const DOCTOR_HELP = `Usage: spanwright doctor [options] [-- command]

Runs the app with tracing, and reports whether it is traced, by which settings, what was missed, and whether spans arrive.
Without a command: which settings apply here, and whether the endpoint takes a test span.

  spanwright doctor
  spanwright doctor -- node app.js
  spanwright doctor -- npm start

Options
  --wait-seconds N  end the app when a span has arrived, or after N seconds (30)
  --seconds N       let the app run for N seconds, whatever arrives, and end it then
  --until-exit      never end the app
  --no-start        do not start tracing: the app does it itself
  --json            one JSON object on stdout; what the app prints goes to stderr
  -h, --help        this text

Exit status: 0 when a span arrived (of the app, or without one the test span), 1 when none did, 2 for a wrong command line.
`
