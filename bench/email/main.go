// Command email measures the mail parser beside jhillyerd/enmime in one run on
// one machine, over the golden corpus of channels/email and over a few made
// mails of one kind each, and prints a table. It is a module of its own, so
// that enmime gets into nobody else's build.
//
//	cd bench/email && go run . [-for 3s] [-mails ../../channels/email/testdata/mails]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	dir := flag.String("mails", "../../channels/email/testdata/mails", "folder of .eml files")
	span := flag.Duration("for", 3*time.Second, "how long each figure is measured")
	flag.Parse()
	if err := run(*dir, *span); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string, span time.Duration) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no mails in %s: %w", dir, err)
	}
	corpus := set{name: "golden corpus"}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return fmt.Errorf("read mail: %w", err)
		}
		corpus.mails = append(corpus.mails, raw)
	}
	printTable(append([]set{corpus}, made()...), span)
	return nil
}
