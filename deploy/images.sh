#!/bin/sh
# Gets the images that docker-compose.yml and the Dockerfile name, under exactly their
# names and tags. One that is neither there nor can be pulled is made here, from Debian's
# packages and Go modules: a stand-in, which is labelled idjourney.standin. The stand-ins
# are listed at the end. Left out, and so only pulled by compose itself: Grafana, Jaeger
# and the collector, of the profile observability.
#
#   sh deploy/images.sh          what `docker compose up` needs
#   sh deploy/images.sh remove   removes the stand-ins
#
# Needs root, debootstrap and Go.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
# Its name begins with a dot: what is in it is not for ./...
work=$root/bin/.standins
base=idjourney-standin/debian:bookworm
. deploy/docker-tools.sh

list() { docker image ls --filter label=idjourney.standin --format '{{.Repository}}:{{.Tag}}'; }

if [ "${1:-}" = remove ]; then
  list | xargs -r docker image rm
  exit
fi

# tag IMAGE: the tag that a file of the repository gives it
tag() { sed -nE "s#.*(image:|FROM( --platform=[^ ]+)?) +$1:([^ ]+).*#\3#p" docker-compose.yml Dockerfile | head -n 1; }
there() { docker image inspect "$1" >/dev/null 2>&1; }
have() { there "$1" || docker pull --quiet "$1" >/dev/null 2>&1; }

# debian installs what the stand-ins are built on.
debian() {
  there "$base" && return
  command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap >/dev/null; }
  echo "installing Debian's packages for the stand-ins"
  debootstrap --variant=minbase --include=busybox-static,netcat-openbsd,ca-certificates,postgresql,prometheus bookworm "$work/debian" >"$work/debootstrap.log"
  tar -C "$work/debian" --exclude=./var/cache/apt --exclude=./var/lib/apt/lists --exclude=./usr/share/doc --exclude=./usr/share/man \
    --exclude=./usr/share/locale --exclude=./dev -c . | docker import --change 'LABEL idjourney.standin=base' - "$base" >/dev/null
  rm -rf "$work/debian"
}

# stand_in IMAGE TARGET WHAT FILES...: builds a target of deploy/standins/Dockerfile
stand_in() {
  image=$1 target=$2 what=$3
  shift 3
  have "$image" && return
  debian
  context=$(mktemp -d "$work/context.XXXXXX")
  for file; do cp -al "$file" "$context/" 2>/dev/null || cp -a "$file" "$context/"; done
  docker build --quiet --file deploy/standins/Dockerfile --target "$target" --label "idjourney.standin=$what" --label "idjourney.modules=${sums:-}" --tag "$image" "$context" >/dev/null
  rm -rf "$context"
  echo "made $image, a stand-in: $what"
}

mkdir -p "$work"
module() { (cd dev && go mod download "$1" && go list -m -f '{{.Dir}}' "$1"); }
build() { (cd dev && go build -ldflags='-s -w' -o "$1" "$2"); }

server=temporalio/server:$(tag temporalio/server)
tools=temporalio/admin-tools:$(tag temporalio/admin-tools)
if ! have "$server" || ! have "$tools"; then
  # The same binaries as `make stack` runs.
  mkdir -p bin/topology
  build "$root/bin/topology/temporal-server" go.temporal.io/server/cmd/server
  build "$root/bin/topology/temporal-sql-tool" go.temporal.io/server/cmd/tools/sql
  stand_in "$server" server "the server of its Go module on Debian" \
    bin/topology/temporal-server "$(module go.temporal.io/server)/docker/scripts/sh/entrypoint.sh"
  stand_in "$tools" admin-tools "the SQL tool of its Go module on Debian" bin/topology/temporal-sql-tool
fi

ui=temporalio/ui:$(tag temporalio/ui)
if ! have "$ui"; then
  build "$work/ui-server" github.com/temporalio/ui-server/v2/cmd/server
  dir=$(module github.com/temporalio/ui-server/v2)
  stand_in "$ui" ui "the UI of its Go module on Debian" "$work/ui-server" "$dir/docker/start-ui-server.sh" "$dir/config/docker.yaml"
fi

stand_in "postgres:$(tag postgres)" postgres "PostgreSQL 15 of Debian" deploy/standins/postgres.sh
stand_in "prom/prometheus:$(tag prom/prometheus)" prometheus "Prometheus 2 of Debian"

# It carries the modules of this tree and of the commit before, which the tests build, too:
# inside the build no module proxy may be reached.
golang=golang:$(tag golang)
commits="HEAD HEAD^"
sums=$(for commit in $commits; do git show "$commit:go.sum"; done | cat - go.sum | sha256sum | cut -c1-16)
made_of=$(docker image inspect --format '{{index .Config.Labels "idjourney.modules"}}' "$golang" 2>/dev/null || true)
if [ -n "$made_of" ] && [ "$made_of" != "$sums" ]; then docker image rm "$golang" >/dev/null; fi
if ! have "$golang"; then
  rm -rf "$work/golang" && mkdir -p "$work/golang"
  for commit in "" $commits; do # "" is the index
    mkdir -p "$work/golang/tree"
    for file in go.mod go.sum; do git show "$commit:$file" >"$work/golang/tree/$file"; done
    (cd "$work/golang/tree" && GOFLAGS=-modcacherw GOMODCACHE=$work/modules go mod download)
  done
  cp -a "$(go env GOROOT)" "$work/golang/go"
  rm -rf "$work/golang/go/test" "$work/golang/go/api" "$work/golang/go/doc"
  cp -al "$work/modules/cache/download" "$work/golang/modules"
  stand_in "$golang" golang "$(go version) of this machine on Debian" "$work/golang/go" "$work/golang/modules"
  rm -rf "$work/golang"
fi

echo "stand-ins on this machine:"
list
