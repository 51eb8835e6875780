package inbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Null in a PATCH says "take it away" (RFC 7396 section 1). huma passes over it
// where a field may be left out, so that a change which cannot be made would be
// answered as if it had been: such a request is refused instead. In a POST null
// is a field left out.

// refuseNulls is a middleware for PATCH.
func (a *API) refuseNulls(ctx huma.Context, next func(huma.Context)) {
	body, err := io.ReadAll(ctx.BodyReader())
	if err != nil || !bytes.Contains(body, []byte("null")) {
		next(ctx)
		return
	}
	faults := a.nulls(ctx.Operation(), body)
	if len(faults) == 0 {
		next(ctx)
		return
	}
	p := invalid(faults...)
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	if err := json.NewEncoder(ctx.BodyWriter()).Encode(p); err != nil {
		a.Logger.ErrorContext(ctx.Context(), "request failed", "method", http.MethodPatch, "route", ctx.Operation().Path, "error", err)
	}
}

// nulls lists the fields of a body that are null and may not be. What is no JSON
// object is left to huma's own checks.
func (a *API) nulls(op *huma.Operation, body []byte) []Fault {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return nil
	}
	schema := op.RequestBody.Content["application/json"].Schema
	if schema.Ref != "" {
		schema = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	var faults []Fault
	for name, value := range fields {
		if s, known := schema.Properties[name]; known && string(value) == "null" && !s.Nullable {
			faults = append(faults, Fault{"body." + name, "cannot be null: leave it out, or give what it is to be"})
		}
	}
	return faults
}
