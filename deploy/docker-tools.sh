# Sourced from the repository's root: Docker Compose 2 and Buildx, which a machine's Docker
# may come without, are built in versions that tools/containers pins.
if ! docker compose version >/dev/null 2>&1 || ! docker buildx version >/dev/null 2>&1; then
  DOCKER_CONFIG=$PWD/bin/docker
  export DOCKER_CONFIG
  if ! docker compose version >/dev/null 2>&1 || ! docker buildx version >/dev/null 2>&1; then
    echo "building Docker Compose and Buildx, which this machine does not have"
    mkdir -p "$DOCKER_CONFIG/cli-plugins"
    (cd tools/containers &&
      go build -ldflags='-s -w' -o "$DOCKER_CONFIG/cli-plugins/docker-compose" github.com/docker/compose/v2/cmd &&
      go build -ldflags='-s -w' -o "$DOCKER_CONFIG/cli-plugins/docker-buildx" github.com/docker/buildx/cmd/buildx)
  fi
fi
