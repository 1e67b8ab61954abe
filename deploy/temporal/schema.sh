#!/bin/sh
# Brings the schemas of Temporal's two databases up to date; on current ones it
# changes nothing. The connection comes from SQL_*.
set -eu

for schema in temporal visibility; do
  case $schema in
  temporal) export SQL_DATABASE=temporal ;;
  visibility) export SQL_DATABASE=temporal_visibility ;;
  esac
  temporal-sql-tool setup-schema --version 0.0
  temporal-sql-tool update-schema --schema-name "postgresql/v12/$schema"
done
