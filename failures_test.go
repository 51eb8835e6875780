package caravan_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	inTicks  = regexp.MustCompile("`([a-z][^` ]*)`")
	testName = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*`)
)

// TestFailuresPage: each of the thirty rules of docs/failures.md names files that exist and
// tests that exist where it says; each of the fifteen ideas does.
func TestFailuresPage(t *testing.T) {
	page, err := os.ReadFile("docs/failures.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 4 || cells[0] == "" || strings.HasPrefix(cells[0], "-") || cells[1] == "rule" || cells[1] == "idea" {
			continue
		}
		rows++
		for _, m := range inTicks.FindAllStringSubmatch(cells[2], -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s: %v", cells[0], err)
			}
		}
		if !heldBy(t, cells[0], cells[3]) {
			t.Errorf("%s: names no test", cells[0])
		}
	}
	if rows != 30+15 {
		t.Errorf("%d rows, want thirty rules and fifteen ideas", rows)
	}
}

// heldBy checks a cell's tests: a folder in backticks, then names of tests in it, or in
// words one check of the store's conformance suite.
func heldBy(t *testing.T, row, cell string) (any bool) {
	places := inTicks.FindAllStringSubmatchIndex(cell, -1)
	for i, at := range places {
		folder, end := cell[at[2]:at[3]], len(cell)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		words := strings.Trim(cell[at[1]:end], " ;,()")
		names := testName.FindAllString(words, -1)
		source := testsIn(t, folder)
		for _, name := range names {
			if any = true; !strings.Contains(source, "\nfunc "+name+"(") {
				t.Errorf("%s: there is no %s in %s", row, name, folder)
			}
		}
		if len(names) == 0 && words != "" {
			if any = true; !strings.Contains(source, `{"`+words+`", `) {
				t.Errorf("%s: there is no check %q in %s", row, words, folder)
			}
		}
	}
	return any
}

// testsIn is the source of a folder's tests.
func testsIn(t *testing.T, folder string) string {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
