#!/usr/bin/env bash
# get.sh [--quick] [NAME…]: brings the programs that the tests in test/backends talk to into the cache folder
# (SPANWRIGHT_BACKENDS, else spanwright-backends in the user's own), and prints one line for each. What can't be had is no error:
# the tests that need it are skipped by name. --quick: leaves out what takes minutes to compile.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
minutes=${SPANWRIGHT_BACKENDS_MINUTES:-30}
slow=' collector jaeger prometheus ferretdb '
quick=
if [ "${1:-}" = --quick ]; then
  quick=1
  shift
fi
[ $# -gt 0 ] || set -- $(sed -n 's/^\([a-z]*\)=.*/\1/p' "$recipes/programs.env")

for name in "$@"; do
  if [ ! -f "$recipes/$name.sh" ] || [ -z "$(program "$name")" ]; then
    echo "get.sh: there is no program \"$name\"" >&2
    exit 2
  fi
  label="$name $(version_of "$name")"
  if [ -e "$(program "$name")" ]; then
    echo "$label: there"
  elif [ -n "$quick" ] && [[ $slow == *" $name "* ]]; then
    echo "$label: takes minutes to compile, so its tests are skipped; bash scripts/backends/get.sh $name"
  else
    log=$(mktemp)
    started=$SECONDS
    if timeout "${minutes}m" bash "$recipes/$name.sh" >"$log" 2>&1 && [ -e "$(program "$name")" ]; then
      echo "$label: ready after $((SECONDS - started)) s"
    elif [ $((SECONDS - started)) -ge $((minutes * 60)) ]; then
      echo "$label: not ready after $minutes minutes, so its tests are skipped (SPANWRIGHT_BACKENDS_MINUTES)"
    else
      echo "$label: can't be had, so its tests are skipped: $(grep -v '^\s*$' "$log" | tail -n 1)"
    fi
    rm -f "$log"
  fi
done
