package embedded

import "errors"

// ErrInUse is returned by Start for a data folder that another gateway holds.
var ErrInUse = errors.New("data folder in use")
