package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
)

// few is a folder with one file of labelled messages, so that training is quick.
func few(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../routing/training/" + name)
	must(t, err)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "few.jsonl"), text, 0o600))
	return dir
}

// An officer says that a message was something else: the next model knows, is named in
// what it decides, and can be put away again.
func TestACorrectionIsLearned(t *testing.T) {
	t.Parallel()
	base := few(t, "everyday-01.jsonl")
	h, _ := outside(t)
	h.write(simulator.Inbound{From: "+966505550101", Text: "zorgle fribbit kwanza lumtum"})
	c := h.from("+966505550101")
	h.run("", "train", "--base", base).want(0, "nothing new to learn from")
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"desk": "booking", "category": "special_request"}).want(http.StatusOK)

	said := h.run("", "train", "--base", base).want(0, "without yours", "yours       1 messages", "ours      214 messages", "in use, by a running gateway within seconds; back with 'caravan model use builtin'")
	said.complains("and 1 of yours")
	name := modelNamed(t, said.out)
	h.run("", "model", "list").want(0, "  builtin ", "* "+name)
	h.understands(name)
	h.write(simulator.Inbound{From: "+966505550102", Text: "zorgle fribbit kwanza lumtum"})
	again := h.from("+966505550102")
	if again.Category != "special_request" {
		t.Errorf("learned nothing: %s/%s", again.Desk, again.Category)
	}
	h.names(again.ID, name)

	h.run("", "model", "use", "nothing").want(1).complains("there are: builtin, " + name)
	h.run("", "model", "use", "builtin").want(0, "builtin is in use")
	h.run("", "model", "list").want(0, "* builtin ", "  "+name)
	builtin := routing.BuiltinModel().Name
	h.understands(builtin)
	h.write(simulator.Inbound{From: "+966505550103", Text: "zorgle fribbit kwanza lumtum"})
	h.names(h.from("+966505550103").ID, builtin)
}

// understands waits until the running gateway says that it took a model.
func (h *house) understands(model string) {
	h.t.Helper()
	eventually(h.t, "the gateway takes model "+model, func() error {
		return wrong(strings.Contains(h.log.String(), "understood with another model") && strings.Contains(h.log.String(), model), "it has not")
	})
}

// names fails unless the decision about a conversation names the model that made it.
func (h *house) names(id conversations.ID, model string) {
	h.t.Helper()
	for _, e := range h.history(id) {
		if e.Type == conversations.EventClassified && strings.Contains(e.Why, "model "+model) {
			return
		}
	}
	h.t.Errorf("the decision does not name model %s", model)
}

// modelNamed is the name of the model that a command says it wrote.
func modelNamed(t *testing.T, out string) string {
	t.Helper()
	_, rest, ok := strings.Cut(out, "\nmodel ")
	name, _, cut := strings.Cut(rest, " written to ")
	if !ok || !cut {
		t.Fatalf("no model was written:\n%s", out)
	}
	return name
}

func TestAWorseModelIsRefused(t *testing.T) {
	t.Parallel()
	base, wrong := few(t, "everyday-01.jsonl"), t.TempDir()
	text, err := os.ReadFile(filepath.Join(base, "few.jsonl"))
	must(t, err)
	var lies strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var m map[string]any
		must(t, json.Unmarshal([]byte(line), &m))
		want := m["want"].(map[string]any)
		want["desk"], want["category"] = "booking", []string{"refund", "payment"}[i%2]
		m["id"] = "lie-" + m["id"].(string)
		b, err := json.Marshal(m)
		must(t, err)
		lies.Write(append(b, '\n'))
	}
	must(t, os.WriteFile(filepath.Join(wrong, "lies.jsonl"), []byte(lies.String()), 0o600))
	out := filepath.Join(t.TempDir(), "new.model")
	printed, errs, code := caravan(t, nil, "", "train", "--base", base, "--data", wrong, "--no-corrections", "--out", out)
	ran{t, printed, errs, code}.want(1).complains("worse at our messages and is not kept", "category")
	if _, err := os.Stat(out); err == nil {
		t.Error("it was written")
	}

	printed, errs, code = caravan(t, nil, "", "train", "--base", base, "--data", few(t, "first.jsonl"), "--no-corrections", "--out", out)
	name := modelNamed(t, ran{t, printed, errs, code}.want(0).out)
	printed, errs, code = caravan(t, nil, `{"id":"1","channel":"sms","text":"where is my parcel"}`, "classify", "--model", out)
	ran{t, printed, errs, code}.want(0, "understood by model "+name)
}
