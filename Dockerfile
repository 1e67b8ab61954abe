FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
ARG REVISION=
ARG TARGETOS
ARG TARGETARCH
# Two builds of one commit give the same binary: no paths, no build id, no time.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false \
    -ldflags="-s -w -buildid= -X idjourney/version.stamped=$VERSION${REVISION:++$(echo "$REVISION" | cut -c1-12)}" \
    -o /out/idjourney ./cmd/idjourney

# The binary and the certificates that it trusts: no shell, no user to log in as, no
# path that it may write to.
FROM scratch
ARG VERSION=dev
ARG REVISION=
LABEL org.opencontainers.image.title=idjourney \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/idjourney /idjourney
USER 65532:65532
EXPOSE 8080 8081 9090 9091
# The starter's; docker-compose.yml and the Helm chart ask the worker on its own port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["/idjourney", "healthcheck", "--url=http://127.0.0.1:9090/readyz?exclude=temporal&exclude=search_attributes"]
ENTRYPOINT ["/idjourney"]
