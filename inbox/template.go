package inbox

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// TemplatePath names the template that a route is about.
type TemplatePath struct {
	Name string `path:"name" maxLength:"100"`
}

type templateAnswer struct {
	Body templates.Template
}

type templatesAnswer struct {
	Body page[templates.Template]
}

type preview struct {
	TemplatePath
	Body struct {
		Channel   string         `json:"channel,omitempty" enum:"email,sms,whatsapp,voice" doc:"The template's first if left out"`
		Language  string         `json:"language,omitempty" maxLength:"35"`
		Variables map[string]any `json:"variables,omitempty" doc:"All that the template wants"`
		Sample    bool           `json:"sample,omitempty" doc:"Fill in made-up values for the variables that are left out"`
	}
}

type reloadAnswer struct {
	Body struct {
		Templates int `json:"templates" doc:"How many there are now"`
	}
}

type previewAnswer struct {
	Body templates.Rendered
}

func (a *API) registerTemplates() {
	tags := []string{"Templates"}
	add(a, huma.Operation{
		OperationID: "list-templates", Method: http.MethodGet, Path: "/v1/templates", Summary: "A page of templates, by name", Tags: tags,
	}, a.listTemplates)
	add(a, huma.Operation{
		OperationID: "get-template", Method: http.MethodGet, Path: "/v1/templates/{name}", Summary: "One template", Tags: tags,
	}, func(_ context.Context, in *TemplatePath) (*templateAnswer, error) {
		t, err := a.Templates.Get(in.Name)
		if err != nil {
			return nil, err
		}
		return &templateAnswer{shownTemplate(t)}, nil
	})
	add(a, huma.Operation{
		OperationID: "preview-template", Method: http.MethodPost, Path: "/v1/templates/{name}/preview", Summary: "The message as the customer would get it",
		DefaultStatus: http.StatusOK, Tags: tags,
	}, a.preview)
	add(a, huma.Operation{
		OperationID: "reload-templates", Method: http.MethodPost, Path: "/v1/templates/reload", Tags: tags, DefaultStatus: http.StatusOK,
		Summary:     "Read the template files anew (supervisors)",
		Description: "A set with a fault is refused whole, each fault named by file and line, and the one before stays.",
	}, a.reloadTemplates)
}

func (a *API) reloadTemplates(ctx context.Context, _ *struct{}) (*reloadAnswer, error) {
	if !callerOf(ctx).officer.Role.AtLeast(conversations.RoleSupervisor) {
		return nil, errForbidden
	}
	if a.Reload != nil {
		if err := a.Reload(); err != nil {
			return nil, err
		}
	}
	out := &reloadAnswer{}
	out.Body.Templates = len(a.Templates.List())
	return out, nil
}

func (a *API) listTemplates(_ context.Context, in *Paging) (*templatesAnswer, error) {
	all := slices.DeleteFunc(a.Templates.List(), func(t templates.Template) bool { return t.Purpose == templates.Staff })
	list, next, err := paged(all, in, func(t templates.Template) string { return t.Name })
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = shownTemplate(list[i])
	}
	return &templatesAnswer{pageOf(list, next)}, nil
}

func (a *API) preview(_ context.Context, in *preview) (*previewAnswer, error) {
	t, err := a.Templates.Get(in.Name)
	if err != nil {
		return nil, err
	}
	on := channels.Kind(in.Body.Channel)
	if on == "" && len(t.Channels) > 0 {
		on = t.Channels[0]
	}
	given := in.Body.Variables
	if in.Body.Sample {
		given = a.Templates.Samples(in.Name, cmp.Or(in.Body.Language, "en"))
		maps.Copy(given, in.Body.Variables)
	}
	r, err := a.render(&Words{Template: in.Name, Language: in.Body.Language, Variables: given}, conversations.Conversation{}, on)
	if err != nil {
		return nil, err
	}
	r.Warnings = some(r.Warnings)
	return &previewAnswer{r}, nil
}

func shownTemplate(t templates.Template) templates.Template {
	t.Languages, t.Channels, t.Variables = some(t.Languages), some(t.Channels), some(t.Variables)
	return t
}
