package conversations

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Puzzle adds to m.Fields what its provider told of it and nobody here understands, such as a
// status or a parameter that is new. It returns a sentence for the history; "" if all of it is there.
func (m *Message) Puzzle(fields map[string]string) string {
	var told []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if was, ok := m.Fields[name]; !ok || was != fields[name] {
			told = append(told, fmt.Sprintf("%s %q", name, fields[name]))
		}
	}
	if len(told) == 0 {
		return ""
	}
	all := maps.Clone(m.Fields)
	if all == nil {
		all = make(map[string]string, len(fields))
	}
	maps.Copy(all, fields)
	m.Fields = all
	return "the provider reports what is not known here: " + strings.Join(told, ", ")
}
