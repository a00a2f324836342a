# One static binary in an image that has nothing else: no shell, no package manager. It runs as an
# unprivileged user and writes to no file but those that a command is told to write, so the root file system may
# be read-only. There is no directory for temporary files: only "user import --inputUrl" wants one, in TMPDIR, for
# more than 32 MiB.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=development COMMIT= DATE=
# As scripts/release builds it.
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
	-ldflags "-s -w -buildid= -X main.version=${VERSION} -X main.commit=${COMMIT} -X main.date=${DATE}" -o /out/latchkeep ./cmd/latchkeep

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/latchkeep /usr/local/bin/latchkeep
COPY LICENSE /LICENSE
USER 65532:65532
# public, admin, console, operations
EXPOSE 8000 8001 8002 8003
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
	CMD ["/usr/local/bin/latchkeep", "isready"]
ENTRYPOINT ["/usr/local/bin/latchkeep"]
CMD ["serve"]
