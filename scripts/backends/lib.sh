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

# The jars that NAME/pom.xml asks for, in the version of NAME.
maven_jars() { # maven_jars NAME
  local jars part
  jars=$(program "$1")
  [ ! -d "$jars" ] || exit 0
  part=$(mktemp -d "$cache/$1-XXXXXX")
  trap "rm -rf '$part'" EXIT
  mvn -q -B -f "$recipes/$1/pom.xml" "-D$1=$(version_of "$1")" dependency:copy-dependencies \
    "-DoutputDirectory=$part/lib" -DincludeScope=runtime
  mkdir -p "$(dirname "$jars")"
  mv "$part/lib" "$jars"
}

# Debian's packages and what they need that is not there, unpacked and not installed, since their servers would start.
unpack_debian() { # unpack_debian FOLDER PACKAGE…
  local to=$1 part
  part=$(mktemp -d "$cache/debian-XXXXXX")
  (
    cd "$part"
    apt-get update -q
    apt-get download -q $(apt-get install -s --no-install-recommends "${@:2}" | awk '/^Inst/ && $3 !~ /^\[/ { print $2 }')
    for package in *.deb; do dpkg-deb -x "$package" .; done
    rm ./*.deb
  )
  rm -rf "$to"
  mv "$part" "$to"
}
