#!/bin/sh
# Runs docker-compose.yml for real: see dev/compose/containers_test.go. Where no Docker
# engine is, or its ports are taken, it says so and passes.
set -eu
cd "$(dirname "$0")/.."

if ! docker info >/dev/null 2>&1; then
  echo "compose-test did nothing: there is no Docker engine on this machine"
  exit 0
fi
. deploy/docker-tools.sh
sh deploy/images.sh

echo "building the image of this tree and of the commit before"
docker build --quiet --build-arg VERSION=dev --build-arg "REVISION=$(git rev-parse HEAD)" --tag idjourney:dev . >/dev/null
previous=$(mktemp -d)
trap 'rm -rf "$previous"' EXIT
git archive HEAD^ | tar -x -C "$previous"
docker build --quiet --file Dockerfile --build-arg VERSION=previous --build-arg "REVISION=$(git rev-parse HEAD^)" --tag idjourney:previous "$previous" >/dev/null

cd dev && go test -tags containers -count 1 -timeout 20m -v -run 'TestContainers|TestTheImage|TestFirstLook' ./compose
