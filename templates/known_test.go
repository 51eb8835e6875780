package templates

import (
	"maps"
	"testing"
)

func TestKnown(t *testing.T) {
	tmpl := Template{Variables: []Variable{{Name: "awb", Type: Reference}, {Name: "status", Type: String}, {Name: "name", Type: String}, {Name: "company", Type: String}}}
	for _, c := range []struct {
		name, company, reference string
		want                     map[string]any
	}{
		{"Aisyah", "Caravan", "1086396430", map[string]any{"name": "Aisyah", "company": "Caravan", "awb": "1086396430"}},
		{"", "Caravan", "", map[string]any{"company": "Caravan"}},
		{"", "", "", map[string]any{}},
	} {
		if got := tmpl.Known(c.name, c.company, c.reference); !maps.Equal(got, c.want) {
			t.Errorf("of %q, %q, %q it is known: %v", c.name, c.company, c.reference, got)
		}
	}
	if got := (&Template{}).Known("Aisyah", "Caravan", "1086396430"); len(got) != 0 {
		t.Errorf("told what the template never asked for: %v", got)
	}
}
