#!/bin/sh
# Prints .env.example with a new secret behind every name that has none:
#   sh deploy/env.sh > .env
set -eu
umask 077

hex() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
base64_32() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

while IFS= read -r line; do
  case $line in
  CORE_WEBHOOK_SECRET=) echo "${line}whsec_$(base64_32)" ;;
  [A-Z]*=) echo "$line$(hex)" ;;
  *) echo "$line" ;;
  esac
done <"$(dirname "$0")/../.env.example"
