package daily

import (
	"fmt"
	"strconv"

	"github.com/caravan-desk/caravan/reports"
)

// Lines are every figure in a line of words: what came in and was done, and the others. Where
// nothing was observed there is no figure. It is pure.
func Lines(cases []reports.Case, q reports.Query) (volume, figures []string, err error) {
	for _, r := range reports.Reports {
		t, err := r.Make(cases, q, nil)
		if err != nil {
			return nil, nil, err
		}
		for i, f := range t.Total.Values {
			line := figure(t.Columns[i], f)
			switch {
			case r.Name == reports.Reports[0].Name:
				volume = append(volume, line)
			case f.N > 0 && len(figures) < rowsOfList:
				figures = append(figures, r.Title+" · "+line)
			}
		}
	}
	if len(figures) == 0 {
		figures = []string{"Nothing else was observed"}
	}
	return volume, figures, nil
}

// figure is a figure in words, with how many observations it is made of where that says more.
func figure(c reports.Column, f reports.Figure) string {
	if f.Value == nil {
		return c.Title + ": –"
	}
	value := strconv.FormatFloat(*f.Value, 'f', -1, 64)
	switch c.Unit {
	case "percent":
		return fmt.Sprintf("%s: %s %% of %d", c.Title, value, f.N)
	case "minutes":
		return fmt.Sprintf("%s: %s minutes (%d)", c.Title, value, f.N)
	case "points":
		return fmt.Sprintf("%s: %s (%d)", c.Title, value, f.N)
	}
	return c.Title + ": " + value
}
