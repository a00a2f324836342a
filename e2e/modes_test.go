//go:build e2e

package e2e

import "testing"

func TestDev(t *testing.T) {
	needBrowser(t)
	t.Parallel()
	journeys(t, devMode(t))
}

func needBrowser(t *testing.T) {
	t.Helper()
	if browser == nil {
		t.Skip("there is no Chromium: nothing is tested in a browser (package chromium)")
	}
}
