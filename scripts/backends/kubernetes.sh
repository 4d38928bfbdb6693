#!/usr/bin/env bash
# kubernetes-validate, which has the published schemas of Kubernetes' resources: 10 s, 144 MB.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
validate=$(program kubernetes)
[ ! -x "$validate" ] || exit 0
place=$(dirname "$(dirname "$validate")")
python3 -m venv --clear "$place"
"$place/bin/pip" install -q --disable-pip-version-check "kubernetes-validate==$(version_of kubernetes)"
