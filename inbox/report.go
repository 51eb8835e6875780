package inbox

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/reports"
)

// reportParams are what a report is asked for; reportQuery reads them.
type reportParams struct {
	Name    string `path:"name" doc:"As GET /v1/reports lists them"`
	From    string `query:"from" doc:"A date of the desk's own calendar, or an instant; a week before to if left out"`
	To      string `query:"to" doc:"The same; a date is counted to its end. Now if left out"`
	Desk    string `query:"desk"`
	GroupBy string `query:"group_by" enum:"desk,category,officer,channel,language,priority,carrier,status,round,clock,hour,day,week,month"`
}

type reportItemsParams struct {
	reportParams
	Metric string `query:"metric" doc:"A column of the report"`
	Group  string `query:"group" doc:"A row of the report; all if left out"`
}

// ReportView is a report that can be asked for.
type ReportView struct {
	Name    string           `json:"name"`
	Title   string           `json:"title"`
	Columns []reports.Column `json:"columns"`
	GroupBy []string         `json:"group_by" doc:"What rows can be made by"`
}

// reportTerm is how much time one report may cover.
const reportTerm = 400 * 24 * time.Hour

func (a *API) registerReports(app *fiber.App) {
	tags := []string{"Reports"}
	plain[struct{}](a, app, huma.Operation{
		OperationID: "list-reports", Method: http.MethodGet, Path: "/v1/reports", Summary: "The reports there are", Tags: tags,
	}, answer{200, fiber.MIMEApplicationJSON, reflect.TypeFor[page[ReportView]]()}, a.listReports)
	op := huma.Operation{
		OperationID: "get-report", Method: http.MethodGet, Path: "/v1/reports/{name}", Tags: tags,
		Summary: "One report; with Accept: text/csv as a table",
	}
	plain[reportParams](a, app, op, answer{200, fiber.MIMEApplicationJSON, reflect.TypeFor[reports.Table]()}, a.getReport)
	a.huma.OpenAPI().Paths[op.Path].Get.Responses["200"].Content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	plain[reportItemsParams](a, app, huma.Operation{
		OperationID: "get-report-items", Method: http.MethodGet, Path: "/v1/reports/{name}/items", Tags: tags,
		Summary: "The observations that a figure of a report was made of, the oldest first",
	}, answer{200, fiber.MIMEApplicationJSON, reflect.TypeFor[page[reports.Item]]()}, a.reportItems)
}

func (a *API) listReports(c *fiber.Ctx) error {
	var views []ReportView
	for _, r := range reports.Reports {
		views = append(views, ReportView{r.Name, r.Title, r.Columns(), reports.Groups})
	}
	return c.JSON(pageOf(views, ""))
}

func (a *API) getReport(c *fiber.Ctx) error {
	r, q, cases, err := a.reported(c)
	if err != nil {
		return err
	}
	names, err := a.officerNames(c, q)
	if err != nil {
		return err
	}
	t, err := r.Make(cases, q, names)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if c.Accepts(fiber.MIMEApplicationJSON, "text/csv") != "text/csv" {
		return c.JSON(t)
	}
	sheet, err := spreadsheet(t)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-%s.csv"`, t.Name, t.From.Format(time.DateOnly)))
	return c.Send(sheet)
}

func (a *API) reportItems(c *fiber.Ctx) error {
	r, q, cases, err := a.reported(c)
	if err != nil {
		return err
	}
	items, err := r.Behind(c.Query("metric"), cases, q)
	if err != nil {
		return fault("query.metric", "%s", err.Error())
	}
	if c.Context().QueryArgs().Has("group") {
		group := c.Query("group")
		items = slices.DeleteFunc(items, func(i reports.Item) bool { return i.Group != group })
	}
	return c.JSON(pageOf(items, ""))
}

// reported is what a report is asked for, with the cases to make it of.
func (a *API) reported(c *fiber.Ctx) (reports.Report, reports.Query, []reports.Case, error) {
	r, q, err := a.reportQuery(c)
	if err != nil {
		return r, q, nil, err
	}
	cases, err := reports.Cases(c.UserContext(), a.Store, q.Desk, q.From, a.Now())
	if err != nil {
		return r, q, nil, fmt.Errorf("report: %w", err)
	}
	return r, q, cases, nil
}

// officerNames are for rows by officer.
func (a *API) officerNames(c *fiber.Ctx, q reports.Query) (map[conversations.OfficerID]string, error) {
	if q.GroupBy != "officer" {
		return nil, nil
	}
	all, err := a.Store.Officers(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("list officers: %w", err)
	}
	names := map[conversations.OfficerID]string{}
	for _, o := range all {
		names[o.ID] = o.Name
	}
	return names, nil
}

// reportQuery reads what a report is asked for.
func (a *API) reportQuery(c *fiber.Ctx) (reports.Report, reports.Query, error) {
	r, ok := reports.Find(c.Params("name"))
	if !ok {
		return r, reports.Query{}, conversations.ErrNotFound
	}
	zone := a.Timezone
	if zone == nil {
		zone = time.UTC
	}
	in := asked{c: c}
	q := reports.Query{To: a.Now(), Desk: in.text("desk"), GroupBy: oneOfThese(&in, "group_by", reports.Groups), Zone: zone}
	if at, ok := in.instant("to", zone, 1); ok {
		q.To = at
	}
	q.From = q.To.AddDate(0, 0, -7)
	if at, ok := in.instant("from", zone, 0); ok {
		q.From = at
	}
	switch {
	case !q.From.Before(q.To):
		in.bad("from", "is not before to")
	case q.To.Sub(q.From) > reportTerm:
		in.bad("from", "is more than %d days before to", int(reportTerm.Hours()/24))
	}
	if len(in.faults) > 0 {
		return r, q, invalid(in.faults...)
	}
	return r, q, nil
}

// instant reads a date, to which days are added, or a time.
func (q *asked) instant(name string, zone *time.Location, days int) (time.Time, bool) {
	s := q.text(name)
	if s == "" {
		return time.Time{}, false
	}
	if day, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return day.AddDate(0, 0, days).UTC(), true
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		q.bad(name, "is neither a date nor a time (RFC 3339)")
		return time.Time{}, false
	}
	return at.UTC(), true
}

// spreadsheet writes a table as CSV (RFC 4180), a column of how many behind each
// figure. What could be taken for a formula gets an apostrophe in front.
func spreadsheet(t reports.Table) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"group"}
	for _, c := range t.Columns {
		head = append(head, c.Name+" ("+c.Unit+")", c.Name+" n")
	}
	rows := append(slices.Clone(t.Rows), t.Total)
	rows[len(rows)-1].Group = "total"
	lines := [][]string{head}
	for _, r := range rows {
		name := r.Group
		if r.Title != "" {
			name = r.Title
		}
		if strings.ContainsAny(name[:min(1, len(name))], "=+-@\t\r") {
			name = "'" + name
		}
		line := []string{name}
		for _, f := range r.Values {
			value := ""
			if f.Value != nil {
				value = strconv.FormatFloat(*f.Value, 'f', -1, 64)
			}
			line = append(line, value, strconv.Itoa(f.N))
		}
		lines = append(lines, line)
	}
	err := w.WriteAll(lines)
	return b.Bytes(), err
}
