package main

import (
	"encoding/json"
	"fmt"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/templates"
)

// templateCmd works on templates.
type templateCmd struct {
	Render templateRenderCmd `cmd:"" help:"Print the rendered message with segments and warnings."`
}

// templateRenderCmd renders a template.
type templateRenderCmd struct {
	withConfig
	Name     string `arg:"" help:"The template's name."`
	Language string `required:"" help:"en, ar, ms."`
	Channel  string `required:"" enum:"email,sms,whatsapp,voice" help:"email, sms, whatsapp, voice."`
	Vars     string `default:"{}" help:"Variables, as a JSON object." placeholder:"JSON"`

	vars map[string]any
}

// Validate reads the variables.
func (c *templateRenderCmd) Validate() error {
	if err := json.Unmarshal([]byte(c.Vars), &c.vars); err != nil {
		return fmt.Errorf("--vars: not a JSON object: %w", err)
	}
	return nil
}

// Run implements the command.
func (c *templateRenderCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	library, err := loadTemplates(cfg.Templates)
	if err != nil {
		return err
	}
	r, err := library.Render(c.Name, c.Language, channels.Kind(c.Channel), c.vars, templates.Options{Now: now(), Timezone: cfg.Timezone})
	if err != nil {
		return err
	}
	out := json.NewEncoder(e.stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(r)
}
