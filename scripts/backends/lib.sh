# What all recipes share. Sourced, not run. Programs come by ordinary package clients into one folder outside of the
# repository, and nothing is installed system-wide.
set -euo pipefail
recipes=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SPANWRIGHT_BACKENDS:-${XDG_CACHE_HOME:-$HOME/.cache}/spanwright-backends}
bin=$cache/bin
mkdir -p "$bin"

program() { # program NAME: its path
  sed -n "s|^$1=|$cache/|p" "$recipes/programs.env"
}

version_of() { # version_of NAME
  sed -n "s|^$1=[^-]*-\(.*-\)*\([0-9.]*[0-9]\).*|\2|p" "$recipes/programs.env"
}

# The folder may be shared by several checkouts: a program is moved to its place when it is complete. Compiling takes minutes, so
# it leaves the processor to other work.
go_build() { # go_build NAME PACKAGE
  local to
  to=$(program "$1")
  nice -n 19 env GOTOOLCHAIN=local GOFLAGS="-buildvcs=false ${GOFLAGS:-}" go build -p 2 -trimpath -ldflags='-s -w' -o "$to.part" "$2"
  mv "$to.part" "$to"
}
