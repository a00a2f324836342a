package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, and the commit that it was built from",
		Args:  cobra.NoArgs,
	}
	asked := cmd.Flags().Bool("json", false, "the same as --output json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		of := struct {
			Version string `json:"version"`
			Commit  string `json:"commit"`
			Date    string `json:"date"`
			Go      string `json:"go"`
			OS      string `json:"os"`
			Arch    string `json:"arch"`
		}{version, commit, date, runtime.Version(), runtime.GOOS, runtime.GOARCH}
		if *asked {
			if err := cmd.Flags().Set(outputFlag, string(asJSON)); err != nil {
				return err
			}
		}
		from := ""
		if of.Commit != "" {
			from = fmt.Sprintf(", commit %s of %s", of.Commit, of.Date)
		}
		return answer(cmd, of, line("latchkeep %s (%s %s/%s%s)", of.Version, of.Go, of.OS, of.Arch, from))
	}
	return cmd
}
