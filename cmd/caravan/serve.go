package main

// serveCmd runs the gateway.
type serveCmd struct {
	withConfig
}

// Run implements the command.
func (c *serveCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	a, err := newApp(e.ctx, cfg, e.log)
	if err != nil {
		return err
	}
	return a.run(e.ctx)
}
