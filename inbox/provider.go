package inbox

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// providerRoutes are Twilio's webhooks, which channels/twilio/webhooks mounts: path, and what
// Twilio tells there.
var providerRoutes = []struct{ path, summary string }{
	{"/webhooks/twilio/sms", "An SMS came in"},
	{"/webhooks/twilio/whatsapp", "A WhatsApp message came in"},
	{"/webhooks/twilio/status/{message}", "How far a message of ours has got"},
	{"/webhooks/twilio/voice", "A call comes in"},
	{"/webhooks/twilio/voice/{step}", "A caller has come to a step of the menu, or his call has ended"},
	{"/webhooks/twilio/voice/calls/{attempt}/{step}", "A call that we make has come to a step, or has ended"},
}

// describeProvider puts them into the document, so that it shows whatever can be asked.
func (a *API) describeProvider() {
	doc := a.huma.OpenAPI()
	text := &huma.Schema{Type: huma.TypeString}
	for _, r := range providerRoutes {
		op := &huma.Operation{
			OperationID: "twilio-" + strings.NewReplacer("/webhooks/twilio/", "", "/", "-", "{", "", "}", "").Replace(r.path),
			Method:      http.MethodPost, Path: r.path, Tags: []string{"Twilio"}, Security: open, Summary: r.summary,
			Description: "A form with Twilio's parameters; what is not known is kept. Signed over http.public_url. 403: no signature or a wrong one, and nothing is kept. " +
				"400: no form, or a parameter is missing. 503: the store is away. The same MessageSid or CallSid again is answered alike, and nothing is doubled.",
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				"application/x-www-form-urlencoded": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: text}},
			}},
			Responses: map[string]*huma.Response{
				"200":     {Description: "Kept; what Twilio is to do now", Content: map[string]*huma.MediaType{"text/xml": {Schema: text}}},
				"default": {Description: "Not kept", Content: map[string]*huma.MediaType{"text/plain": {Schema: text}}},
			},
		}
		op.Parameters = parameters(doc.Components.Schemas, reflect.TypeFor[providerParams]())
		for part := range strings.SplitSeq(r.path, "/") {
			if name, ok := strings.CutPrefix(part, "{"); ok {
				name = strings.TrimSuffix(name, "}")
				op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: text, Description: fmt.Sprintf("Our own %s", name)})
			}
		}
		doc.AddOperation(op)
	}
	doc.AddOperation(&huma.Operation{
		OperationID: "twilio-media", Method: http.MethodGet, Path: "/webhooks/twilio/media/{blob}", Tags: []string{"Twilio"}, Security: open,
		Summary:    "A file that we send, as Twilio fetches it: the address is signed, and runs out",
		Parameters: []*huma.Param{{Name: "blob", In: "path", Required: true, Schema: text}},
		Responses: map[string]*huma.Response{
			"200":     {Description: "The file", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: text}}},
			"default": {Description: "No such file, or the address is not ours", Content: map[string]*huma.MediaType{"text/plain": {Schema: text}}},
		},
	})
}

type providerParams struct {
	Signature string `header:"X-Twilio-Signature"`
}
