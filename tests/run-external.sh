#!/usr/bin/env bash
# Runs against the built server what other people wrote: the MCP conformance suites and the official SDKs' clients.
#
#   tests/run-external.sh BINARY            everything
#   tests/run-external.sh BINARY SUITE...   some of: conformance stateless authorization anonymous login documents machines enterprise pages github oidc stdio replicas
#
# Each server runs on a loopback port of its own, in a throw-away copy of its project, with a HOME of its own. A baseline lists
# the conformance failures that are known; a failure that is not listed fails, and so does a listed one that now passes.
# In the end everything that the servers wrote and answered is searched for every secret that was used.
# After a failure the logs stay, and their ends are printed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The project without authentication, a tool of it, and a value or a whole text that the tool answers with.
open_project=tests/conformance/project
open_call=(--tool test_simple_text --expect "This is a simple text response for testing.")
# A resource and a prompt of the same project, and their texts.
open_offers=(--resource test://static-text --resource-expect "This is the content of the static text resource."
  --prompt test_prompt_with_arguments --prompt-arguments '{"arg1": "one", "arg2": "two"}'
  --prompt-expect "Prompt with arguments: arg1='one', arg2='two'" --complete par --complete-expect '["paris", "park", "party"]')
# The project with a login, the user who signs in, and a tool whose answer holds that user's name.
login_project=config/demo
login_call=(--tool get_user_profile --username testuser --password testpass --expect testuser)

# More than anything needs on a machine that does much else; reached only when something hangs.
seconds_to_start=120
seconds_to_stop=60
seconds_per_program=600

refuse() { echo "run-external: $*" >&2; exit 2; }

suites=(conformance stateless authorization anonymous login pages documents machines enterprise github oidc stdio replicas)
[[ $# -ge 1 ]] || refuse "give the server's binary, and suites if not all are meant: ${suites[*]}"
[[ -f $1 && -x $1 ]] || refuse "$1 is not a program; make test builds it"
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
for suite in "$@"; do
  [[ " ${suites[*]} " == *" $suite "* ]] || refuse "there is no suite $suite"
done
if [[ $# -ge 1 ]]; then suites=("$@"); fi

.ci/install.sh tools
export PYTHONDONTWRITEBYTECODE=1
python=tests/.venv/bin/python
node=$(compgen -G 'tests/node_modules/node-*-*/bin/node' || command -v node)
[[ $("$node" -p 'process.versions.node.split(".")[0]') -ge 22 ]] || refuse "Node.js 22 or newer is needed, $node is older"

logs=$(mktemp -d "${TMPDIR:-/tmp}/mxcp-actor-external.XXXXXX")
# Clients and stand-ins write their secrets into the one, and what servers leave behind is copied to the other, to be searched for them.
export CANARY_FILE=$logs/canaries EVIDENCE_FOLDER=$logs/evidence PYTHONPATH=$PWD/tests/canaries
: >"$CANARY_FILE"
total_passed=0 total_failed=0 total_skipped=0
server='' url=''

# --- The server ---

# start_server PROJECT: copies the project, starts the binary on it, on a port that the system chooses, and sets `url` once
# it listens and is healthy.
start_server() {
  local folder=$logs/${1//\//-}
  local log=$folder.server.log
  mkdir -p "$logs/home" && cp -R "$1" "$folder"
  : >"$log" # read before the server has it
  (
    cd "$folder"
    export HOME="$logs/home" MXCP_DEBUG=1 MXCP_ADMIN_ENABLED=1 MXCP_ADMIN_SOCKET=admin.sock
    if [[ -f config.yml ]]; then export MXCP_CONFIG=config.yml; fi
    exec "$binary" serve --port 0
  ) >"$log" 2>&1 </dev/null &
  server=$!
  if is_healthy "$log"; then return; fi
  echo "the server for $1 did not become healthy in $seconds_to_start seconds, or ended:" >&2
  tail -n 30 "$log" | sed 's/^/    /' >&2
  exit 1
}

# Polls the log for the server's address, and then /health, until it answers, the server ends, or the time is over.
is_healthy() {
  local deadline=$((SECONDS + seconds_to_start)) port
  until port=$(sed -n 's/.*listening on http:.*:\([0-9]*\)$/\1/p' "$1") && [[ -n $port ]] &&
    curl --fail --silent --max-time 10 --output /dev/null "http://localhost:$port/health"; do
    kill -0 "$server" 2>/dev/null && ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
  url=http://localhost:$port/mcp
}

# Asks the server to stop and waits for it; a server that does not is killed, and that is a failure.
stop_server() {
  local deadline=$((SECONDS + seconds_to_stop)) ended=$server
  [[ -n $server ]] || return 0
  server=''
  kill "$ended" 2>/dev/null || true
  while kill -0 "$ended" 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      kill -9 "$ended" 2>/dev/null || true
      wait "$ended" 2>/dev/null || true
      echo "the server did not stop within $seconds_to_stop seconds" >&2
      return 1
    fi
    sleep 0.1
  done
  wait "$ended" 2>/dev/null || true
}

# --- Running and counting ---

bounded() {
  if command -v timeout >/dev/null; then timeout --kill-after=5 "$seconds_per_program" "$@"; else "$@"; fi
}

# summarize NAME PASSED FAILED SKIPPED: the suite's line, added to the totals.
summarize() {
  local skipped=''
  if [[ $4 -gt 0 ]]; then skipped=", $4 known failures skipped"; fi
  echo "  $1: $2 passed, $3 failed$skipped"
  total_passed=$((total_passed + $2)) total_failed=$((total_failed + $3)) total_skipped=$((total_skipped + $4))
}

# conformance VERSION PACKAGE OPTION...: one run of the suite's server tests against `url`, judged by its baseline.
conformance() {
  local name="conformance $1" baseline=tests/conformance/baseline-$1.yml results=$logs/conformance-$1
  local package=tests/node_modules/$2/dist/index.js log=$logs/conformance-$1.log
  local status=0 counts
  shift 2
  bounded "$node" "$package" server --url "$url" "$@" --expected-failures "$baseline" --output-dir "$results" \
    >"$log" 2>&1 </dev/null || status=$?
  counts=$("$node" tests/conformance/report.mjs "$results" "$log" "$status")
  # shellcheck disable=SC2086 # three numbers
  summarize "$name" $counts
}

# client NAME PROGRAM...: one client program, which passes when it exits with 0.
client() {
  local name=$1 log=$logs/client-${1//[^a-z0-9]/-}.log
  shift
  if bounded "$@" >"$log" 2>&1 </dev/null; then
    clients_passed=$((clients_passed + 1))
  else
    clients_failed=$((clients_failed + 1))
    echo "  FAILED: $name"
    tail -n 40 "$log" | sed 's/^/    /'
  fi
}

# --- The suites ---

run_conformance() { conformance 0.1.16 conformance --suite all; }

run_stateless() { conformance 0.2.0-alpha.12 conformance-alpha --scenario server-stateless; }

# The suite's own client logs a user in, who is a program, too.
run_authorization() {
  PYTHONPATH=$PYTHONPATH:tests/interop/python run_counted "conformance authorization" "$logs/authorization.out" \
    "$python" tests/conformance/authorization.py "$node" tests/node_modules/conformance-alpha/dist/index.js "$url" "$logs/authorization"
}

run_anonymous() {
  local clients_passed=0 clients_failed=0
  local python_client=("$python" tests/interop/python/anonymous.py "$url" "${open_call[@]}" "${open_offers[@]}")
  local typescript_v1=("$node" tests/interop/typescript-v1/anonymous.mjs "$url" "${open_call[@]}" "${open_offers[@]}")
  local typescript_v2=("$node" tests/interop/typescript-v2/anonymous.mjs "$url" "${open_call[@]}" "${open_offers[@]}")
  client "anonymous python auto" "${python_client[@]}" --mode auto
  client "anonymous python legacy" "${python_client[@]}" --mode legacy
  client "anonymous typescript-v1" "${typescript_v1[@]}"
  client "anonymous typescript-v2 modern" "${typescript_v2[@]}" --mode modern
  client "anonymous typescript-v2 legacy" "${typescript_v2[@]}" --mode legacy
  summarize "clients without login" "$clients_passed" "$clients_failed" 0
}

run_login() {
  local clients_passed=0 clients_failed=0
  local python_client=("$python" tests/interop/python/login.py "$url" "${login_call[@]}")
  local typescript_v1=("$node" tests/interop/typescript-v1/login.mjs "$url" "${login_call[@]}")
  local typescript_v2=("$node" tests/interop/typescript-v2/login.mjs "$url" "${login_call[@]}")
  client "login python auto public" "${python_client[@]}" --mode auto --client-authentication none
  client "login python by address" "${python_client[@]/localhost/127.0.0.1}" --mode auto --client-authentication none
  client "login python legacy post" "${python_client[@]}" --mode legacy --client-authentication client_secret_post
  client "login typescript-v1 public" "${typescript_v1[@]}" --client-authentication none
  client "login typescript-v1 basic" "${typescript_v1[@]}" --client-authentication client_secret_basic
  client "login typescript-v2 modern public" "${typescript_v2[@]}" --mode modern --client-authentication none
  client "login typescript-v2 legacy post" "${typescript_v2[@]}" --mode legacy --client-authentication client_secret_post
  client "login typescript-v2 modern public bound" "${typescript_v2[@]}" --mode modern --client-authentication none --dpop
  client "login typescript-v2 legacy basic bound" "${typescript_v2[@]}" --mode legacy \
    --client-authentication client_secret_basic --dpop
  client "login typescript-v1 key RS256" "${typescript_v1[@]}" --client-authentication private_key_jwt
  client "login typescript-v2 modern key ES256" "${typescript_v2[@]}" --mode modern \
    --client-authentication private_key_jwt --algorithm ES256
  client "login typescript-v2 legacy key PS256" "${typescript_v2[@]}" --mode legacy \
    --client-authentication private_key_jwt --algorithm PS256
  summarize "clients with login" "$clients_passed" "$clients_failed" 0
}

# A person's real browser on the server's pages.
run_pages() {
  local browser
  browser=$(command -v chromium-headless-shell || command -v chromium || command -v google-chrome) ||
    refuse "Chromium is missing; .ci/install.sh installs it"
  run_counted "pages in Chromium" "$logs/pages.log" \
    "$node" tests/interop/chromium/pages.mjs "$url" "$browser" tests/fixtures/tls/server
}

# Each client publishes its metadata document on this machine, over TLS with a certificate that the server is told to believe.
run_documents() {
  local clients_passed=0 clients_failed=0
  local options=("$url" "${login_call[@]}" --publish tests/fixtures/tls/server)
  local python_client=("$python" tests/interop/python/login.py "${options[@]}")
  local typescript_v1=("$node" tests/interop/typescript-v1/login.mjs "${options[@]}")
  local typescript_v2=("$node" tests/interop/typescript-v2/login.mjs "${options[@]}")
  client "documents python auto" "${python_client[@]}" --mode auto
  client "documents python legacy" "${python_client[@]}" --mode legacy
  client "documents typescript-v1" "${typescript_v1[@]}"
  client "documents typescript-v2" "${typescript_v2[@]}" --mode modern
  client "documents typescript-v2 key" "${typescript_v2[@]}" --mode modern --client-authentication private_key_jwt
  summarize "clients with a metadata document" "$clients_passed" "$clients_failed" 0
}

# documents_project: the login project, where documents of this machine are read.
documents_project() {
  local folder=$logs/documents
  cp -R "$login_project" "$folder"
  sed -i 's/^\( *\)provider: local$/&\n\1client_metadata_documents: { allow_loopback: true }/' "$folder/config.yml"
  echo "$folder"
}

# Clients of the configuration that call in their own name, with a secret or with the key of the file.
machine_key=tests/fixtures/tls/server.key

run_machines() {
  local clients_passed=0 clients_failed=0 name=service-account-machine
  local call=("$url" --tool get_user_profile)
  local secret=("${call[@]}" --client-id machine-secret --client-secret canary-machine --expect "$name-secret")
  local key=("${call[@]}" --client-id machine-key --key "$machine_key" --expect "$name-key")
  local python_client=("$python" tests/interop/python/machine.py)
  local typescript_v2=("$node" tests/interop/typescript-v2/machine.mjs)
  client "machines python secret basic" "${python_client[@]}" "${secret[@]}"
  client "machines python legacy secret post" "${python_client[@]}" "${secret[@]}" --mode legacy \
    --client-authentication client_secret_post
  client "machines python key" "${python_client[@]}" "${key[@]}"
  client "machines typescript-v2 secret" "${typescript_v2[@]}" "${secret[@]}" --mode modern
  client "machines typescript-v2 key" "${typescript_v2[@]}" "${key[@]}" --mode modern
  client "machines typescript-v2 legacy key" "${typescript_v2[@]}" "${key[@]}" --mode legacy
  summarize "clients in their own name" "$clients_passed" "$clients_failed" 0
}

# machines_project: the login project, with two more clients at the end of its configuration.
machines_project() {
  local folder=$logs/machines jwk
  jwk=$("$node" -p 'JSON.stringify(require("crypto").createPublicKey(require("fs").readFileSync(process.argv[1])).export({ format: "jwk" }))' "$machine_key")
  cp -R "$login_project" "$folder"
  cat >>"$folder/config.yml" <<END
            - client_id: machine-secret
              name: Machine with a secret
              client_secret: canary-machine
              grant_types: [client_credentials]
              scopes: ["mcp:read"]
            - client_id: machine-key
              name: Machine with a key
              jwks: { keys: [$jwk] }
              grant_types: [client_credentials]
              scopes: ["mcp:read"]
END
  echo "$folder"
}

# run_counted NAME LOG PROGRAM...: a program of several tests, whose last line counts them.
run_counted() {
  local name=$1 log=$2 counts
  local seconds_per_program=1800
  shift 2
  bounded "$@" >"$log" 2>&1 </dev/null || true
  counts=$(tail -n 1 "$log")
  if [[ ! $counts =~ ^[0-9]+\ [0-9]+$ || $counts != *" 0" ]]; then tail -n 120 "$log" | sed 's/^/    /'; fi
  if [[ ! $counts =~ ^[0-9]+\ [0-9]+$ ]]; then counts="0 1"; fi
  # shellcheck disable=SC2086 # two numbers
  summarize "$name" $counts 0
}

# Each client registers, logs in through a fake GitHub, calls, goes on after a restart, and refreshes: once per kind of store.
run_github() {
  local fake
  fake=$(dirname "$(readlink -f "$binary")")/examples/fake-github
  if [[ ! -x $fake ]]; then # cargo builds it with the tests, in another folder than a release
    cargo build --quiet --example fake-github
    fake=$(cargo metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/examples/fake-github
  fi
  PYTHONPATH=$PYTHONPATH:tests/replicas run_counted "clients through GitHub" "$logs/github.log" \
    "$python" tests/github/main.py "$binary" "$node" "$fake"
}

# Clients log in through real OpenID providers, one of which stands in for Keycloak and Google, too.
run_oidc() {
  PYTHONPATH=$PYTHONPATH:tests/replicas:tests/interop/python run_counted "clients through OpenID Connect" "$logs/oidc.log" \
    "$python" tests/oidc/main.py "$binary" "$node"
}

# Clients bring what a company's identity provider says of their user, and nobody is asked anything.
run_enterprise() {
  PYTHONPATH=$PYTHONPATH:tests/replicas run_counted "clients of a company" "$logs/enterprise.log" \
    "$python" tests/enterprise/main.py "$binary" "$node"
}

# The clients start the server themselves, one after the other: a database file has one process.
run_stdio() {
  local clients_passed=0 clients_failed=0 folder=$logs/stdio-project
  mkdir -p "$logs/home" && cp -R "$open_project" "$folder"
  local HOME=$logs/home
  local call=("$binary" "${open_call[@]}" --folder "$folder")
  client "stdio python auto" "$python" tests/interop/python/stdio.py "${call[@]}" --mode auto
  client "stdio python legacy" "$python" tests/interop/python/stdio.py "${call[@]}" --mode legacy
  client "stdio typescript-v1" "$node" tests/interop/typescript-v1/stdio.mjs "${call[@]}"
  client "stdio typescript-v2 modern" "$node" tests/interop/typescript-v2/stdio.mjs "${call[@]}" --mode modern
  client "stdio typescript-v2 legacy" "$node" tests/interop/typescript-v2/stdio.mjs "${call[@]}" --mode legacy
  summarize "clients over stdio" "$clients_passed" "$clients_failed" 0
}

# Two servers on one PostgreSQL behind nginx, also without sessions and with TLS, which this program starts itself and stops again.
run_replicas() {
  run_counted "two replicas" "$logs/replicas.log" "$python" tests/replicas/main.py "$binary" "$node"
}

# Nothing secret that a client or a provider held is in what the servers wrote and answered.
run_search() {
  [[ -s $CANARY_FILE ]] || return 0
  run_counted "secrets that turn up nowhere" "$logs/search.out" "$python" tests/canaries/search.py "$logs" "$CANARY_FILE" "${suites[@]}"
}

# run_against PROJECT SUITE...: the chosen ones of these suites, against one server.
run_against() {
  local project=$1 suite chosen=()
  shift
  for suite in "$@"; do
    if [[ " ${suites[*]} " == *" $suite "* ]]; then chosen+=("$suite"); fi
  done
  [[ ${#chosen[@]} -gt 0 ]] || return 0
  [[ -d $project ]] || refuse "the project $project does not exist"
  start_server "$project"
  for suite in "${chosen[@]}"; do "run_$suite"; done
  if [[ -s $CANARY_FILE ]]; then "$python" tests/canaries/present.py "$url" "$logs/${project//\//-}"; fi
  stop_server || total_failed=$((total_failed + 1))
}

# On every way out: no server is left behind, and the logs stay if they are of use.
leave() {
  local status=$?
  stop_server || true
  if [[ $status -eq 0 ]]; then rm -rf "$logs"; else echo "logs: $logs" >&2; fi
}
trap leave EXIT
trap 'exit 130' INT TERM

echo "external suites:"
run_against "$open_project" conformance stateless anonymous
run_against "$login_project" authorization login pages
if [[ " ${suites[*]} " == *" documents "* ]]; then
  SSL_CERT_FILE=$PWD/tests/fixtures/tls/server.pem run_against "$(documents_project)" documents
fi
if [[ " ${suites[*]} " == *" machines "* ]]; then run_against "$(machines_project)" machines; fi
if [[ " ${suites[*]} " == *" enterprise "* ]]; then run_enterprise; fi
if [[ " ${suites[*]} " == *" github "* ]]; then run_github; fi
if [[ " ${suites[*]} " == *" oidc "* ]]; then run_oidc; fi
if [[ " ${suites[*]} " == *" stdio "* ]]; then run_stdio; fi
if [[ " ${suites[*]} " == *" replicas "* ]]; then run_replicas; fi

run_search

closing="$total_passed passed, $total_failed failed"
if [[ $total_skipped -gt 0 ]]; then closing+=", $total_skipped skipped"; fi
echo "$closing"
[[ $total_failed -eq 0 && $total_passed -gt 0 ]]
