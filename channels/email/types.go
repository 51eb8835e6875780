package email

import (
	"path"
	"strings"
)

// types are the content types of the files that people send, by their extension.
// A table of our own, because mime.TypeByExtension answers as the machine's
// files say.
var types = map[string]string{
	".pdf": "application/pdf", ".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".rtf":  "application/rtf", ".zip": "application/zip", ".gz": "application/gzip", ".txt": "text/plain", ".csv": "text/csv",
	".htm": "text/html", ".html": "text/html", ".xml": "application/xml", ".json": "application/json", ".ics": "text/calendar",
	".vcf": "text/vcard", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".bmp": "image/bmp",
	".tif": "image/tiff", ".tiff": "image/tiff", ".webp": "image/webp", ".heic": "image/heic", ".svg": "image/svg+xml",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".wav": "audio/wav", ".ogg": "audio/ogg", ".mp4": "video/mp4", ".mov": "video/quicktime",
	".eml": "message/rfc822", ".msg": "application/vnd.ms-outlook", ".p7s": "application/pkcs7-signature", ".asc": "application/pgp-keys",
}

// typeByName guesses a content type from a file's name.
func typeByName(name string) string {
	if t := types[strings.ToLower(path.Ext(name))]; t != "" {
		return t
	}
	return "application/octet-stream"
}
