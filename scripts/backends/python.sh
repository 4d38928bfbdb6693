#!/usr/bin/env bash
# Python with Flask and requests, traced by OpenTelemetry, in an environment of its own: 1.5 minutes.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
python=$(program python)
[ ! -x "$python" ] || exit 0
version=$(version_of python)
# Python's environments can't be moved, so the name that is looked for comes last.
place=$(dirname "$(dirname "$python")")
python3 -m venv --clear "$place"
"$place/bin/pip" install -q --disable-pip-version-check flask==3.1.3 requests==2.34.2 \
  opentelemetry-{sdk,exporter-otlp,propagator-b3,propagator-jaeger}=="$version" \
  opentelemetry-instrumentation-{flask,requests}==0.66b1 opentelemetry-propagator-aws-xray==1.0.2
ln -s python "$python"
