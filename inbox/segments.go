package inbox

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// SegmentsView is what a text costs by SMS.
type SegmentsView struct {
	Encoding string       `json:"encoding" enum:"GSM-7,UCS-2"`
	Segments int          `json:"segments" doc:"Each is charged"`
	Units    int          `json:"units" doc:"Septets of GSM-7, 16-bit units of UCS-2"`
	Room     int          `json:"room" doc:"Units that still fit before another segment begins"`
	Forcing  *ForcingView `json:"forcing,omitempty" doc:"The first character that GSM-7 does not have"`
	Plain    *PlainView   `json:"plain,omitempty" doc:"The same in plain letters, where that costs less"`
	TooLong  bool         `json:"too_long" doc:"Longer than one message can be"`
}

// ForcingView is a character that makes a text twice as dear.
type ForcingView struct {
	Character string `json:"character"`
	At        int    `json:"at" doc:"Its place, in characters from 0"`
}

// PlainView is a text in the letters of GSM-7.
type PlainView struct {
	Text     string `json:"text"`
	Segments int    `json:"segments"`
}

type segmentsInput struct {
	Body struct {
		Text string `json:"text" maxLength:"100000"`
	}
}

type segmentsAnswer struct{ Body SegmentsView }

func (a *API) registerSegments() {
	add(a, huma.Operation{
		OperationID: "count-segments", Method: http.MethodPost, Path: "/v1/segments", Tags: []string{"Messages"},
		Summary: "What a text costs by SMS, which character makes it dear, and the same in plain letters",
	}, func(_ context.Context, in *segmentsInput) (*segmentsAnswer, error) {
		if a.Segments == nil {
			return nil, fault("body", "no SMS is configured")
		}
		return &segmentsAnswer{a.Segments(in.Body.Text)}, nil
	})
}
