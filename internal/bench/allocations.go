package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// allocated is what one operation allocates in the server, on average.
type allocated struct {
	Objects float64 `json:"objects"`
	Bytes   float64 `json:"bytes"`
}

// allocations begins to count what the server allocates; the function that it returns ends it, and tells it for each of n operations. What is
// counted with is left out. The numbers are those of the server's metrics.
func (d *deployment) allocations(ctx context.Context) (func(n int) (allocated, error), error) {
	first, err1 := d.allocatedSoFar(ctx)
	second, err2 := d.allocatedSoFar(ctx)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return func(n int) (allocated, error) {
		third, err := d.allocatedSoFar(ctx)
		return allocated{
			Objects: max(0, third.Objects-second.Objects-(second.Objects-first.Objects)) / float64(n),
			Bytes:   max(0, third.Bytes-second.Bytes-(second.Bytes-first.Bytes)) / float64(n),
		}, err
	}, nil
}

func (d *deployment) allocatedSoFar(ctx context.Context) (found allocated, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.ops+"/metrics", nil)
	if err != nil {
		return found, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return found, fmt.Errorf("read the server's metrics: %w", err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch name {
		case "go_memstats_mallocs_total":
			found.Objects, err = strconv.ParseFloat(value, 64)
		case "go_memstats_alloc_bytes_total":
			found.Bytes, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return found, fmt.Errorf("read the server's metrics: %w", err)
		}
	}
	if found.Objects == 0 || found.Bytes == 0 {
		return found, errors.New("the server's metrics do not say what it allocated")
	}
	return found, lines.Err()
}

// middleOf is the median of each part.
func middleOf(all []allocated) allocated {
	var objects, bytes []float64
	for _, a := range all {
		objects, bytes = append(objects, a.Objects), append(bytes, a.Bytes)
	}
	return allocated{Objects: median(objects), Bytes: median(bytes)}
}
