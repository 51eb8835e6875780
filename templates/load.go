package templates

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed library
var library embed.FS

// BuiltIn is the library that every Load starts from.
func BuiltIn() fs.FS {
	sub, err := fs.Sub(library, "library")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Dir is a folder of templates to lay over the built-in ones; faults are told by
// its path.
func Dir(dir string) fs.FS { return folder{os.DirFS(dir), dir} }

type folder struct {
	fs.FS
	dir string
}

const (
	headerFile  = "template.md"
	maxFile     = 64 << 10 // bytes
	maxFiles    = 50_000   // in one layer
	maxProblems = 200      // told of one Load
)

var (
	templateName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	variableName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}$`)
)

// Load reads the built-in library and the layers over it, the last on top: a file's
// sections replace those of the same name below, a front matter's keys likewise.
// Any fault at all refuses the whole set with a *LoadError that names them all, so
// a caller that reloads keeps what it has.
func Load(layers ...fs.FS) (*Library, error) {
	l := loader{drafts: make(map[string]*draft)}
	l.layer(BuiltIn(), "")
	for _, layer := range layers {
		prefix := ""
		if f, ok := layer.(folder); ok {
			prefix = f.dir
		}
		l.layer(layer, prefix)
	}
	lib := &Library{templates: make(map[string]*compiled, len(l.drafts))}
	for name, d := range l.drafts {
		lib.templates[name] = l.compile(name, d)
		lib.names = append(lib.names, name)
	}
	slices.Sort(lib.names)
	if err := l.error(); err != nil {
		return nil, err
	}
	return lib, nil
}

// draft is a template before it is checked: the layers' files, merged.
type draft struct {
	header    header
	hasHeader bool
	file      string // of the topmost header, or the folder
	texts     map[string]map[string]section
	textFile  map[string]string // language → topmost file
}

type loader struct {
	drafts   map[string]*draft
	problems []Problem
	files    int
}

func (l *loader) add(m mark, format string, args ...any) {
	l.problems = append(l.problems, Problem{File: m.file, Line: m.line, Text: fmt.Sprintf(format, args...)})
}

func (l *loader) error() error {
	if len(l.problems) == 0 {
		return nil
	}
	slices.SortFunc(l.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Text, b.Text))
	})
	l.problems = slices.Compact(l.problems)
	if n := len(l.problems) - maxProblems; n > 0 {
		last := l.problems[maxProblems-1]
		l.problems = append(l.problems[:maxProblems:maxProblems], Problem{File: last.File, Text: fmt.Sprintf("and %d more", n)})
	}
	return &LoadError{Problems: l.problems}
}

// layer reads one folder of templates.
func (l *loader) layer(fsys fs.FS, prefix string) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		l.add(mark{file: path.Join(prefix, ".")}, "cannot be read: %v", plainError(err))
		return
	}
	for _, e := range entries {
		name, file := e.Name(), path.Join(prefix, e.Name())
		switch {
		case hidden(name) || !e.IsDir() && strings.EqualFold(name, "README.md"):
		case !e.IsDir():
			l.add(mark{file: file}, "a template is a folder with a %s and a file for each language", headerFile)
		case !templateName.MatchString(name):
			l.add(mark{file: file}, "a template's name is small letters, digits and _")
		default:
			l.folder(fsys, prefix, name)
		}
	}
}

func (l *loader) folder(fsys fs.FS, prefix, name string) {
	d := l.drafts[name]
	if d == nil {
		d = &draft{file: path.Join(prefix, name), texts: make(map[string]map[string]section), textFile: make(map[string]string)}
		l.drafts[name] = d
	}
	entries, err := fs.ReadDir(fsys, name)
	if err != nil {
		l.add(mark{file: d.file}, "cannot be read: %v", plainError(err))
		return
	}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		file := path.Join(prefix, name, e.Name())
		lang, isText := strings.CutSuffix(e.Name(), ".txt")
		if e.Name() != headerFile && (!isText || locales[lang] == nil) {
			l.add(mark{file: file}, "neither %s nor a language's file (%s)", headerFile, languageFiles())
			continue
		}
		src, ok := l.read(fsys, path.Join(name, e.Name()), file)
		if !ok {
			continue
		}
		if e.Name() == headerFile {
			if h, ok := readHeader(file, src, l.add); ok {
				d.header = h.over(d.header)
			}
			d.hasHeader, d.file = true, file
			continue
		}
		if d.texts[lang] == nil {
			d.texts[lang] = make(map[string]section)
		}
		d.textFile[lang] = file
		for section, s := range readSections(file, string(src), l.add) {
			d.texts[lang][section] = s
		}
	}
}

func (l *loader) read(fsys fs.FS, name, file string) (src []byte, ok bool) {
	if l.files++; l.files > maxFiles {
		if l.files == maxFiles+1 {
			l.add(mark{file: file}, "more than %d files", maxFiles)
		}
		return nil, false
	}
	src, err := readAtMost(fsys, name)
	if err != nil {
		l.add(mark{file: file}, "cannot be read: %v", plainError(err))
		return nil, false
	}
	return src, true
}

func readAtMost(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("not a file of at most %d bytes", maxFile)
	}
	src := make([]byte, info.Size())
	_, err = io.ReadFull(f, src)
	return src, err
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") }

func languageFiles() string {
	var out []string
	for lang := range locales {
		out = append(out, lang+".txt")
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// plainError leaves out the path, which the problem already names.
func plainError(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
