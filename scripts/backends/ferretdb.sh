#!/usr/bin/env bash
# FerretDB on SQLite, which speaks MongoDB's protocol: 2 minutes, 34 MB. It ends at its start without a file that releases are built
# with, so the module is copied and gets one.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ ! -x "$(program ferretdb)" ] || exit 0
version=v$(version_of ferretdb)
work=$(mktemp -d "$cache/ferretdb-XXXXXX")
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"
GOTOOLCHAIN=local go mod init ferretdb-source
module=$(GOTOOLCHAIN=local go mod download -json "github.com/FerretDB/FerretDB@$version" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
cp -r "$module" source
chmod -R u+w source
cd source
echo "$version" >build/version/version.txt
go_build ferretdb ./cmd/ferretdb
