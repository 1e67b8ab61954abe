#!/bin/sh
# Writes .env (or the file that is named) from .env.example, with a new secret behind
# every name that has none. A file that is there is never replaced: its
# IDJOURNEY_REFERENCE_KEY cannot be made again.
set -eu
umask 077

root=$(dirname "$0")/..
file=${1:-$root/.env}
if [ -e "$file" ]; then
  echo "$file is there already and stays as it is; move it away to make a new one" >&2
  exit 1
fi

hex() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
base64_32() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

set -C # a file that appears meanwhile is not replaced either
while IFS= read -r line; do
  case $line in
  CORE_WEBHOOK_SECRET=) echo "${line}whsec_$(base64_32)" ;;
  [A-Z]*=) echo "$line$(hex)" ;;
  *) echo "$line" ;;
  esac
done <"$root/.env.example" >"$file"
