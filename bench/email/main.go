// Command email measures the mail parser beside jhillyerd/enmime in one run on
// one machine, over the golden corpus of channels/email and over a few made
// mails of one kind each, and prints a table. It is a module of its own, so
// that enmime gets into nobody else's build.
//
//	cd bench/email && go run . [-for 3s] [-mails ../../channels/email/testdata/mails]
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"
)

// probeTime is how long enmime may take over one mail before that mail is left
// out for both: on unclosed nested multiparts its time doubles with each level.
const probeTime = 2 * time.Second

func main() {
	dir := flag.String("mails", "../../channels/email/testdata/mails", "folder of .eml files")
	span := flag.Duration("for", 3*time.Second, "how long each figure is measured")
	probe := flag.String("probe", "", "only let enmime read this file (used by the program itself)")
	flag.Parse()
	if *probe != "" {
		raw, err := os.ReadFile(*probe)
		if err == nil {
			_, _ = enmime.ReadEnvelope(bytes.NewReader(raw)) // its time is what is asked for
			return
		}
	}
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
		if !ends(f) {
			fmt.Printf("left out: %s (enmime takes more than %s)\n", filepath.Base(f), probeTime)
			continue
		}
		raw, err := os.ReadFile(f)
		if err != nil {
			return fmt.Errorf("read mail: %w", err)
		}
		golden, err := os.ReadFile(strings.TrimSuffix(f, ".eml") + ".json")
		var want struct{ Text string }
		if err == nil {
			err = json.Unmarshal(golden, &want)
		}
		if err != nil {
			return fmt.Errorf("read what %s holds: %w", filepath.Base(f), err)
		}
		corpus.mails, corpus.want = append(corpus.mails, raw), append(corpus.want, want.Text)
	}
	printTable(append([]set{corpus}, made()...), span)
	return nil
}

// ends reports whether enmime reads the file in time. It runs in a process of
// its own, because it cannot be stopped.
func ends(file string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	return exec.CommandContext(ctx, os.Args[0], "-probe", file).Run() == nil
}
