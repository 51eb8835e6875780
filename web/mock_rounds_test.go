package web

import (
	"net/http"
	"time"
)

// The mock holds one round, over what is on the desk trace.

const mockRound = "trace-open_traces-1"

func (m *mock) covered() []obj {
	return where(m.conversations, func(c obj) bool { return c["desk"] == "trace" && in("new,open,on_hold", c["status"]) })
}

func (m *mock) rounds(*http.Request) (int, any) {
	return list(obj{
		"id": mockRound, "desk": "trace", "round": "open_traces", "title": "Every open trace", "state": "open", "items": len(m.covered()), "seen": len(m.ticked),
		"ends_at": time.Now().Add(3 * time.Hour).UTC().Format(time.RFC3339), "outcomes": []string{"progressing", "carrier_chased", "solved"},
	})
}

func (m *mock) roundItems(r *http.Request) (int, any) {
	var out []obj
	for _, c := range m.covered() {
		id := c["id"].(string)
		mine := c["assignee"] != nil && c["assignee"].(obj)["id"] == m.officer["id"]
		if m.ticked[id] == "" && (r.FormValue("assignee") == "" || mine) {
			out = append(out, obj{"conversation": id, "state": "open", "tick": nil, "row": c})
		}
	}
	return list(out...)
}

func (m *mock) tickOff(r *http.Request) (int, any) {
	id := r.PathValue("conversation")
	if m.ticked == nil {
		m.ticked = map[string]string{}
	}
	if m.ticked[id] != "" {
		return 409, problem("taken", 409, "somebody has ticked it off")
	}
	m.ticked[id], _ = body(r)["outcome"].(string)
	return 200, obj{"conversation": id, "state": "seen", "tick": obj{"outcome": m.ticked[id]}, "row": m.find(id)}
}
