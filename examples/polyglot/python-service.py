"""A service that answers with the context that it was called in, and calls the next one: http://127.0.0.1:PORT/anything."""

import os

import requests
from flask import Flask
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from werkzeug.serving import make_server

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
trace.set_tracer_provider(provider)
app = Flask(__name__)
FlaskInstrumentor().instrument_app(app)
RequestsInstrumentor().instrument()


@app.get("/<path:path>")
def answer(path):
    span = trace.get_current_span().get_span_context()
    answer = {
        "service": "python",
        "traceId": format(span.trace_id, "032x"),
        "isSampled": span.trace_flags.sampled,
        "traceState": span.trace_state.to_header(),
    }
    next_url = os.environ.get("NEXT_URL")
    if next_url:
        answer["next"] = requests.get(next_url, timeout=10).json()
    return answer


server = make_server("127.0.0.1", 0, app, threaded=True)
print("listening on", server.port, flush=True)
server.serve_forever()
