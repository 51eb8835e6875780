package inbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Upload is a file that was kept. Its ID carries the blob's key, the name and the
// type, so that a message may name the file by its ID alone and nothing else is stored.
type Upload struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size" doc:"Bytes"`
}

type uploadParams struct {
	Name string `query:"name" doc:"The file's name, where the body is the file itself"`
}

type attachmentParams struct {
	ID string `path:"id" doc:"Of a message's attachment, or as the upload answered it"`
}

func (a *API) registerAttachments(app *fiber.App) {
	tags := []string{"Attachments"}
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	plain[uploadParams](a, app, huma.Operation{
		OperationID: "upload", Method: http.MethodPost, Path: "/v1/attachments", Summary: "Keep a file for a message", Tags: tags,
		Description: "Either a form with the file in the field file, or the file itself as the body. At most 25 MiB.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			fiber.MIMEMultipartForm: {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{"file": binary},
			}},
			"*/*": {Schema: binary},
		}},
	}, answer{201, fiber.MIMEApplicationJSON, reflect.TypeFor[Upload]()}, a.upload)
	plain[attachmentParams](a, app, huma.Operation{
		OperationID: "get-attachment", Method: http.MethodGet, Path: "/v1/attachments/{id}", Summary: "A file's bytes", Tags: tags,
	}, answer{200, "*/*", nil}, a.download)
}

func (a *API) upload(c *fiber.Ctx) error {
	file, err := uploaded(c)
	if err != nil {
		return err
	}
	if len(file.bytes) == 0 {
		return fault("body", "is an empty file")
	}
	if len(file.bytes) > MaxUpload {
		return problemOf(http.StatusRequestEntityTooLarge)
	}
	key, size, err := a.Blobs.Put(c.UserContext(), bytes.NewReader(file.bytes))
	if err != nil {
		return fmt.Errorf("keep attachment: %w", err)
	}
	u := Upload{Name: file.name, ContentType: file.mediaType, Size: size}
	u.ID = fileID{Key: key, Name: u.Name, Type: u.ContentType}.String()
	c.Set(fiber.HeaderLocation, "/v1/attachments/"+u.ID)
	return c.Status(http.StatusCreated).JSON(u)
}

type file struct {
	name, mediaType string
	bytes           []byte
}

// uploaded is the file in the request: the form's first, or the body.
func uploaded(c *fiber.Ctx) (file, error) {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		_, disposition, _ := mime.ParseMediaType(c.Get(fiber.HeaderContentDisposition))
		return named(cmp.Or(c.Query("name"), disposition["filename"]), c.Get(fiber.HeaderContentType), c.Body()), nil
	}
	form, err := c.MultipartForm()
	if err != nil {
		return file{}, errMalformed
	}
	if len(form.File["file"]) == 0 {
		return file{}, fault("body.file", "is missing")
	}
	header := form.File["file"][0]
	f, err := header.Open()
	if err != nil {
		return file{}, fmt.Errorf("open upload: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return file{}, fmt.Errorf("read upload: %w", err)
	}
	return named(header.Filename, header.Header.Get("Content-Type"), b), nil
}

// named cleans up what a client says about a file; a type it does not tell is found out.
func named(name, mediaType string, b []byte) file {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if name == "." || name == "/" || name == "" {
		name = "file"
	}
	for len(name) > 200 {
		name = name[:len(name)-1]
	}
	name = strings.ToValidUTF8(name, "")
	t, _, err := mime.ParseMediaType(mediaType)
	if err != nil || t == fiber.MIMEOctetStream || len(t) > 100 {
		t, _, _ = mime.ParseMediaType(http.DetectContentType(b))
	}
	return file{name, t, b}
}

// fileID is what an upload's ID says.
type fileID struct {
	Key  string `json:"k"`
	Name string `json:"n"`
	Type string `json:"t"`
}

const idMark = "f."

func (f fileID) String() string {
	b, _ := json.Marshal(f) // strings always can be
	return idMark + base64.RawURLEncoding.EncodeToString(b)
}

var blobKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)

// parseFileID reads an upload's ID or a bare blob key.
func parseFileID(id string) (fileID, error) {
	f := fileID{Key: id}
	if coded, ok := strings.CutPrefix(id, idMark); ok {
		b, err := base64.RawURLEncoding.DecodeString(coded)
		if err != nil || json.Unmarshal(b, &f) != nil {
			return f, conversations.ErrNotFound
		}
	}
	if !blobKey.MatchString(f.Key) || strings.Contains(f.Key, "..") {
		return f, conversations.ErrNotFound
	}
	return f, nil
}

// shownInline are the types that a browser may show by itself without running anything.
var shownInline = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}

func (a *API) download(c *fiber.Ctx) error {
	id, err := url.PathUnescape(c.Params("id"))
	if err != nil {
		return conversations.ErrNotFound
	}
	f, err := parseFileID(id)
	if err != nil {
		return err
	}
	r, err := a.Blobs.Get(c.UserContext(), f.Key)
	if err != nil {
		return fmt.Errorf("open attachment: %w", err)
	}
	var start [512]byte
	n, err := io.ReadFull(r, start[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		r.Close()
		return fmt.Errorf("read attachment: %w", err)
	}
	mediaType, _, _ := mime.ParseMediaType(http.DetectContentType(start[:n]))
	disposition := "attachment"
	if slices.Contains(shownInline, mediaType) || strings.HasPrefix(mediaType, "audio/") || strings.HasPrefix(mediaType, "video/") {
		disposition = "inline"
	}
	if f.Name != "" {
		disposition = mime.FormatMediaType(disposition, map[string]string{"filename": f.Name})
	}
	c.Set(fiber.HeaderContentType, mediaType)
	c.Set(fiber.HeaderContentDisposition, disposition)
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderCacheControl, "private, max-age=86400, immutable") // the key names the content
	c.Context().SetBodyStream(struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start[:n]), r), r}, -1)
	return nil
}

// attached finds the files that a message names.
func (a *API) attached(ctx context.Context, refs []AttachmentRef) ([]conversations.Attachment, error) {
	var out []conversations.Attachment
	for i, ref := range refs {
		f, err := parseFileID(ref.ID)
		if err == nil {
			var found conversations.Attachment
			if found, err = measure(ctx, a.Blobs, f); err == nil {
				put(&found.Name, nonEmpty(ref.Name))
				put(&found.ContentType, nonEmpty(ref.ContentType))
				out = append(out, found)
				continue
			}
		}
		if errors.Is(err, conversations.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return nil, fault(fmt.Sprintf("body.attachments[%d]", i), "is no file that was uploaded")
		}
		return nil, fmt.Errorf("open attachment: %w", err)
	}
	return out, nil
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// measure finds out a file's size, and its type if that is not told.
func measure(ctx context.Context, blobs channels.Blobs, f fileID) (conversations.Attachment, error) {
	r, err := blobs.Get(ctx, f.Key)
	if err != nil {
		return conversations.Attachment{}, err
	}
	defer r.Close()
	var start bytes.Buffer
	if _, err := io.CopyN(&start, r, 512); err != nil && !errors.Is(err, io.EOF) {
		return conversations.Attachment{}, err
	}
	rest, err := io.Copy(io.Discard, r)
	if err != nil {
		return conversations.Attachment{}, err
	}
	if f.Type == "" {
		f.Type = http.DetectContentType(start.Bytes())
	}
	return conversations.Attachment{ID: f.Key, Name: f.Name, ContentType: f.Type, Size: int64(start.Len()) + rest}, nil
}
