// Command licences reads the licences of everything that a binary of the program contains, without the network: the modules that are linked into it, Go's
// standard library, and the files of others that are embedded.
//
//	go run . ../..                        fails when one of them has a licence that is not on the list
//	go run . -write NOTICES ../..         and writes all of their texts
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	file := flag.String("write", "", "write the texts of the licences to this file")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: licences [-write FILE] DIRECTORY")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *file); err != nil {
		fmt.Fprintln(os.Stderr, "licences: "+err.Error())
		os.Exit(1)
	}
}

func run(root, file string) error {
	parts, err := find(root)
	if err != nil {
		return err
	}
	if err := check(parts); err != nil {
		return err
	}
	if file == "" {
		fmt.Printf("the licences of %d parts are on the list\n", len(parts))
		return nil
	}
	return os.WriteFile(file, []byte(notices(parts)), 0o644)
}
