package inbox

import (
	"context"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
)

// readyTerm is how long one check may take.
const readyTerm = 2 * time.Second

// Health says that the process, or all that it needs, is there.
type Health struct {
	Status string `json:"status" enum:"ok,ready"`
}

func (a *API) registerHealth(app *fiber.App) {
	health := answer{200, fiber.MIMEApplicationJSON, reflect.TypeFor[Health]()}
	tags := []string{"Health"}
	plain[struct{}](a, app, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Summary: "Is the process alive", Security: open, Tags: tags,
	}, health, func(c *fiber.Ctx) error { return c.JSON(Health{"ok"}) })
	plain[struct{}](a, app, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Summary: "Is everything there that it needs; 503 names what is not", Security: open, Tags: tags,
	}, health, a.ready)
	plain[struct{}](a, app, huma.Operation{
		OperationID: "openapi", Method: http.MethodGet, Path: "/openapi.json", Summary: "This document", Security: open, Tags: tags,
	}, answer{200, fiber.MIMEApplicationJSON, reflect.TypeFor[map[string]any]()}, func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(a.document())
	})
	if a.Metrics != nil {
		plain[struct{}](a, app, huma.Operation{
			OperationID: "metrics", Method: http.MethodGet, Path: "/metrics", Summary: "Prometheus metrics", Security: open, Tags: tags,
		}, answer{200, fiber.MIMETextPlain, nil}, adaptor.HTTPHandler(a.Metrics))
	}
}

// ready asks every part at once.
func (a *API) ready(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(context.Background(), readyTerm)
	defer cancel()
	checks := append([]Check{{"store", a.Store.Ready}}, a.Checks...)
	errs := make([]error, len(checks))
	var wg sync.WaitGroup
	for i := range checks {
		wg.Go(func() { errs[i] = checks[i].Ready(ctx) })
	}
	wg.Wait()
	var missing []Fault
	for i, err := range errs {
		if err != nil {
			missing = append(missing, Fault{checks[i].Name, err.Error()})
		}
	}
	if len(missing) > 0 {
		p := invalid(missing...)
		p.Type, p.Status, p.Title = problemBase+"unavailable", http.StatusServiceUnavailable, "Not ready"
		p.set(fiber.HeaderRetryAfter, "1")
		return p
	}
	return c.JSON(Health{"ready"})
}
