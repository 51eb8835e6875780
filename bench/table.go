package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// table is what the run found.
type table struct {
	rows [][4]string
	took time.Duration
}

func (t *table) add(what, how, result, goal string) {
	t.rows = append(t.rows, [4]string{what, how, result, goal})
}

func (t *table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What it does in a second\n\nMade by `make bench` in %s on %s, %s: %s. Load %s before the end.\n"+
		"Client, server and Redis share the cores. Hold ratios, not absolutes.\n\n", t.took.Round(time.Second), time.Now().Format(time.DateOnly), revision(), machine(), loadAverage())
	b.WriteString("| what | how | result | goal |\n|---|---|---|---|\n")
	for _, r := range t.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(r[:], " | "))
	}
	return b.String()
}

// short writes a duration in ms.
func short(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

func machine() string {
	model := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == "model name" {
				model = strings.TrimSpace(v)
				break
			}
		}
	}
	return fmt.Sprintf("%d cores of %s, %s, %s", runtime.NumCPU(), model, runtime.Version(), first("redis-server", "--version"))
}

func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	return strings.Join(strings.Fields(string(b))[:1], " ")
}

func revision() string { return "revision " + first("git", "describe", "--always", "--dirty") }

// first is a program's first words.
func first(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return name + " unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	f := strings.Fields(line)
	return strings.Join(f[:min(len(f), 3)], " ")
}

// medianRun is the one with the median rate.
func medianRun(runs []*fed) *fed {
	runs = slices.Clone(runs)
	slices.SortFunc(runs, func(a, b *fed) int { return int(a.rate() - b.rate()) })
	return runs[len(runs)/2]
}
