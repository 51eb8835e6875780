package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
)

// capacityByDefault is how many conversations a new officer is given at once.
const capacityByDefault = 10

type officerInput struct {
	Body struct {
		Email        string                     `json:"email" minLength:"3" maxLength:"254"`
		Name         string                     `json:"name" minLength:"1" maxLength:"200"`
		Role         conversations.Role         `json:"role,omitempty" enum:"officer,supervisor,admin" default:"officer"`
		Availability conversations.Availability `json:"availability,omitempty" enum:"available,away,offline" default:"offline"`
		Skills       []string                   `json:"skills,omitempty" maxItems:"100" maxLength:"130" doc:"Desks, or desk/category"`
		Languages    []string                   `json:"languages,omitempty" maxItems:"20" minLength:"2" maxLength:"35"`
		Capacity     *int                       `json:"capacity,omitempty" minimum:"0" maximum:"1000" doc:"Conversations at once; 10 if left out"`
		Phone        string                     `json:"phone,omitempty" maxLength:"40"`
		Shift        string                     `json:"shift,omitempty" maxLength:"32" doc:"The calendar of his hours; without one he works whenever he is available"`
		Password     string                     `json:"password,omitempty" minLength:"8" maxLength:"256" doc:"Without one there is no sign-in by password"`
	}
}

type officerPatch struct {
	ID string `path:"id" maxLength:"64"`
	Decided
	Body struct {
		Email        *string                     `json:"email,omitempty" minLength:"3" maxLength:"254"`
		Name         *string                     `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Role         *conversations.Role         `json:"role,omitempty" enum:"officer,supervisor,admin"`
		Availability *conversations.Availability `json:"availability,omitempty" enum:"available,away,offline"`
		Skills       *[]string                   `json:"skills,omitempty" maxItems:"100" maxLength:"130"`
		Languages    *[]string                   `json:"languages,omitempty" maxItems:"20" minLength:"2" maxLength:"35"`
		Capacity     *int                        `json:"capacity,omitempty" minimum:"0" maximum:"1000"`
		Phone        *string                     `json:"phone,omitempty" maxLength:"40"`
		Shift        *string                     `json:"shift,omitempty" maxLength:"32" doc:"The calendar of his hours; empty: whenever he is available"`
		Password     *string                     `json:"password,omitempty" minLength:"8" maxLength:"256"`
		Disabled     *bool                       `json:"disabled,omitempty" doc:"true ends all of the officer's access within a second"`
	}
}

type officerAnswer struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     conversations.Officer
}

type officersAnswer struct {
	Body page[conversations.Officer]
}

func (a *API) registerOfficers() {
	tags := []string{"Officers"}
	add(a, huma.Operation{
		OperationID: "list-officers", Method: http.MethodGet, Path: "/v1/officers", Summary: "A page of officers", Tags: tags,
	}, a.officers)
	add(a, huma.Operation{
		OperationID: "create-officer", Method: http.MethodPost, Path: "/v1/officers", Summary: "Add an officer (supervisors)",
		DefaultStatus: http.StatusCreated, Tags: tags,
	}, a.createOfficer)
	add(a, huma.Operation{
		OperationID: "patch-officer", Method: http.MethodPatch, Path: "/v1/officers/{id}", Tags: tags,
		Summary: "Change an officer (supervisors), or one's own availability, phone and languages",
	}, a.patchOfficer)
}

func (a *API) officers(ctx context.Context, in *Paging) (*officersAnswer, error) {
	list, err := a.Store.Officers(ctx)
	if err != nil {
		return nil, fmt.Errorf("list officers: %w", err)
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(x, y conversations.Officer) int { return cmp.Compare(x.ID, y.ID) })
	list, next, err := paged(list, in, func(o conversations.Officer) string { return string(o.ID) })
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = shownOfficer(list[i])
	}
	return &officersAnswer{pageOf(list, next)}, nil
}

func (a *API) createOfficer(ctx context.Context, in *officerInput) (*officerAnswer, error) {
	who, b := callerOf(ctx).officer, &in.Body
	role := cmp.Or(b.Role, conversations.RoleOfficer)
	if !who.Role.AtLeast(conversations.RoleSupervisor) || !who.Role.AtLeast(role) {
		return nil, errForbidden
	}
	o := conversations.Officer{
		Name: strings.TrimSpace(b.Name), Role: role, Availability: cmp.Or(b.Availability, conversations.Offline),
		Skills: some(b.Skills), Languages: some(b.Languages), Capacity: capacityByDefault, Shift: b.Shift, CreatedAt: a.Now().UTC(),
	}
	if b.Capacity != nil {
		o.Capacity = *b.Capacity
	}
	if err := a.checkSkills(b.Skills); err != nil {
		return nil, err
	}
	if err := a.checkShift(b.Shift); err != nil {
		return nil, err
	}
	if err := a.fill(ctx, &o, &b.Email, &b.Phone, b.Password); err != nil {
		return nil, err
	}
	o, err := a.Store.SaveOfficer(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("save officer: %w", err)
	}
	return &officerAnswer{ETag: etag(o.Version), Location: "/v1/officers/" + string(o.ID), Body: shownOfficer(o)}, nil
}

// checkSkills refuses what no conversation could ask for.
func (a *API) checkSkills(skills []string) error {
	for _, skill := range skills {
		s, err := routing.ParseSkill(skill)
		if err != nil || !a.hasDesk(s.Desk) || s.Category != "" && len(a.Desks) > 0 && !a.hasCategory(s.Desk, s.Category) {
			return fault("body.skills", "one is neither a desk nor desk/category, with or without a level from 1 to 5 as in trace/claim:3")
		}
	}
	return nil
}

// checkShift refuses a calendar that there is not.
func (a *API) checkShift(name string) error {
	if name != "" && (a.Rules == nil || a.Rules.Calendar(name) == nil) {
		return fault("body.shift", "is no calendar of this gateway")
	}
	return nil
}

// fill sets what has to be checked or worked out first.
func (a *API) fill(ctx context.Context, o *conversations.Officer, email, number *string, password string) error {
	if email != nil {
		v, ok := conversations.EmailAddress(strings.ToLower(*email))
		if !ok {
			return fault("body.email", "is not an email address")
		}
		o.Email = v
	}
	if number != nil {
		v, err := phone("body.phone", *number)
		if err != nil {
			return err
		}
		o.Phone = v
	}
	if password == "" {
		return nil
	}
	return a.hashed(ctx, func() (err error) {
		o.Password, err = HashPassword(password)
		return err
	})
}

func (a *API) patchOfficer(ctx context.Context, in *officerPatch) (*officerAnswer, error) {
	rev, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx).officer
	o, err := a.Store.Officer(ctx, conversations.OfficerID(in.ID))
	if errors.Is(err, conversations.ErrNotFound) && !who.Role.AtLeast(conversations.RoleSupervisor) {
		return nil, errForbidden
	}
	if err != nil {
		return nil, fmt.Errorf("load officer: %w", err)
	}
	if !in.allowed(who, o) {
		return nil, errForbidden
	}
	if rev != 0 && rev != o.Version {
		return nil, &staleError{shownOfficer(o), o.Version}
	}
	if o, err = a.amend(ctx, o, in); err != nil {
		return nil, err
	}
	o, err = a.Store.SaveOfficer(ctx, o)
	if errors.Is(err, conversations.ErrStale) {
		if now, lerr := a.Store.Officer(ctx, o.ID); lerr == nil {
			err = &staleError{shownOfficer(now), now.Version}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("save officer: %w", err)
	}
	a.known.forget()
	return &officerAnswer{ETag: etag(o.Version), Body: shownOfficer(o)}, nil
}

// allowed reports whether who may make the change to o: supervisors to those who
// are not above them, everybody to his own availability, phone and languages.
func (in *officerPatch) allowed(who, o conversations.Officer) bool {
	b := &in.Body
	if who.Role.AtLeast(conversations.RoleSupervisor) && who.Role.AtLeast(o.Role) {
		return b.Role == nil || who.Role.AtLeast(*b.Role)
	}
	return who.ID == o.ID && b.Email == nil && b.Name == nil && b.Role == nil && b.Skills == nil &&
		b.Capacity == nil && b.Shift == nil && b.Password == nil && b.Disabled == nil
}

// amend is the officer with the request's fields set.
func (a *API) amend(ctx context.Context, o conversations.Officer, in *officerPatch) (conversations.Officer, error) {
	b := &in.Body
	put(&o.Name, b.Name)
	put(&o.Role, b.Role)
	put(&o.Availability, b.Availability)
	if b.Skills != nil {
		if err := a.checkSkills(*b.Skills); err != nil {
			return o, err
		}
		o.Skills = *b.Skills
	}
	if b.Shift != nil {
		if err := a.checkShift(*b.Shift); err != nil {
			return o, err
		}
		o.Shift = *b.Shift
	}
	put(&o.Languages, b.Languages)
	put(&o.Capacity, b.Capacity)
	put(&o.Disabled, b.Disabled)
	password := ""
	put(&password, b.Password)
	err := a.fill(ctx, &o, b.Email, b.Phone, password)
	return o, err
}

// put sets a field that was given.
func put[T any](field *T, given *T) {
	if given != nil {
		*field = *given
	}
}
