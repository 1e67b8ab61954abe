#!/bin/bash
# What the entry point of PostgreSQL's image does, as far as docker-compose.yml uses it.
set -euo pipefail

[ "${1:-}" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p /var/run/postgresql "$PGDATA"
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  export POSTGRES_USER=${POSTGRES_USER:-postgres}
  : "${POSTGRES_PASSWORD:?}"
  # shellcheck disable=SC2086 # the arguments are several words
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") ${POSTGRES_INITDB_ARGS:-}
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  PGUSER=$POSTGRES_USER pg_ctl -w -o "-c listen_addresses=''" start
  for script in /docker-entrypoint-initdb.d/*.sh; do
    if [ -x "$script" ]; then "$script"; else . "$script"; fi
  done
  PGUSER=$POSTGRES_USER pg_ctl -w -m fast stop
fi
exec "$@" -c listen_addresses='*'
