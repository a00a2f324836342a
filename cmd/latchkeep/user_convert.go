package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/transfer"
)

// A firebaseCommand is what the flags of user convert firebase say.
type firebaseCommand struct {
	input, config, refused string
	output                 *destination
	workers                int
}

// converted is what a conversion tells programs.
type converted struct {
	Users           int    `json:"users"`
	WithoutPassword int    `json:"without_password"`
	Rejected        int    `json:"rejected"`
	File            string `json:"file,omitempty"`
	RejectedFile    string `json:"rejected_file"`
}

func newUserConvertFirebase() *cobra.Command {
	c := &firebaseCommand{}
	cmd := &cobra.Command{
		Use: "firebase --input FILE --config FILE", Short: "Convert the output of firebase auth:export", Args: cobra.NoArgs,
		Long: `Convert the output of "firebase auth:export users.json --format=JSON" to a file that user import reads. People keep their passwords.

--config is a JSON file with the password hash parameters of the project: algorithm, base64_signer_key, base64_salt_separator, rounds and
mem_cost. The console of Firebase shows them under Authentication, Users, "Password hash parameters".`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&c.input, "input", "", "file to convert")
	f.StringVar(&c.config, "config", "", "file with the hash parameters")
	_ = cmd.MarkFlagRequired("input") // both exist
	_ = cmd.MarkFlagRequired("config")
	c.output = writesTo(cmd, "", "hanko-import.json", "file to write")
	f.StringVar(&c.refused, "dlq", "firebase-dlq.jsonl", "file for a JSON object a line about each user that cannot be converted")
	f.IntVar(&c.workers, "workers", runtime.NumCPU(), "how many users are converted at once")
	return cmd
}

func (c *firebaseCommand) run(cmd *cobra.Command) error {
	if c.workers < 1 {
		return errors.New("--workers must be at least 1")
	}
	hash, err := c.hash()
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	input, err := os.Open(c.input)
	if err != nil {
		return fmt.Errorf("--input: %w", err)
	}
	defer input.Close()
	var count transfer.Converted
	// The file with those who were refused stays where nobody could be converted: it says why.
	nobody := errors.New("nobody could be converted")
	err = writeFile(c.refused, func(refused io.Writer) error {
		b := bufio.NewWriter(refused)
		err := writeFile(c.output.file, func(to io.Writer) error {
			count, err = c.convert(cmd.Context(), cmd.ErrOrStderr(), hash, bufio.NewReader(input), to, b)
			if err == nil && count.People == 0 {
				err = nobody
			}
			return err
		})
		if errors.Is(err, nobody) {
			err = nil
		}
		return errors.Join(err, b.Flush())
	})
	if err != nil {
		return fmt.Errorf("convert users: %w", err)
	}
	came := converted{Users: count.People, WithoutPassword: count.WithoutPassword, Rejected: count.Refused, RejectedFile: c.refused}
	if count.People > 0 {
		came.File = c.output.file
	}
	err = answer(cmd, came, line("converted %d users, %d of them without a password; %d could not be converted",
		count.People, count.WithoutPassword, count.Refused))
	if err != nil {
		return err
	}
	if count.People == 0 {
		return nobody
	}
	return nil
}

func (c *firebaseCommand) hash() (transfer.FirebaseHash, error) {
	f, err := os.Open(c.config)
	if err != nil {
		return transfer.FirebaseHash{}, err
	}
	defer f.Close()
	return transfer.ReadFirebaseHash(f)
}

func (c *firebaseCommand) convert(
	ctx context.Context, log io.Writer, hash transfer.FirebaseHash, from io.Reader, to, refused io.Writer,
) (transfer.Converted, error) {
	return transfer.ConvertFirebase(ctx, from, transfer.Conversion{
		Hash: hash, To: to, Refused: refused, Workers: c.workers,
		Warn: func(localID string) { fmt.Fprintf(log, "warning: user %q has no password\n", localID) },
	})
}
