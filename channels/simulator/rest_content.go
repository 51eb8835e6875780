package simulator

import (
	"maps"
	"net/http"
	"slices"
)

// listContents is GET /v1/ContentAndApprovals of Twilio's Content API.
// https://www.twilio.com/docs/content/content-and-approvals-resource
func (s *Simulator) listContents(w http.ResponseWriter, r *http.Request) *restError {
	s.mu.Lock()
	registry, base := s.cfg.Content, s.cfg.BaseURL // the registry is replaced whole when it changes
	s.mu.Unlock()
	sids := slices.Sorted(maps.Keys(registry))
	frame := map[string]any{}
	from, to := page(r, len(sids), frame)
	list := make([]map[string]any, 0, to-from)
	for _, sid := range sids[from:to] {
		list = append(list, contentDoc(s.cfg.AccountSID, sid, registry[sid]))
	}
	meta := map[string]any{"page": frame["page"], "page_size": frame["page_size"], "key": "contents", "next_page_url": nil}
	if next, ok := frame["next_page_uri"].(string); ok {
		meta["next_page_url"] = base + next
	}
	writeJSON(w, http.StatusOK, map[string]any{"contents": list, "meta": meta})
	return nil
}

func contentDoc(account, sid string, c Content) map[string]any {
	variables := map[string]string{}
	for _, m := range placeholder.FindAllStringSubmatch(c.Body, -1) {
		variables[m[1]] = "x"
	}
	return map[string]any{
		"sid": sid, "account_sid": account, "friendly_name": c.Name, "language": c.Language, "variables": variables,
		"types":             map[string]any{"twilio/text": map[string]string{"body": c.Body}},
		"approval_requests": map[string]string{"name": c.Name, "category": "UTILITY", "content_type": "twilio/text", "status": c.approval()},
	}
}

// approval is how the template stands with WhatsApp.
func (c Content) approval() string {
	if c.Status == "" {
		return "approved"
	}
	return c.Status
}
