package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/redis/go-redis/v9"
	twilioclient "github.com/twilio/twilio-go/client"

	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/conversations/redisstore/embedded"
)

// serveFloor is the least that a webhook can be answered with: check the
// signature, write the raw form down with one XADD, answer. Its Redis is started
// by the same code, with the same settings, as the gateway's.
func serveFloor(kind, addr, dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server, err := embedded.Start(ctx, embedded.Options{DataDir: dir})
	if err != nil {
		return err
	}
	if !server.Durable() {
		return errors.New("the floor needs a redis-server on PATH")
	}
	defer server.Stop(context.Background())
	client := redis.NewClient(&redis.Options{Network: server.Network(), Addr: server.Addr(), PoolSize: 32, Dialer: dialUnix(server.Addr())})
	defer client.Close()
	validator, err := twilio.NewValidator(public, token)
	if err != nil {
		return err
	}
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	app.Get("/readyz", func(c *fiber.Ctx) error { return client.Ping(c.UserContext()).Err() })
	handler := lean(validator, client)
	if kind == plainFloor {
		handler = plain(client)
	}
	app.Post("/webhooks/twilio/:kind", handler)
	context.AfterFunc(ctx, func() { _ = app.ShutdownWithTimeout(time.Second) })
	return app.Listen(addr)
}

func dialUnix(socket string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
}

// lean is the floor of our own validator and parser.
func lean(v *twilio.Validator, client *redis.Client) fiber.Handler {
	return func(c *fiber.Ctx) error {
		req := c.Request()
		form, err := twilio.ParseForm(req.Body())
		if err != nil {
			return c.SendStatus(fiber.StatusBadRequest)
		}
		if !v.Valid(string(req.Header.RequestURI()), form, string(req.Header.Peek(twilio.SignatureHeader))) {
			return c.SendStatus(fiber.StatusForbidden)
		}
		if err := client.XAdd(c.UserContext(), &redis.XAddArgs{Stream: "log", Values: []any{"form", req.Body()}}).Err(); err != nil {
			return c.SendStatus(fiber.StatusServiceUnavailable)
		}
		c.Response().Header.SetContentType("text/xml; charset=utf-8")
		c.Response().SetBodyString("<Response/>")
		return nil
	}
}

// plain is the floor as one writes it with the libraries as they come: the
// provider's own validator, the form as Fiber gives it.
func plain(store *redis.Client) fiber.Handler {
	validator := twilioclient.NewRequestValidator(token)
	return func(c *fiber.Ctx) error {
		form := map[string]string{}
		for k, v := range c.Request().PostArgs().All() {
			form[string(k)] = string(v)
		}
		if !validator.Validate(public+c.OriginalURL(), form, c.Get(twilio.SignatureHeader)) {
			return c.SendStatus(fiber.StatusForbidden)
		}
		if err := store.XAdd(c.UserContext(), &redis.XAddArgs{Stream: "log", Values: form}).Err(); err != nil {
			return c.SendStatus(fiber.StatusServiceUnavailable)
		}
		c.Set(fiber.HeaderContentType, "text/xml; charset=utf-8")
		return c.SendString("<Response/>")
	}
}
