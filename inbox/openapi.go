package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/conversations"
)

func init() { // both are huma's own globals; no other package of ours imports it
	huma.NewError = newProblem
	huma.DefaultArrayNullable = false
}

// open is the security of a route that needs no sign-in.
var open = []map[string][]string{{}}

// newHuma makes the typed part of the API: no documentation from elsewhere, no
// $schema and Link in answers, JSON only.
func newHuma(app *fiber.App) huma.API {
	config := huma.DefaultConfig("Caravan", "1")
	config.Info.Description = "The officers' API. Every error is an RFC 9457 problem; the part of its type after the last slash is stable. " +
		"POST honours Idempotency-Key; writes honour If-Match with the version as ETag gives it."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "caravan token create"},
		"cookie": {Type: "apiKey", In: "cookie", Name: "caravan", Description: "Set by POST /v1/session; __Host-caravan where the gateway is asked over https. Writes also need X-CSRF-Token."},
	}
	config.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	return humafiber.New(app, config)
}

// add registers a typed route. Its errors go through the table in problem.go.
func add[I, O any](a *API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	op.BodyReadTimeout = -1 // Fiber has read the body before
	withKey(&op)
	if op.Method == http.MethodPatch {
		op.Middlewares = append(op.Middlewares, a.refuseNulls)
	}
	handle = timely(handle)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			p := a.problem(err)
			a.log(ctx, p, op.Method, op.Path)
			return nil, p
		}
		return out, nil
	})
}

// withKey documents what every POST takes.
func withKey(op *huma.Operation) {
	if op.Method == http.MethodPost && op.Path != "/v1/session" && strings.HasPrefix(op.Path, "/v1/") {
		limit := 255
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &limit},
			Description: "The same key with the same body is done once and answered the same for 24 hours",
		})
	}
}

// answer is the form of a plain route's success.
type answer struct {
	status  int
	media   string
	content reflect.Type // nil: bytes or text
}

// plain registers a Fiber handler and describes it in the same document. I holds
// its parameters, in huma's tags; they are documented, not parsed.
func plain[I any](a *API, app *fiber.App, op huma.Operation, out answer, handle fiber.Handler) {
	registry := a.huma.OpenAPI().Components.Schemas
	op.Parameters = append(op.Parameters, parameters(registry, reflect.TypeFor[I]())...)
	withKey(&op)
	schema := &huma.Schema{Type: huma.TypeString}
	if out.content != nil {
		schema = registry.Schema(out.content, true, op.OperationID)
	}
	op.Responses = map[string]*huma.Response{
		fmt.Sprint(out.status): {Description: http.StatusText(out.status), Content: map[string]*huma.MediaType{out.media: {Schema: schema}}},
		"default": {Description: "Error", Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: registry.Schema(reflect.TypeFor[Problem](), true, "Problem")},
		}},
	}
	a.huma.OpenAPI().AddOperation(&op)
	app.Add(op.Method, fiberPath(op.Path), handle)
}

// fiberPath is an OpenAPI path in Fiber's way of writing.
func fiberPath(path string) string {
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		switch path[i] {
		case '{':
			out = append(out, ':')
		case '}':
		default:
			out = append(out, path[i])
		}
	}
	return string(out)
}

// parameters describes the fields of a plain handler's parameters.
func parameters(registry huma.Registry, t reflect.Type) []*huma.Param {
	var out []*huma.Param
	for _, f := range reflect.VisibleFields(t) {
		for _, in := range []string{"path", "query", "header"} {
			if name := f.Tag.Get(in); name != "" && !f.Anonymous {
				p := &huma.Param{Name: name, In: in, Required: in == "path", Description: f.Tag.Get("doc"), Schema: huma.SchemaFromField(registry, f, name)}
				if f.Type.Kind() == reflect.Slice {
					p.Explode = new(bool) // separated by commas
				}
				out = append(out, p)
			}
		}
	}
	return out
}

// describe writes the document once all routes are there.
func (a *API) describe() []byte {
	doc := a.huma.OpenAPI()
	schemas := doc.Components.Schemas.Map()
	orNull(schemas["Conversation"], "assignee")
	orNull(schemas["Joined"], "assignee")
	orNull(schemas["Message"], "error")
	orNull(schemas["Callback"], "owner")
	orNull(schemas["RoundItem"], "tick")
	orNull(schemas["RoundItem"], "row")
	oneOf(schemas["Conversation"], "status", conversations.Statuses)
	oneOf(schemas["Conversation"], "priority", conversations.Priorities)
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err) // the document is made of our own types; a test reads it
	}
	return b
}

// orNull says that a property that refers to an object may be null, which huma cannot.
func orNull(s *huma.Schema, property string) {
	s.Properties[property] = &huma.Schema{AnyOf: []*huma.Schema{s.Properties[property], {Type: "null"}}}
}

func oneOf[T any](s *huma.Schema, property string, values []T) {
	s.Properties[property].Enum = nil
	for _, v := range values {
		s.Properties[property].Enum = append(s.Properties[property].Enum, v)
	}
}
