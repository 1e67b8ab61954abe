#!/bin/sh
# Run once by PostgreSQL's image, on a new volume: a role and a database for the
# ledger, and a role with two databases for Temporal. Neither can read the other's.
set -eu

psql --no-psqlrc --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=temporal_password="$TEMPORAL_DB_PASSWORD" --set=idjourney_password="$IDJOURNEY_DB_PASSWORD" <<'SQL'
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE ROLE idjourney LOGIN PASSWORD :'idjourney_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE DATABASE idjourney OWNER idjourney;
REVOKE CONNECT ON DATABASE temporal, temporal_visibility, idjourney FROM PUBLIC;
SQL
