#!/usr/bin/env bash
# Puts DuckDB's official shared library where the build looks for it, because compiling DuckDB takes about 20 minutes
# on two cores and linking the library takes two.
#
#   .ci/libduckdb.sh            make .duckdb/lib/libduckdb.so (libduckdb.dylib on macOS) the pinned library
#   .ci/libduckdb.sh --folder   only print the folder that the linker is to use; nothing when DuckDB gets compiled
#
# It looks, in this order, at: DUCKDB_LIB_DIR if it is set, what is in place already, the cache folder, the system's
# library folders, the npm package, DuckDB's release page. When none has it, the build compiles DuckDB.
# What `cargo` has to be told is written to .duckdb/features: nothing, or `--features bundled`.
#
# Files that are copied or downloaded must have the pinned SHA-256. A library that the user or the system's
# administrator put in place may be another build, so there the version that it reports counts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=1.5.5
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64)
    platform=linux-x64 file=libduckdb.so npm_version=1.5.5-r.1 archive=libduckdb-linux-amd64.zip
    sha256=fc23f12e376c47be520f75221288281906e7942e8fd6f6ce4849198ba60d0405 ;;
  Linux-aarch64 | Linux-arm64)
    platform=linux-arm64 file=libduckdb.so npm_version=1.5.5-r.5 archive=libduckdb-linux-arm64.zip
    sha256=d00d007f3f7ca1f2896a5e4b89c2ce141bf0508506a9d6d56f9598b8e59d074e ;;
  Darwin-arm64)
    platform=darwin-arm64 file=libduckdb.dylib npm_version=1.5.5-r.5 archive=libduckdb-osx-universal.zip
    sha256=b9027d18ef3e8d960568f77e946a83ca68009cb22d71cf7f94de842afdd094d8 ;;
  Darwin-x86_64)
    platform=darwin-x64 file=libduckdb.dylib npm_version=1.5.5-r.5 archive=libduckdb-osx-universal.zip
    sha256=b9027d18ef3e8d960568f77e946a83ca68009cb22d71cf7f94de842afdd094d8 ;;
  *)
    platform=unsupported file=libduckdb.so npm_version='' archive='' sha256='' ;;
esac
# The official library is built against glibc.
if [[ -e /etc/alpine-release ]]; then platform=unsupported; fi

target=.duckdb/lib/$file
cached=${XDG_CACHE_HOME:-$HOME/.cache}/mxcp-actor/libduckdb/$version/$platform/$file

say() { echo "libduckdb: $*" >&2; }
fail() { say "$@"; exit 1; }

sha256_of() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

is_pinned() { [[ -f $1 && $(sha256_of "$1") == "$sha256" ]]; }

# Stops unless the file is the pinned library: a wrong one is never used, and never replaced behind the user's back.
require_pinned() {
  is_pinned "$1" || fail "$1 (from $2) is not DuckDB $version for $platform:" \
    "its SHA-256 is $(sha256_of "$1"), expected $sha256. Nothing was installed; remove the file and run this again."
}

# Whether a program linked against the library in this folder hears the right version from it.
has_right_version() {
  [[ -f $1/$file ]] || return 1
  local probe answer
  probe=$(mktemp -d)
  printf '%s\n' '#include <stdio.h>' 'extern const char *duckdb_library_version(void);' \
    'int main(void) { puts(duckdb_library_version()); return 0; }' >"$probe/probe.c"
  answer=$("${CC:-cc}" -o "$probe/probe" "$probe/probe.c" -L "$1" -lduckdb -Wl,-rpath,"$1" 2>/dev/null &&
    "$probe/probe" 2>/dev/null) || true
  rm -r "$probe"
  [[ $answer == "v$version" ]]
}

# Copies so that a reader sees the old file or the new one, never half of one.
copy_into_place() {
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.new.$$"
  mv -f "$2.new.$$" "$2"
}

# Writes what `cargo` has to be told, and ends.
finish() {
  mkdir -p .duckdb
  [[ -f .duckdb/features && $(<.duckdb/features) == "$1" ]] || echo "$1" >.duckdb/features
  exit 0
}

from_system() {
  local folder
  for folder in /usr/local/lib /usr/lib "/usr/lib/$(uname -m)-linux-gnu" /usr/lib64 /opt/homebrew/lib; do
    if has_right_version "$folder"; then
      mkdir -p "$(dirname "$target")"
      ln -sf "$folder/$file" "$target"
      say "linked $target to DuckDB $version in $folder"
      finish ""
    fi
  done
}

# Both download into the folder that they are given and print the path of the library that they found there.
# shellcheck disable=SC2317 # called by name, in `download`
from_npm() {
  command -v npm >/dev/null || return 1
  (cd "$1" && npm pack --silent --fetch-retries=1 --fetch-timeout=60000 \
    "@duckdb/node-bindings-$platform@$npm_version" >/dev/null 2>&1 </dev/null && tar -xzf ./*.tgz) || return 1
  echo "$1/package/$file"
}

# shellcheck disable=SC2317
from_release_page() {
  command -v curl >/dev/null || return 1
  curl --fail --silent --location --connect-timeout 10 --max-time 600 --output "$1/$archive" \
    "https://github.com/duckdb/duckdb/releases/download/v$version/$archive" || return 1
  if command -v unzip >/dev/null; then
    unzip -q "$1/$archive" "$file" -d "$1" || return 1
  else
    python3 -m zipfile -e "$1/$archive" "$1" || return 1
  fi
  echo "$1/$file"
}

download() {
  local source library
  scratch=$(mktemp -d) # not local: the trap reads it after this function has ended
  trap 'rm -rf "$scratch"' EXIT
  for source in npm release_page; do
    mkdir "$scratch/$source"
    if library=$("from_$source" "$scratch/$source") && [[ -f $library ]]; then
      require_pinned "$library" "${source//_/ }"
      copy_into_place "$library" "$cached"
      copy_into_place "$cached" "$target"
      say "downloaded DuckDB $version for $platform (${source//_/ }) to $target"
      finish ""
    fi
  done
}

if [[ ${1:-} == --folder ]]; then
  [[ -f .duckdb/features ]] || fail "run it without --folder first"
  if [[ -n $(<.duckdb/features) ]]; then exit 0; fi
  # The cache folder, where it has the library: one path for every checkout spares rebuilding what depends on it.
  if [[ -n ${DUCKDB_LIB_DIR:-} ]]; then echo "$DUCKDB_LIB_DIR"
  elif [[ ! -L $target && -f $cached ]]; then dirname "$cached"
  else echo "$PWD/.duckdb/lib"
  fi
  exit 0
fi

if [[ -n ${DUCKDB_LIB_DIR:-} ]]; then
  has_right_version "$DUCKDB_LIB_DIR" || fail "DUCKDB_LIB_DIR is $DUCKDB_LIB_DIR, which holds no $file of DuckDB" \
    "$version that a program can be linked with. Put it there, or unset DUCKDB_LIB_DIR."
  finish ""
fi
if [[ -L $target ]] && has_right_version "$(dirname "$target")"; then finish ""; fi
if [[ ! -L $target ]] && is_pinned "$target"; then finish ""; fi
# Found nothing before: do not ask the network again each time. Removing .duckdb makes it look again.
if [[ -f .duckdb/features && -n $(<.duckdb/features) ]]; then exit 0; fi
if [[ $platform != unsupported ]]; then
  if [[ -f $cached ]]; then
    require_pinned "$cached" "the cache"
    copy_into_place "$cached" "$target"
    say "copied DuckDB $version for $platform from the cache to $target"
    finish ""
  fi
  from_system
  download
else
  from_system
fi
say "found no library of DuckDB $version for $platform in DUCKDB_LIB_DIR, the cache, the system, npm or on the release" \
  "page: the build compiles DuckDB (--features bundled), about 20 minutes on two cores, once for each target folder" \
  "and profile. Remove the folder .duckdb to look again."
finish "--features bundled"
