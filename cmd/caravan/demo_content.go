package main

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/templates"
)

// opening is what the demo's WhatsApp has approved for every template: enough to make
// the customer write, which opens the window for the rest.
var opening = map[string]string{
	"en": "Caravan: there is news about {{1}}. Please reply to this message and we will send you the details%s.",
	"ar": "كارفان: لدينا مستجدات بشأن {{1}}. نرجو الرد على هذه الرسالة لنرسل إليكم التفاصيل%s.",
	"ms": "Caravan: terdapat perkembangan mengenai {{1}}. Sila balas mesej ini untuk butirannya%s.",
}

// approve registers a text for each template with the stand-in WhatsApp.
func (w *world) approve(all []templates.Template) {
	for _, t := range all {
		if t.WhatsApp == nil || t.WhatsApp.Content == "" || len(t.WhatsApp.Variables) == 0 {
			continue
		}
		var more strings.Builder
		for i := 1; i < len(t.WhatsApp.Variables); i++ {
			fmt.Fprintf(&more, " ({{%d}})", i+1)
		}
		for _, language := range t.Languages {
			if text, ok := opening[language]; ok {
				sid := fmt.Sprintf("HX%x", sha256.Sum256([]byte(t.Name+language)))[:34]
				w.sim.AddContent(sid, simulator.Content{Name: t.WhatsApp.Content, Language: language, Body: fmt.Sprintf(text, more.String())})
			}
		}
	}
}
