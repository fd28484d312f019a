# Set-up shared by script/server and script/test: system libraries, Python, the locked packages.
# Sourced, not run. Every step is skipped when its result is there already, and may be cut off at any moment.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH="$PATH:/usr/sbin:/sbin"
unset PYTHONDONTWRITEBYTECODE # every process would compile every module again

VAR="${VAR_DIR:-$PWD/var}"
VENV="$PWD/.venv"
SETUP_LOG="$VAR/setup.log"

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# step TITLE COMMAND...: runs it, shows the seconds; when it fails shows the end of what it said.
step() {
    local title="$1" began="${EPOCHREALTIME/[.,]/}" code=0 took
    shift
    printf '%s ... ' "$title"
    printf '\n== %s\n' "$title" >>"$SETUP_LOG"
    "$@" >"$SETUP_LOG.step" 2>&1 </dev/null || code=$?
    cat "$SETUP_LOG.step" >>"$SETUP_LOG"
    took=$(((${EPOCHREALTIME/[.,]/} - began) / 100000))
    if [ "$code" = 0 ]; then
        printf '%d.%d s\n' $((took / 10)) $((took % 10))
    else
        printf 'failed after %d.%d s\n' $((took / 10)) $((took % 10))
        tail -n "${STEP_LINES:-15}" "$SETUP_LOG.step"
    fi
    return "$code"
}

# --- system packages ---------------------------------------------------------------------------------------

has_library() { # by its file name, so that it counts whoever installed it
    local known
    known="$(ldconfig -p 2>/dev/null || true)"
    case "$known" in *"$1"*) return 0 ;; *) return 1 ;; esac
}

has_liberation_fonts() {
    local found
    found="$(find -L /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.fonts" "${HOME:-/}/.local/share/fonts" \
        -name 'LiberationSans-Regular*' -print -quit 2>/dev/null || true)"
    [ -n "$found" ]
}

missing_packages() { # the Debian names of what agreements and Python need and is not here
    has_library libpango-1.0.so.0 || echo libpango-1.0-0
    has_library libpangoft2-1.0.so.0 || echo libpangoft2-1.0-0
    has_library libharfbuzz-subset.so.0 || echo libharfbuzz-subset0
    has_liberation_fonts || echo fonts-liberation
    if ! command -v python3 >/dev/null; then
        echo python3 python3-venv
    elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        echo python3-venv
    fi
}

# install_packages NAME...: as root or by a sudo that asks nothing; else one sentence with the one command.
install_packages() {
    local sudo="" names="$*"
    command -v apt-get >/dev/null ||
        fail "Please install what Debian calls: $names (this machine has no apt-get), then run this again."
    if [ "$(id -u)" != 0 ]; then
        sudo="sudo -n"
        sudo -n true 2>/dev/null || fail "Please run this once, then try again:
  sudo apt-get update && sudo apt-get install --yes --no-install-recommends $names"
    fi
    echo "Missing system packages: $names"
    step "Reading the list of system packages" $sudo apt-get update ||
        echo "The list could not be renewed; trying with the old one."
    step "Installing $names" $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
        install --yes --no-install-recommends "$@" ||
        fail "The system packages could not be installed; apt-get's words are above and in $SETUP_LOG."
}

ensure_system_packages() {
    local missing
    missing="$(missing_packages)"
    # shellcheck disable=SC2086 # one word per package
    [ -z "$missing" ] || install_packages $missing
}

# --- Python ------------------------------------------------------------------------------------------------

find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or later with its venv module is needed, and here is only $(python3 --version 2>&1)."
}

install_locked() {
    local pip=("$VENV/bin/python" -m pip --disable-pip-version-check install --quiet --require-hashes)
    "${pip[@]}" -r script/installer.lock &&
        UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 "$VENV/bin/uv" pip install --python "$VENV/bin/python" \
            --require-hashes -r requirements.lock && return
    echo "The fast installer did not work here; using pip, which takes longer."
    "${pip[@]}" -r requirements.lock
}

# A virtual environment is whole when it carries the digest of the lock files it was made from.
ensure_environment() {
    local wanted python
    wanted="$(cat requirements.lock script/installer.lock | sha256sum | cut -d' ' -f1)"
    [ "$(cat "$VENV/.lock-digest" 2>/dev/null)" = "$wanted" ] && "$VENV/bin/python" -c '' 2>/dev/null && return
    if [ -e "$VENV/.unfinished" ] || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        [ ! -e "$VENV" ] || echo "The virtual environment in .venv is not whole; making it again."
        rm -rf "$VENV"
        python="$(find_python)"
        mkdir -p "$VENV"
        touch "$VENV/.unfinished"
        step "Making a virtual environment" "$python" -m venv "$VENV" ||
            fail "The virtual environment could not be made; Python's words are above."
    fi
    touch "$VENV/.unfinished"
    rm -f "$VENV/.lock-digest"
    step "Installing the locked Python packages" install_locked ||
        fail "The Python packages could not be installed; the installer's words are above and in $SETUP_LOG."
    echo "$wanted" >"$VENV/.lock-digest"
    rm -f "$VENV/.unfinished"
}

# --- all of it ---------------------------------------------------------------------------------------------

# Two starts at once wait for each other here; the lock goes with the process that holds it.
ensure_set_up() {
    [ "$(uname -s)" = Linux ] || fail "This runs on Linux only; on other systems use a Linux container or virtual machine."
    umask 077
    mkdir -p "$VAR" || fail "The directory $VAR cannot be made."
    umask 022
    : >>"$SETUP_LOG" || fail "$SETUP_LOG cannot be written; does $VAR belong to another user?"
    exec 9>"$VAR/setup.lock"
    if ! flock --nonblock 9; then
        echo "Another start is setting up this checkout; waiting for it."
        flock 9
    fi
    tail -c 1000000 "$SETUP_LOG" >"$SETUP_LOG.step" && cat "$SETUP_LOG.step" >"$SETUP_LOG"
    ensure_system_packages
    ensure_environment
    exec 9>&-
}
