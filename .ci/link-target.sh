#!/usr/bin/env bash
# Makes what `cargo build` left in its target folder ready to start and easy to find: DuckDB's library beside the binary,
# and both reachable under target/ of the checkout when CARGO_TARGET_DIR points elsewhere.
#
#   .ci/link-target.sh release|debug
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

profile=${1:?"give the profile: release or debug"}
folder=$(cargo metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/$profile
files=(mxcp-actor)

library_folder=$(.ci/libduckdb.sh --folder)
if [[ -n $library_folder ]]; then
  for library in libduckdb.so libduckdb.dylib; do
    [[ -f $library_folder/$library ]] || continue
    files+=("$library")
    cmp -s "$library_folder/$library" "$folder/$library" && continue
    cp "$library_folder/$library" "$folder/$library.new.$$"
    mv -f "$folder/$library.new.$$" "$folder/$library"
  done
fi

mkdir -p "target/$profile"
if [[ ! "target/$profile" -ef $folder ]]; then
  for file in "${files[@]}"; do ln -sf "$folder/$file" "target/$profile/$file"; done
fi
