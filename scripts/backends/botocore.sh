#!/usr/bin/env bash
# botocore, AWS's own SDK for Python, which signs requests by another implementation: 10 s.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
python=$(program botocore)
[ ! -x "$python" ] || exit 0
place=$(dirname "$(dirname "$python")")
python3 -m venv --clear "$place"
"$place/bin/pip" install -q --disable-pip-version-check "botocore==$(version_of botocore)"
ln -s python "$python"
