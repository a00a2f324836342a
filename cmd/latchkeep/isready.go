package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants/certificates"
)

func newIsReady() *cobra.Command {
	return &cobra.Command{
		Use:   "isready [public|admin|console|ops]",
		Short: "Ask a running server whether it is ready",
		Args:  cobra.MaximumNArgs(1), ValidArgs: []cobra.Completion{"public", "admin", "console", "ops"},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, err := loadBriefly(cmd, settings.LoadOptions{Skip: settings.SkipSecrets | settings.SkipDatabase})
			if err != nil {
				return err
			}
			server := "ops"
			if len(args) == 1 {
				server = args[0]
			}
			scheme, address, path := "http", "", "/health/ready"
			switch server {
			case "public":
				address = s.Server.Public.Address
				if s.TLS.Auto() {
					scheme = "https"
				}
			case "admin":
				address = s.Server.Admin.Address
			case "console":
				address = s.Server.Console.Address
			case "ops":
				address, path = s.Server.Ops.Address, "/readyz"
			default:
				return fmt.Errorf("there is no server %q: choose public, admin, console or ops", server)
			}
			return ask(cmd, scheme+"://"+local(address)+path)
		},
	}
}

// local is the address at which this machine reaches a listener.
func local(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host != "" && host != "0.0.0.0" && host != "::" {
		return address
	}
	return net.JoinHostPort("127.0.0.1", port)
}

func ask(cmd *cobra.Command, url string) error {
	request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		ServerName: certificates.ProbeHost, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // the machine asks itself, and tells nothing
	}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Timeout: 5 * time.Second, Transport: transport}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s answered %s", url, response.Status)
	}
	found := struct {
		Ready bool   `json:"ready"`
		URL   string `json:"url"`
	}{true, url}
	return answer(cmd, found, line("ready"))
}
