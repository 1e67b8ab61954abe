# syntax=docker/dockerfile:1
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X idjourney/version.stamped=$VERSION" -o /out/idjourney ./cmd/idjourney

# Nothing but the binary and the certificates it trusts: no shell, nobody to log in
# as, nothing to write to.
FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title=idjourney org.opencontainers.image.version=$VERSION
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/idjourney /idjourney
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/idjourney"]
