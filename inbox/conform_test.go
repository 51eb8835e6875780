package inbox

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// conforms holds an answer against the served document.
func (h *house) conforms(a ask, g *got) {
	h.Helper()
	path, _, _ := strings.Cut(a.path, "?")
	if path == "/openapi.json" || !strings.HasPrefix(path, "/v1/") && !strings.HasSuffix(path, "z") {
		return
	}
	doc, schemas := h.document()
	template := templateOf(doc, path, strings.ToLower(a.method))
	if template == "" { // no such route: a problem it must be all the same
		if _, err := schemas.Compile("api.json#/components/schemas/Problem"); err != nil || g.StatusCode < 400 {
			h.Fatalf("%s %s is not in the document (%v)", a.method, path, err)
		}
		template = "/v1/me"
		a.method = "GET"
	}
	op := doc["paths"].(map[string]any)[template].(map[string]any)[strings.ToLower(a.method)].(map[string]any)
	responses := op["responses"].(map[string]any)
	status := fmt.Sprint(g.StatusCode)
	if g.StatusCode >= 400 {
		status = "default"
	}
	described, ok := responses[status].(map[string]any)
	if !ok {
		h.Fatalf("%s %s: %d is not among the answers of %s", a.method, path, g.StatusCode, template)
	}
	content, _ := described["content"].(map[string]any)
	if g.StatusCode == http.StatusNoContent {
		if len(g.text) > 0 || len(content) > 0 {
			h.Fatalf("%s %s: 204 with a body", a.method, path)
		}
		return
	}
	media := strings.Split(g.Header.Get("Content-Type"), ";")[0]
	if _, ok := content["*/*"]; ok && g.StatusCode < 300 {
		return
	}
	if _, ok := content[media]; !ok {
		h.Fatalf("%s %s: %q is not among %v", a.method, path, media, content)
	}
	if g.json == nil {
		return
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	where := fmt.Sprintf("api.json#/paths/%s/%s/responses/%s/content/%s/schema", escape.Replace(template), strings.ToLower(a.method), status, escape.Replace(media))
	schema, err := schemas.Compile(where)
	if err != nil {
		h.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(g.text))
	if err != nil {
		h.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		h.Fatalf("%s %s: %v\n%s", a.method, path, err, g.text)
	}
}

// document is the served document and a compiler of its schemas.
func (h *house) document() (map[string]any, *jsonschema.Compiler) {
	h.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(h.api.document()))
	if err != nil {
		h.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("api.json", doc); err != nil {
		h.Fatal(err)
	}
	return doc.(map[string]any), c
}

// templateOf finds the path of the document that a request's path is of.
func templateOf(doc map[string]any, path, method string) string {
	best := ""
	for template := range maps.Keys(doc["paths"].(map[string]any)) {
		ops := doc["paths"].(map[string]any)[template].(map[string]any)
		if _, ok := ops[method]; ok && fits(template, path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	return best
}

func fits(template, path string) bool {
	t, p := strings.Split(template, "/"), strings.Split(path, "/")
	if len(t) != len(p) {
		return false
	}
	for i := range t {
		if t[i] != p[i] && !(strings.HasPrefix(t[i], "{") && p[i] != "") {
			return false
		}
	}
	return true
}
