#!/usr/bin/env bash
# Draws what the compose file needs to keep secret into ./secrets, once: a file
# that is there is left alone. Back up master.key at once, elsewhere: without it
# nothing that the installation keeps can be read again.
#
# OPENKYC is the program (default: ../../bin/openkyc). The containers run as user
# 10001, who must be able to read the files: run this as root, or chown them.
set -euo pipefail
cd "$(dirname "$0")"
openkyc=${OPENKYC:-../../bin/openkyc}
umask 077
mkdir -p secrets
draw() { # draw FILE: 24 random bytes as text, without a line's end
    [ -e "secrets/$1" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"secrets/$1"
}
draw postgres-password
draw s3-access-key
draw s3-secret-key
[ -e secrets/database ] || printf 'postgres://openkyc:%s@postgres:5432/openkyc?sslmode=disable' "$(cat secrets/postgres-password)" >secrets/database
[ -e secrets/master.key ] || "$openkyc" masterkey secrets/master.key
if [ "$(id -u)" -eq 0 ]; then
    chown 10001 secrets/master.key secrets/database secrets/s3-access-key secrets/s3-secret-key
    chmod 0444 secrets/postgres-password secrets/s3-access-key secrets/s3-secret-key # other programs read these under users of their own
    chmod 0755 secrets
else
    echo "Now, as root: chown 10001 secrets/* in $(pwd)" >&2
fi
