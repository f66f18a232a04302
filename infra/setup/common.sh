# Shared by the set-up scripts: what they say, and how they install Debian packages.

say() {
    printf '▸ %s\n' "$*" >&2
}

stop() {
    printf '✗ %s\n' "$*" >&2
    exit 1
}

# True where packages can be installed without asking: root on a Debian family system.
may_install_packages() {
    [ "${SYSTEM_TOOLS:-yes}" = yes ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
        -o Acquire::https::Timeout=20 -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
        "$@" </dev/null >/dev/null
}

# A stale index of one source must not stop an install that the others can serve.
update_package_index() {
    apt_get update || say "apt-get update did not finish cleanly; trying the install all the same"
}

install_package() {
    apt_get install -y --no-install-recommends "$1"
}
