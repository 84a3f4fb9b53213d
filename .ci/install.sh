#!/usr/bin/env bash
# Installs what the build and the tests need and this machine lacks; says nothing when nothing is missing.
#
#   .ci/install.sh          programs of the system (Debian packages, as root or with sudo), then the test tools
#   .ci/install.sh build    what the build needs of the system, and nothing else; without apt-get nothing
#   .ci/install.sh tools    the test tools only: no root, nothing outside the cache folder and two links in tests/
#
# The test tools (Node.js, the MCP conformance suites, the official SDKs) are pinned by the lock files in tests/tools/.
# They live under ${XDG_CACHE_HOME:-$HOME/.cache}/mxcp-actor/tools/, in a folder for each state of a lock file, so that
# checkouts of different ages do not disturb each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/sbin:/sbin" # where servers live, which is not on every user's PATH

tools=${XDG_CACHE_HOME:-$HOME/.cache}/mxcp-actor/tools

say() { echo "install: $*" >&2; }
fail() { say "$@"; exit 1; }

# --- Programs of the system ---

has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null; }

has_chromium() { command -v chromium-headless-shell || command -v chromium || command -v google-chrome; } >/dev/null

has_openssl() { [[ -n ${OPENSSL_DIR:-}${OPENSSL_LIB_DIR:-} ]] || pkg-config --exists openssl; }

# Prints the Debian packages of what the build needs and is missing, a line each. OpenSSL is for the connections to PostgreSQL.
missing_for_build() {
  command -v cc >/dev/null && command -v c++ >/dev/null && command -v make >/dev/null || echo build-essential
  command -v pkg-config >/dev/null || echo pkg-config
  has_openssl 2>/dev/null || echo libssl-dev
  command -v curl >/dev/null || command -v npm >/dev/null || printf '%s\n' ca-certificates curl
}

# The same for the tests.
missing_for_tests() {
  missing_for_build
  command -v curl >/dev/null || echo curl
  command -v npm >/dev/null || printf '%s\n' nodejs npm
  python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  command -v nginx >/dev/null || echo nginx
  has_postgresql || echo postgresql
  type -P kill >/dev/null || echo procps
  command -v sqlite3 >/dev/null || echo sqlite3
  has_chromium || echo chromium-headless-shell
}

# install_packages LIST: installs with apt-get what the function LIST prints.
install_packages() {
  local packages as_root=()
  packages=$("$1" | tr '\n' ' ')
  [[ -n $packages ]] || return 0
  if ! command -v apt-get >/dev/null; then
    fail "this machine has no apt-get; install what these Debian packages hold, then run this again: $packages"
  fi
  if [[ $(id -u) -ne 0 ]]; then
    if ! { command -v sudo && sudo -n true; } >/dev/null 2>&1; then
      fail "only root can install packages, and sudo is not available without a password. As root:" \
        "apt-get update && apt-get install -y --no-install-recommends $packages"
    fi
    as_root=(sudo -n)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600)
  say "installing $packages"
  "${as_root[@]}" update
  # shellcheck disable=SC2086 # a list of words
  "${as_root[@]}" install -y --no-install-recommends $packages >/dev/null
  packages=$("$1" | tr '\n' ' ')
  [[ -z $packages ]] || fail "still missing after the installation: $packages"
}

require_cargo() { command -v cargo >/dev/null || fail "cargo is missing: install Rust with rustup, then run this again"; }

install_for_build() {
  require_cargo
  # Elsewhere the build itself says what it lacks, and may find it where no Debian package puts it.
  command -v apt-get >/dev/null || return 0
  install_packages missing_for_build
}

install_for_tests() {
  require_cargo
  install_packages missing_for_tests
}

# --- Test tools ---

fingerprint() { cat "$@" | if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-12; }

install_node_packages() {
  npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
}

install_python_packages() {
  python3 -m venv "$1/.venv" &&
    "$1/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$1/requirements.txt" &&
    "$1/.venv/bin/python" -m pip check >/dev/null
}

# provide KIND LINK FILE...: a folder made from these files of tests/tools/, and tests/LINK pointing into it. A folder is
# built under another name and renamed when it is whole, so that an interrupted installation leaves nothing half done.
provide() {
  local kind=$1 link=$2 folder
  shift 2
  folder=$tools/$kind-$(cd tests/tools && fingerprint "$@")
  if [[ ! -d $folder ]]; then
    say "installing the test tools for $kind, once for this state of tests/tools/"
    mkdir -p "$folder.new.$$"
    (cd tests/tools && cp "$@" "$folder.new.$$/")
    "install_${kind}_packages" "$folder.new.$$" </dev/null || {
      rm -rf "$folder.new.$$"
      fail "the test tools for $kind could not be installed, see above"
    }
    # Another installation may have been faster.
    if [[ -d $folder ]]; then rm -rf "$folder.new.$$"; else mv "$folder.new.$$" "$folder"; fi
  fi
  ln -sfn "$folder/$link" "tests/$link"
}

install_tools() {
  command -v npm >/dev/null || fail "npm is missing; as root: apt-get install -y nodejs npm"
  python3 -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv is missing; as root: apt-get install -y python3-venv"
  provide node node_modules package.json package-lock.json .npmrc
  provide python .venv requirements.txt
}

case ${1:-all} in
  all) install_for_tests; install_tools ;;
  build) install_for_build ;;
  tools) install_tools ;;
  *) fail "unknown argument $1; give nothing, or: build, tools" ;;
esac
