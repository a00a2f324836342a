package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

// profileAddress names, in the environment, where a profiled process takes orders. The program itself has no such door.
const profileAddress = "BENCH_PROFILE_ADDRESS"

// profileTime is how long an operation is profiled.
const profileTime = 8 * time.Second

// runProfiled is "latchkeep serve" or "latchkeep worker" with a door for orders to profile it.
func runProfiled(ctx context.Context, address, command string) error {
	s, _, err := settings.Load(settings.LoadOptions{Env: os.Environ()})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	var cpu bytes.Buffer
	orders := http.NewServeMux()
	orders.HandleFunc("POST /begin", func(w http.ResponseWriter, _ *http.Request) {
		cpu.Reset()
		if err := pprof.StartCPUProfile(&cpu); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})
	orders.HandleFunc("POST /end", func(w http.ResponseWriter, _ *http.Request) {
		pprof.StopCPUProfile()
		_, _ = cpu.WriteTo(w)
	})
	orders.HandleFunc("POST /allocations", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC() // a profile is as old as the last collection
		_ = pprof.Lookup("allocs").WriteTo(w, 0)
	})
	go func() { _ = http.Serve(l, orders) }()
	defer l.Close()

	app, err := wire.New(ctx, s, wire.Options{Log: telemetry.NewLogger(os.Stderr, s.Log.Format, s.Log.Level), Version: "bench"})
	if err != nil {
		return err
	}
	defer app.Close()
	if command == "worker" {
		return app.Work(ctx)
	}
	return app.Serve(ctx, wire.Servers...)
}

// profileAll profiles one operation after the other, and prints what the server's profiles say.
func profileAll(ctx context.Context, o options, d *deployment, ops []*operation) error {
	if err := os.MkdirAll(o.profile, 0o755); err != nil {
		return err
	}
	var all []profiled
	for _, op := range ops {
		if op.floor {
			continue // it is not profiled
		}
		if err := d.warm(ctx, op); err != nil {
			return err
		}
		base, err := d.orderAll(ctx, "allocations")
		if err != nil {
			return err
		}
		if _, err := d.orderAll(ctx, "begin"); err != nil {
			return err
		}
		done := 0
		for began := time.Now(); time.Since(began) < profileTime; done += op.each {
			if _, err := d.repeat(ctx, op, op.each, 1); err != nil {
				return err
			}
		}
		cpu, err := d.orderAll(ctx, "end")
		if err != nil {
			return err
		}
		allocations, err := d.orderAll(ctx, "allocations")
		if err != nil {
			return err
		}
		for command := range d.profile {
			for suffix, content := range map[string][]byte{"cpu": cpu[command], "allocs": allocations[command], "allocs-base": base[command]} {
				name := filepath.Join(o.profile, op.name+"."+command+"."+suffix)
				if err := os.WriteFile(name, content, 0o644); err != nil {
					return err
				}
			}
		}
		parts, err := split(cpu["serve"])
		if err != nil {
			return err
		}
		for i := range parts {
			parts[i] /= float64(done)
		}
		all = append(all, profiled{title: op.title, shares: parts})
		fmt.Fprintf(os.Stderr, "bench: %s: %d operations in %s\n", op.name, done, filepath.Join(o.profile, op.name+".*"))
	}
	fmt.Print(shareTable(all))
	return nil
}

// orderAll gives an order to both processes.
func (d *deployment) orderAll(ctx context.Context, what string) (map[string][]byte, error) {
	got := map[string][]byte{}
	for command, address := range d.profile {
		var err error
		if got[command], err = order(ctx, address, what); err != nil {
			return nil, err
		}
	}
	return got, nil
}

func order(ctx context.Context, address, what string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/"+what, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", what, resp.Status, body)
	}
	return body, err
}
